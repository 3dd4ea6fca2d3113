"""An import is safe to repeat, to break off and to follow by live events; nothing is lost and nothing doubled."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.handle import Ingest
from services.ingest.import_report import FileReport
from services.ingest.importing import Order, Watching, dated
from services.ingest.sources.mapping import Mapping
from shared.broker import Partition, Record
from shared.database import Database
from shared.errors import Invalid
from shared.settings import Settings
from tests.cast import told
from tests.import_.stories import NOW, accounts_file, imported, mapping, name_of, state, usage_file, write
from tests.losing import Losing, LosingAnswers

ACCOUNTS = "id,name,owner,since\n1,Acme,ada@example.com,2024-02-29\n2,Beta,,2026-07-28\n3,Gamma,,2025-01-01\n"
USAGE = "account,day,logins\n1,2026-07-01,12\n1,2026-07-02,many\n9,2026-07-01,1\n3,2026-07-03,4\n"
BOTH = mapping(accounts_file(), usage_file())
DAY = dt.timedelta(days=1)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write(tmp_path, accounts=ACCOUNTS, usage=USAGE)
    return tmp_path


def numbers(report: FileReport) -> tuple[int, int, int, int]:
    return report.rows, report.taken, sum(report.skipped.values()), sum(report.rejected.values())


async def test_every_row_has_its_end_and_the_report_adds_up(database: Database, files: Path) -> None:
    accounts, usage = await imported(database, files, BOTH)
    assert numbers(accounts) == (3, 2, 0, 1)
    assert dict(accounts.rejected) == {"too_far_ahead": 1}
    assert numbers(usage) == (4, 3, 0, 1)
    assert (usage.events, usage.unmatched, usage.newly_parked) == (2, 1, 1)


async def test_importing_twice_leaves_the_same_state(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    once = await state(database)
    accounts, usage = await imported(database, files, BOTH)
    assert await state(database) == once
    assert (accounts.events, accounts.duplicates, usage.duplicates, usage.newly_parked) == (0, 2, 3, 0)


async def test_an_import_that_was_broken_off_is_simply_started_again(database: Database, files: Path) -> None:
    write(files, usage=USAGE.replace("account,", "konto,"))
    with pytest.raises(Invalid):
        await imported(database, files, BOTH)
    write(files, usage=USAGE)
    await imported(database, files, BOTH)
    in_two = await state(database)
    await imported(database, files, BOTH)
    assert await state(database) == in_two


class Killed(Exception):
    """The process has died."""


async def killed(database: Database, files: Path, after: int, **order: Any) -> None:
    """An import that dies after so many chunks."""
    left = iter(range(after))

    def progress(path: str, line: int) -> None:
        if next(left, None) is None:
            raise Killed

    with pytest.raises(Killed):
        await imported(database, files, BOTH, chunk=1, watching=Watching(progress), **order)


@pytest.mark.parametrize("after", [0, 2, 4])
async def test_an_import_that_was_killed_goes_on_where_it_stopped(database: Database, files: Path, after: int) -> None:
    await killed(database, files, after)
    accounts, usage = await imported(database, files, BOTH, chunk=1)
    assert accounts.resumed_after + usage.resumed_after == after + 1
    assert (accounts.duplicates, usage.duplicates) == (0, 0)
    in_two = await state(database)
    again = await imported(database, files, BOTH, chunk=1)
    assert [report.resumed_after for report in again] == [0, 0]
    assert await state(database) == in_two
    assert [numbers(report) for report in again] == [numbers(accounts), numbers(usage)]


@pytest.mark.parametrize("losing", [Losing, LosingAnswers])
async def test_an_import_outlives_a_database_that_goes_away(
    database: Database, files: Path, losing: type[Losing]
) -> None:
    with stamina.set_testing(True, attempts=3):
        reports = await imported(losing(database, range(3, 11, 2)), files, BOTH, chunk=1)
    at_last = await state(database)
    again = await imported(database, files, BOTH, chunk=1)
    assert await state(database) == at_last
    assert [numbers(report) for report in again] == [numbers(report) for report in reports]
    assert [(report.events, report.duplicates, report.newly_parked) for report in reports] == [(2, 0, 1), (2, 0, 1)]


async def test_one_that_stays_away_is_told_and_the_import_goes_on_later(database: Database, files: Path) -> None:
    with stamina.set_testing(True, attempts=3), pytest.raises(asyncpg.InterfaceError, match="connection is closed"):
        await imported(Losing(database, range(3, 99)), files, BOTH, chunk=1)
    accounts, _ = await imported(database, files, BOTH, chunk=1)
    assert (accounts.resumed_after, accounts.events, accounts.duplicates) == (1, 2, 0)


async def test_the_report_of_an_import_that_went_on_is_that_of_the_whole(database: Database, files: Path) -> None:
    await killed(database, files, 3)
    ends: list[tuple[int, str]] = []
    watching = Watching(rows=lambda _, told: ends.extend((end.line, end.outcome) for end in told))
    accounts, usage = await imported(database, files, BOTH, chunk=1, watching=watching)
    assert (accounts.rows, accounts.events, dict(accounts.rejected)) == (3, 2, {"too_far_ahead": 1})
    assert (usage.rows, usage.events, usage.unmatched, usage.newly_parked) == (4, 2, 1, 1)
    taken = [(2, "taken"), (3, "rejected"), (4, "taken")]
    assert ends == [*taken, (2, "taken"), (3, "rejected"), (4, "taken"), (5, "taken")]


async def test_it_goes_on_with_the_instant_of_the_one_that_was_broken_off(database: Database, files: Path) -> None:
    await killed(database, files, 1)
    later = Order(BOTH, files, NOW + DAY, stated=False)
    assert (await dated(database, later)).exported_at == NOW
    accounts, _ = await imported(database, files, BOTH, NOW + DAY, stated=False)
    assert (accounts.resumed_after, dict(accounts.rejected)) == (2, {"too_far_ahead": 1})


@pytest.mark.parametrize("changed", ["file", "mapping", "instant", "history"])
async def test_what_is_not_the_same_import_begins_anew(database: Database, files: Path, changed: str) -> None:
    await killed(database, files, 1)
    if changed == "file":
        write(files, accounts=ACCOUNTS + "4,Delta,,2025-01-01\n")
    other = mapping(accounts_file(mutable=True), usage_file()) if changed == "mapping" else BOTH
    now = NOW + DAY if changed == "instant" else NOW
    reports = await imported(database, files, other, now, history=changed == "history")
    assert [report.resumed_after for report in reports] == [0, 0]


async def test_the_size_of_chunks_changes_nothing_that_is_known(database: Database, files: Path) -> None:
    await imported(database, files, BOTH, chunk=1)
    in_chunks = await state(database)
    async with database.writing() as tx:
        await tx.execute(
            "TRUNCATE facts, accounts, identities, telling_events, activity, seen, rejected, unmatched, outbox CASCADE"
        )
    await imported(database, files, BOTH)
    at_once = await state(database)
    for what in ("events", "seen", "accounts", "told"):
        assert at_once[what] == in_chunks[what]
    assert [facts[2] for facts in at_once["facts"]] == [facts[2] for facts in in_chunks["facts"]]


async def test_a_dry_run_tells_the_same_and_writes_nothing(database: Database, files: Path) -> None:
    before = await state(database)
    dry = await imported(None, files, BOTH)
    assert await state(database) == before
    wet = await imported(database, files, BOTH)
    assert [numbers(report) for report in dry] == [numbers(report) for report in wet]
    assert [report.rejected for report in dry] == [report.rejected for report in wet]


async def test_imported_ids_are_kept_for_ever(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    assert all(keep for _, keep in (await state(database))["seen"])


async def test_the_horizon_is_no_bound_for_imports(database: Database, tmp_path: Path) -> None:
    write(tmp_path, accounts="id,name,owner,since\n1,Acme,,1999-01-01\n")
    (report,) = await imported(database, tmp_path, mapping(accounts_file()))
    assert report.events == 1


async def test_the_live_event_of_an_imported_row_is_a_duplicate(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    live = told("account.updated", "1", id="account-1", at=NOW, name="Acme again")
    record = Record(Partition("crm.events", 0), 0, 0, live.key, live.value, live.headers)
    before = await state(database)
    async with database.writing() as tx:
        await Ingest(Settings()).on_records(tx, [record], NOW + DAY)
    assert await state(database) == before


async def test_a_rejected_row_is_kept_with_its_bytes_its_file_and_its_line(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    async with database.reading() as tx:
        found = await tx.row("SELECT * FROM rejected WHERE reason = 'invalid_payload'")
    assert found is not None
    assert (found["source"], found["topic"], found["partition"], found["offset"]) == ("crm", "import", 0, 3)
    assert found["value"] == b'{"account": "1", "day": "2026-07-02", "logins": "many"}'
    assert b"usage.csv" in found["headers"]
    assert "many" in found["words"]


async def test_a_row_that_moves_to_another_line_is_not_parked_again(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    write(files, usage=USAGE.replace("logins\n", "logins\n3,2026-07-09,5\n"))
    _, usage = await imported(database, files, BOTH)
    assert (usage.events, usage.newly_parked) == (1, 0)


async def test_what_lay_ahead_comes_in_later_and_its_record_is_released(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    accounts, _ = await imported(database, files, BOTH, NOW + DAY)
    assert accounts.events == 1
    rejected = (await state(database))["rejected"]
    assert {row[3]: row[6] for row in rejected} == {"too_far_ahead": "replayed", "invalid_payload": "parked"}


async def test_what_a_person_discarded_stays_discarded(database: Database, files: Path) -> None:
    await imported(database, files, BOTH)
    async with database.writing() as tx:
        await tx.execute("UPDATE rejected SET status = 'discarded'")
    await imported(database, files, BOTH)
    assert {row[6] for row in (await state(database))["rejected"]} == {"discarded"}


# --- rows that change ---------------------------------------------------------------------------------


async def export(database: Database, directory: Path, name: str, day: int) -> FileReport:
    """The export of that day (counted from NOW) calls account 1 by this name."""
    write(directory, accounts=f"id,name,owner,since\n1,{name},,2024-02-29\n")
    (report,) = await imported(database, directory, mapping(accounts_file(mutable=True)), NOW + day * DAY)
    return report


async def test_the_later_export_of_a_changed_row_wins(database: Database, tmp_path: Path) -> None:
    await export(database, tmp_path, "Acme", 0)
    assert (await export(database, tmp_path, "Acme Ltd", 1)).events == 1
    assert await name_of(database) == "Acme Ltd"


async def test_the_later_export_wins_also_when_it_is_imported_first(database: Database, tmp_path: Path) -> None:
    await export(database, tmp_path, "Acme Ltd", 1)
    await export(database, tmp_path, "Acme", 0)
    assert await name_of(database) == "Acme Ltd"


async def test_a_row_that_changes_back_is_news(database: Database, tmp_path: Path) -> None:
    for day, name in enumerate(["Acme", "Acme Ltd", "Acme"]):
        await export(database, tmp_path, name, day)
    assert await name_of(database) == "Acme"


async def test_a_later_export_that_says_the_same_is_no_event(database: Database, tmp_path: Path) -> None:
    await export(database, tmp_path, "Acme", 0)
    report = await export(database, tmp_path, "Acme", 5)
    assert (report.events, report.duplicates) == (0, 1)


@pytest.mark.parametrize("day", [0, 1, 2, 3])
async def test_any_export_may_be_imported_again(database: Database, tmp_path: Path, day: int) -> None:
    names = ["Acme", "Acme Ltd", "Acme", "Acme Inc"]
    for number, name in enumerate(names):
        await export(database, tmp_path, name, number)
    before = await state(database)
    await export(database, tmp_path, names[day], day)
    assert await state(database) == before


# --- what health hears --------------------------------------------------------------------------------


@pytest.mark.parametrize(("history", "rebase"), [(True, b'"rebase":"import"'), (False, b'"rebase":null')])
async def test_history_rebases_and_a_nightly_feed_counts_as_live(
    database: Database, files: Path, history: bool, rebase: bytes
) -> None:
    await imported(database, files, BOTH, history=history)
    outbox = (await state(database))["outbox"]
    assert outbox
    assert all(rebase in value for _, value in outbox)


# --- nothing is lost ----------------------------------------------------------------------------------

cell = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["1", "2", "2026-07-01", "2026-08-01", "01-02-2026", "", "spam", "\ud800", "\x00"]),
)
SKIPPING: Mapping = mapping(
    usage_file() | {"skip": [{"when": [{"column": "logins", "equals": "spam"}], "because": "spam"}]}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=st.lists(st.tuples(cell, cell, cell), max_size=8))
async def test_rows_in_are_rows_taken_skipped_and_rejected(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    with (tmp_path / "usage.csv").open("w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        csv.writer(file).writerows([("account", "day", "logins"), *rows])
    (report,) = await imported(None, tmp_path, SKIPPING)
    assert report.rows == len(rows)
    assert report.rows == report.taken + sum(report.skipped.values()) + sum(report.rejected.values())
