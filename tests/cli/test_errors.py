"""What we expected to go wrong ends in words and a remedy; what we did not keeps its traceback."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from rich.table import Table

from services.cli.steady import Steady
from services.cli.terminal import escape, explain
from shared.errors import Fenced, NotFound, NotReady
from shared.settings import Settings
from tests.cli.conftest import Steward
from tests.cli.test_import_command import MAPPING
from tests.import_.stories import write


@pytest.mark.parametrize(
    ("error", "words", "remedy", "code"),
    [
        (NotFound("there is no such thing", "look elsewhere"), "there is no such thing", "look elsewhere", 2),
        (NotReady("PostgreSQL does not answer"), "does not answer", "steward doctor", 3),
        (ExceptionGroup("tasks", [ValueError(), NotReady("Kafka is away")]), "Kafka is away", "steward doctor", 3),
        (Fenced("another worker"), "Fenced: another worker", "steward doctor", 1),
        (asyncpg.UndefinedTableError("relation"), "not migrated", "steward migrate", 2),
        (asyncpg.InvalidPasswordError("no"), "PostgreSQL refuses", "STEWARD_DATABASE_URL", 2),
        (asyncpg.DiskFullError("full"), "PostgreSQL says: full", "steward doctor", 1),
        (asyncpg.InterfaceError("the underlying connection is closed"), "was lost", "run it again", 3),
        (asyncpg.AdminShutdownError("terminating connection"), "was lost", "run it again", 3),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "was lost", "run it again", 3),
        (OSError(errno.EADDRINUSE, "Address already in use"), "Address already in use", "port", 1),
    ],
)
def test_an_expected_error_is_told_with_its_remedy(error: Exception, words: str, remedy: str, code: int) -> None:
    told = explain(error)
    assert told is not None
    assert words in told[0]
    assert remedy in told[1]
    assert told[2] == code


@pytest.mark.parametrize(
    "bug", [ValueError("x"), asyncpg.InterfaceError("x"), ExceptionGroup("tasks", [TypeError("x")])]
)
def test_a_bug_is_not_explained_away(bug: Exception) -> None:
    assert explain(bug) is None


def test_a_wrong_setting_is_named_and_its_value_is_not(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_PARTITIONS", "hunter2")
    said = steward("keys", "list")
    assert said.exit_code == 2
    assert "STEWARD_PARTITIONS" in said.stderr
    assert "hunter2" not in said.stderr
    with pytest.raises(ValueError, match="partitions"):
        Settings()


@pytest.mark.parametrize("service", ["ingest", "health", "playbooks", "api"])
def test_one_service_alone_asks_for_kafka(steward: Steward, service: str) -> None:
    said = steward(service)
    assert said.exit_code == 2
    assert "steward up" in said.stderr


@pytest.mark.parametrize("words", [("--guess", "accounts.csv"), ("mapping.yaml", "--dry-run")])
def test_when_nobody_reads_on_it_ends_without_a_word(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    write(tmp_path, accounts="id,name,since,owner\n1,Acme,2026-01-01,\n", tickets="id,account,opened\n")
    reads, writes = os.pipe()
    os.close(reads)
    command = [
        sys.executable,
        "-m",
        "services.cli",
        "import",
        *(str(tmp_path / one) if "." in one else one for one in words),
    ]
    done = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writes)
    told = [line for line in done.stderr.splitlines() if not line.startswith(("accounts.csv: ", "tickets.csv: "))]
    assert (done.returncode, told) == (141, [])


def test_an_unknown_option_is_told_as_ever(steward: Steward) -> None:
    assert steward("why", "--nope").exit_code == 2


def test_the_bench_says_where_it_is(steward: Steward, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("services.cli.bench.checkout", lambda: tmp_path)
    said = steward("bench", "pipeline")
    assert said.exit_code == 2
    assert "not part of the installed package" in said.stderr


EVIL = "Acme\x1b]0;mine\x07 \x9b31m \u202egpj [bold] \\[/] :boom:\nשלום 🚀"


@pytest.fixture
def screen() -> Steady:
    return Steady(file=io.StringIO(), force_terminal=True, color_system=None, width=200)


def shown(screen: Steady) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_a_name_steers_no_terminal(screen: Steady) -> None:
    screen.print(f"[bold]{escape(EVIL)}[/]", soft_wrap=True)
    assert shown(screen) == "Acme\\u001b]0;mine\\u0007 \\u009b31m \\u202egpj [bold] \\[/] :boom:\nשלום 🚀\n"


def test_nor_does_one_in_a_table(screen: Steady) -> None:
    table = Table("name", box=None, title=escape(EVIL))
    table.add_row(escape(EVIL))
    screen.print(table)
    assert not set("\x1b\x07\x9b\u202e") & set(shown(screen))


def test_json_that_is_shown_stays_the_same_json(screen: Steady) -> None:
    screen.print(json.dumps({EVIL: "\x7f"}, ensure_ascii=False), markup=False, highlight=False, soft_wrap=True)
    assert json.loads(shown(screen)) == {EVIL: "\x7f"}
    assert not set("\x1b\x07\x7f\x9b\u202e") & set(shown(screen))
