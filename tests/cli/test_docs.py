"""What the command line and mapping files know is written down, and nothing else is."""

import re

import pytest

from services.ingest.sources.mapping import Condition, EventMapping, FileMapping, Mapping, Part, Skip, Table, Value
from tests.deploy.checkout import commands, text


def test_every_command_has_its_line_and_no_other() -> None:
    listed = re.findall(r"^\| `steward ([a-z -]+)` \|", text("docs/cli.md"), re.M)
    assert {tuple(line.split()) for line in listed} == commands()


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ("The whole", (Mapping,)),
        ("A file", (FileMapping,)),
        ("An event", (EventMapping,)),
        ("A value", (Value,)),
        ("A condition", (Condition,)),
    ],
)
def test_every_key_of_a_mapping_has_its_line_and_no_other(heading: str, parts: tuple[type[Part], ...]) -> None:
    section = text("docs/import.md").partition(f"### {heading}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (`.+?`) \|", section, re.M)
    listed = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert listed == {name for part in parts for name in part.model_fields}


def test_the_keys_of_skips_and_tables_are_told_in_passing() -> None:
    page = text("docs/import.md")
    for name in {*Skip.model_fields, *Table.model_fields}:
        assert f"`{name}`" in page, name
