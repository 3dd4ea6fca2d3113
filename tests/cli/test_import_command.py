"""`steward import` from the shell: a mapping file, a directory, a report."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from services.cli.importing import exported_at
from shared.clock import UTC
from shared.database import Database
from shared.errors import Invalid
from tests.cli.conftest import Steward
from tests.import_.stories import state, write

MAPPING = """
source: crm
time_zone: UTC
files:
  - path: accounts.csv
    account: id
    skip: [{when: [{column: name, equals: Test}], because: a test account}]
    events:
      - {type: account.updated, id: "account-{id}", occurred_at: since, fields: {name: name, owner: owner}}
  - path: tickets.csv
    account: account
    events:
      - type: ticket.updated
        id: "ticket-{id}"
        occurred_at: opened
        fields: {ticket_id: id, status: {constant: open}, opened_at: opened}
"""
NOW = ("--now", "2026-07-27")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    write(
        tmp_path,
        accounts="id,name,owner,since\n1,Acme,ada@example.com,2026-01-01\n2,Test,,2026-01-01\n3,Late,,2026-08-01\n",
        tickets="id,account,opened\n1,1,2026-07-01\n2,9,2026-07-02\n",
    )
    return tmp_path


async def scores(database: Database) -> list[Any]:
    async with database.reading() as tx:
        closes = await tx.value("SELECT count(*) FROM score_history WHERE kind = 'close'")
        row = await tx.row("SELECT band, coverage, assessed_at, closed_through FROM scores")
    return [closes, row and row["band"], row and row["assessed_at"]]


def test_it_tells_what_became_of_every_row(steward: Steward, files: Path) -> None:
    said = steward("import", str(files / "mapping.yaml"), *NOW, "--report", str(files / "report.json"))
    assert said.exit_code == 0
    lines = [line.split() for line in said.stdout.splitlines()]
    assert ["accounts.csv", "3", "1", "1", "1", "1", "0", "0"] in lines
    assert ["tickets.csv", "2", "2", "0", "0", "1", "0", "1"] in lines
    assert "1 rejected: too_far_ahead" in said.stdout
    assert "1 skipped: a test account" in said.stdout
    report = json.loads((files / "report.json").read_text())
    assert report["files"][0]["rejected"] == {"too_far_ahead": 1}
    assert (report["source"], report["dry_run"], report["scores"]) == ("crm", False, None)


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_the_row_report_has_a_line_for_each_row(steward: Steward, files: Path, more: tuple[str, ...]) -> None:
    steward("import", str(files / "mapping.yaml"), *NOW, *more, "--report", str(files / "rows.csv"))
    with (files / "rows.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[:4] == [
        ["file", "line", "outcome", "reason", "words"],
        ["accounts.csv", "2", "taken", "", ""],
        ["accounts.csv", "3", "skipped", "a test account", ""],
        ["accounts.csv", "4", "rejected", "too_far_ahead", lines[3][4]],
    ]
    assert "lies after the export" in lines[3][4]
    assert [line[2] for line in lines[4:]] == ["taken", "taken"]


def test_a_dry_run_needs_no_database(steward: Steward, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_DATABASE_URL", "postgresql://127.0.0.1:9/none")
    said = steward("import", str(files / "mapping.yaml"), *NOW, "--dry-run")
    assert said.exit_code == 0
    assert "nothing was written" in said.stdout
    assert "1 rejected: too_far_ahead" in said.stdout


def test_history_is_assessed_day_by_day_and_starts_nothing(steward: Steward, files: Path) -> None:
    said = steward("import", str(files / "mapping.yaml"), *NOW, "--history", "--grid-days", "30")
    assert "30 day closes written" in said.stdout
    closes, band, assessed_at = steward.meanwhile(scores)
    assert (closes, band) == (30, "unknown")
    assert assessed_at == exported_at("2026-07-27")


async def told(database: Database) -> Any:
    async with database.reading() as tx:
        return await tx.value("SELECT count(*) FROM outbox WHERE owner = 'health'")


def test_history_may_set_off_what_is_wrong_at_its_end_where_it_is_asked_to(steward: Steward, files: Path) -> None:
    words = ("import", str(files / "mapping.yaml"), *NOW, "--history", "--grid-days", "5", "--report")
    said = steward(*words, str(files / "report.json"), "--fire")
    fired = json.loads((files / "report.json").read_text())["scores"]["fired"]
    assert said.exit_code == 0
    assert f"{fired['crossings']} crossings and {fired['signals']} signals were told" in said.stdout
    assert steward.meanwhile(told) == fired["crossings"] + fired["signals"]
    assert "scores, day by day: 5 of 5" in said.stderr


def test_history_twice_is_the_same_as_once(steward: Steward, files: Path) -> None:
    command = ("import", str(files / "mapping.yaml"), *NOW, "--history", "--grid-days", "30")
    steward(*command)
    once = steward.meanwhile(state), steward.meanwhile(scores)
    assert "0 day closes written" in steward(*command).stdout
    assert (steward.meanwhile(state), steward.meanwhile(scores)) == once


def test_without_history_nothing_is_assessed_here(steward: Steward, files: Path) -> None:
    steward("import", str(files / "mapping.yaml"), *NOW)
    assert steward.meanwhile(scores) == [0, None, None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nope.yaml",), "cannot be read"),
        (("{dir}/mapping.yaml", "--dir", "/nowhere"), "--dir"),
        (("{dir}/mapping.yaml", "--now", "soon"), "is no time"),
        (("{dir}/mapping.yaml", "--fire"), "belongs to --history"),
        (("{dir}/accounts.csv",), "is not a valid mapping"),
    ],
)
def test_what_cannot_be_imported_is_told(steward: Steward, files: Path, words: tuple[str, ...], told: str) -> None:
    said = steward("import", *(word.format(dir=files) for word in words))
    assert said.exit_code == 2
    assert told in said.stderr


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-27", dt.datetime(2026, 7, 27, 23, 59, 59, 999999, UTC)),
        ("2026-07-27T18:00", dt.datetime(2026, 7, 27, 18, tzinfo=UTC)),
        ("2026-07-27T18:00:00+02:00", dt.datetime(2026, 7, 27, 16, tzinfo=UTC)),
    ],
)
def test_a_day_means_its_end(text: str, instant: dt.datetime) -> None:
    assert exported_at(text) == instant


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid):
        exported_at("27.07.2026")
