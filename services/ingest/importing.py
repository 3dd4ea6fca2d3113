"""The use case of import: rows of files go through ingest's one hallway, a chunk and a transaction at a time.

Nothing is doubled when it runs again: events carry ids of their own, rejected rows are kept once each, and of
rows that change only what changed is told again. One that was broken off goes on at its bookmark; a chunk in the midst
of which the database goes away is tried again for a good minute.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import stamina

from services.ingest.bookmark import Bookmark, bookmark_ids, find_bookmark, find_bookmarks, put_bookmark, take_out
from services.ingest.handle import Ingest
from services.ingest.import_report import FileReport, Read, RowEnd, ends
from services.ingest.nouns import Accepted, Arrival
from services.ingest.reading import Row, file_rows, read_tables
from services.ingest.sources.cells import Export, Tables
from services.ingest.sources.files import Mapped, Outcome, Refusal, row_to_events
from services.ingest.sources.lines import check_records, line_to_events
from services.ingest.sources.mapping import FileMapping, Mapping
from services.ingest.store import events as event_store
from services.ingest.store import imports, seen
from shared.broker import Partition, Record
from shared.clock import to_us
from shared.database import Database, Writing
from shared.lost import is_lost
from shared.native import event_id
from shared.parking import Parked

TOPIC = "import"
"""Rejected rows stand under this topic, partition 0, with their line as offset."""

_insist = stamina.AsyncRetryingCaller(attempts=10, timeout=None, wait_initial=0.5, wait_max=15.0).on(is_lost)
"""As long as a failover takes: 75 s and more in all."""


@dataclass(frozen=True)
class Order:
    """What to import: the files of a directory as they were exported at an instant, `stated` where a person said so.
    `history`: nothing of it is news, it rebases scores and starts no run. `chunk`: events in a transaction."""

    mapping: Mapping
    directory: Path
    exported_at: dt.datetime
    stated: bool = True
    history: bool = False
    chunk: int = 5_000


class Watching(NamedTuple):
    """Who wants to know, after every chunk that is kept: `progress` hears (path, line), `rows` (path, the ends of the
    rows, also of those that an import that was broken off had done)."""

    progress: Callable[[str, int], None] = lambda *_: None
    rows: Callable[[str, Iterable[RowEnd]], None] | None = None


NOBODY = Watching()


async def import_files(
    database: Database | None, ingest: Ingest, order: Order, watching: Watching = NOBODY
) -> list[FileReport]:
    """Imports the mapping's files in their order; a report for each. Without a database it is a dry run. Raises Refused
    where the files are not what the mapping says they are, and what the database raised when it stayed away."""
    check_records(order.mapping)
    tables = read_tables(order.directory, order.mapping)
    if database is None:
        return [_dry(order, file, tables, watching) for file in order.mapping.files]
    ids = bookmark_ids(order.directory, order.mapping, history=order.history)
    found = await find_bookmarks(database, ids)
    order = _dated(order, found)
    reports = _resumed(order, found)
    async with database.writing() as tx:
        await event_store.make_partition(tx, order.exported_at.date().replace(day=1))
    into = _Into(database, ingest, order, ids)
    for file in order.mapping.files:
        for read in _chunks(order, file, tables, reports[file.path], watching):
            reports[file.path] = await _insist(_keep_chunk, into, file, read, reports[file.path])
            _tell(watching, file, read)
    await _insist(take_out, database, list(ids.values()))
    await _insist(ingest.freshness.flush, database)
    return list(reports.values())


async def dated(database: Database, order: Order) -> Order:
    """The order with the instant of the export that will count, so that whoever goes on from it has the same one."""
    ids = bookmark_ids(order.directory, order.mapping, history=order.history)
    return order if order.stated else _dated(order, await find_bookmarks(database, ids))


def _dry(order: Order, file: FileMapping, tables: Tables, watching: Watching) -> FileReport:
    report = FileReport(file.path)
    for read in _chunks(order, file, tables, report, watching):
        events = sum(len(outcome.events) for _, outcome in read)
        report = report.after(read, Accepted(events, 0, 0, ()), 0, 0)
        _tell(watching, file, read)
    return report


def _resumed(order: Order, found: dict[str, Bookmark]) -> dict[str, FileReport]:
    """The reports to go on with; what was broken off at another instant is begun anew."""
    reports = {file.path: FileReport(file.path) for file in order.mapping.files}
    for path, (report, exported_at) in found.items():
        if exported_at == order.exported_at:
            reports[path] = replace(report, resumed_after=report.rows)
    return reports


def _dated(order: Order, found: dict[str, Bookmark]) -> Order:
    """Where nobody stated the instant of the export, it is that of the import that was broken off."""
    if order.stated or not found:
        return order
    return replace(order, exported_at=next(iter(found.values())).exported_at, stated=True)


def _tell(watching: Watching, file: FileMapping, read: Sequence[Read]) -> None:
    watching.progress(file.path, read[-1].row.line)
    if watching.rows is not None:
        watching.rows(file.path, ends(read))


# --- rows ---------------------------------------------------------------------------------------------


def _chunks(
    order: Order, file: FileMapping, tables: Tables, report: FileReport, watching: Watching
) -> Iterator[list[Read]]:
    """The rows that are still to do. Those that are done are read over, and translated only where somebody asks."""
    zone = file.time_zone or order.mapping.time_zone
    namespace = file.namespace or order.mapping.namespace
    export = Export(to_us(order.exported_at), ZoneInfo(zone) if zone else None, tables, namespace)
    rows = file_rows(order.directory, file)
    done = islice(rows, report.rows)
    if watching.rows is None:
        deque(done, maxlen=0)
    for read in _by_weight(order, file, done, export):
        _tell(watching, file, read)
    yield from _by_weight(order, file, rows, export)


def _by_weight(order: Order, file: FileMapping, rows: Iterable[Row], export: Export) -> Iterator[list[Read]]:
    chunk: list[Read] = []
    weight = 0
    for row in rows:
        chunk.append(Read(row, _outcome(order.mapping.source, file, row, export)))
        weight += max(1, len(chunk[-1].outcome.events))
        if weight >= order.chunk:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk


def _outcome(source: str, file: FileMapping, row: Row, export: Export) -> Outcome:
    if row.fault is not None:
        return Outcome(rejected=Refusal("row", None, row.fault))
    if file.records is not None:
        return line_to_events(file.records, row.line, row.text, export)
    return row_to_events(source, file, row.cells, export)


# --- a chunk ------------------------------------------------------------------------------------------


class _Into(NamedTuple):
    """Where chunks go, and under which bookmarks."""

    database: Database
    ingest: Ingest
    order: Order
    ids: dict[str, bytes]


async def _keep_chunk(into: _Into, file: FileMapping, read: Sequence[Read], report: FileReport) -> FileReport:
    """The report with the chunk that was read. Where the answer to an earlier commit of it was lost, its bookmark says
    that all of it is there, and what became of it."""
    own_id, at = into.ids[file.path], into.order.exported_at
    async with into.database.writing() as tx:
        noted = await find_bookmark(tx, own_id)
        if noted is not None and (noted.report.rows, noted.exported_at) == (report.rows + len(read), at):
            return noted.report
        report = report.after(read, *await _keep(tx, into.ingest, into.order, file, read))
        await put_bookmark(tx, own_id, report, at)
    return report


async def _keep(
    tx: Writing, ingest: Ingest, order: Order, file: FileMapping, read: Sequence[Read]
) -> tuple[Accepted, int, int]:
    """(what became of the events, how many said what they had said before, how many rejected rows are new)."""
    source, received = order.mapping.source, to_us(order.exported_at)
    mapped = [one for _, outcome in read for one in outcome.events]
    news = await _news(tx, source, mapped, order.exported_at)
    accepted = Accepted(0, 0, 0, ())
    if news:
        arrivals = [Arrival(one.event, received) for one in news]
        accepted = await ingest.accept(tx, arrivals, order.exported_at, imported=True, rebase=order.history)
        ingest.freshness.hear(arrivals)
    told = {_row_id(source, one): one.told for one in news if one.told is not None}
    if told:
        await imports.note_told(tx, told, order.exported_at)
    await imports.release_rows(tx, source, [_key(file, one.own_id) for one in mapped])
    parked = list(_parked(source, file, read, received))
    newly = await imports.park_rows(tx, await _shielded(tx, ingest, parked), order.exported_at) if parked else 0
    return accepted, len(mapped) - len(news), newly


async def _shielded(tx: Writing, ingest: Ingest, parked: list[Parked]) -> list[Parked]:
    """The rows without those that name somebody who was forgotten, of which only their number stays."""
    _, kept = await ingest.shielded(tx, [], parked)
    return [
        one._replace(record=one.record._replace(key=f"line {one.record.offset}".encode())) if one.given_up else one
        for one in kept
    ]


async def _news(tx: Writing, source: str, mapped: Sequence[Mapped], exported_at: dt.datetime) -> list[Mapped]:
    """The events without those of mutable rows that say what they said before.

    A row that changes and changes back says something that was said before, and is news all the same: its event
    gets an id of its own by the export's instant, so that the later export wins.
    """
    mutable = {_row_id(source, one): one for one in mapped if one.told is not None}
    before = await imports.told_before(tx, list(mutable)) if mutable else {}
    if not before:
        return list(mapped)
    unchanged = {one.event.id for row, one in mutable.items() if row in before and before[row][0] == one.told}
    later = [one for row, one in mutable.items() if row in before and before[row][1] < exported_at]
    again = await seen.known(tx, [one.event.id for one in later if one.event.id not in unchanged])
    return [
        _said_again(source, one, exported_at) if one.event.id in again else one
        for one in mapped
        if one.event.id not in unchanged
    ]


def _said_again(source: str, one: Mapped, exported_at: dt.datetime) -> Mapped:
    own = event_id(source, f"{one.own_id}@{one.told}@{to_us(exported_at)}")
    return one._replace(event=one.event._replace(id=own))


def _row_id(source: str, one: Mapped) -> bytes:
    return event_id(source, one.own_id)


def _parked(source: str, file: FileMapping, read: Sequence[Read], received: int) -> Iterator[Parked]:
    for row, outcome in read:
        refused = [outcome.rejected] if outcome.rejected else outcome.parked
        for refusal in refused:
            record = Record(
                Partition(TOPIC, 0), row.line, 0, _key(file, refusal.own_id), row.kept(),
                [("file", file.path.encode()), ("line", str(row.line).encode()), ("event", refusal.name.encode())],
            )  # fmt: skip
            yield Parked(record, source, refusal.rejection.reason, refusal.rejection.words, received)


def _key(file: FileMapping, own_id: str | None) -> bytes:
    """Under which a rejected row is kept: its file and the event's own id, if it has one."""
    return f"{file.path}#{own_id or ''}".encode("utf-8", "backslashreplace")
