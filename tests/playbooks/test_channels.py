"""What holds for every channel; and a new one is a file, a line, a setting and a test, as the page says."""

import json
from pathlib import Path

import pytest

from services.playbooks.channels import CHANNELS, NAMES
from shared.settings import Settings
from tests.deploy.recipes import Copy, blocks
from tests.playbooks.stories import notice, texts

each = pytest.mark.parametrize("name", NAMES)


@each
def test_it_is_called_as_its_module_is_and_leads_nowhere_until_it_is_set_up(name: str) -> None:
    assert CHANNELS[name].name == name
    assert CHANNELS[name].url(Settings()) is None


@each
def test_its_message_says_of_whom_and_why(name: str) -> None:
    told = " ".join(texts(json.loads(json.dumps(CHANNELS[name].message(notice())))))
    assert "Acme" in told
    assert "the score 36 is below 40" in told


@each
def test_no_name_turns_or_breaks_what_stands_behind_it(name: str) -> None:
    for told in texts(CHANNELS[name].message(notice(account="\u202eAc\x1bme\u2066", owner="ada\x07"))):
        assert not set("\u202e\u2066\x1b\x07") & set(told)


def test_a_new_channel_is_a_file_a_line_a_setting_and_a_test(tmp_path: Path) -> None:
    module, line, setting, test = blocks("A channel")
    copy = Copy(tmp_path, "tests/playbooks")
    copy.write("services/playbooks/channels/discord.py", module)
    copy.change("services/playbooks/channels/__init__.py", "NAMES = ", line)
    copy.add("shared/settings.py", setting, before="slack_webhook_url:")
    copy.write("tests/playbooks/test_discord.py", test)
    said = copy.tested("tests/playbooks/test_discord.py", "tests/playbooks/test_channels.py", "-k", "discord")
    assert "5 passed" in said
