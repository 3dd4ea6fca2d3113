"""The use case of import: rows of files go through ingest's one hallway, a chunk and a transaction at a time.

Nothing is doubled when it runs again: events carry ids of their own, rejected rows are kept once each, and of
rows that change only what changed is told again. So an import that was broken off is simply started again.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.ingest.handle import Ingest
from services.ingest.nouns import Accepted, Arrival, Parked
from services.ingest.reading import Row, file_rows, read_tables, row_bytes
from services.ingest.sources.cells import Export, Tables
from services.ingest.sources.files import Mapped, Outcome, Refusal, row_to_events
from services.ingest.sources.mapping import FileMapping, Mapping
from services.ingest.store import events as event_store
from services.ingest.store import imports
from shared.broker import Partition, Record
from shared.clock import to_us
from shared.database import Database, Writing
from shared.native import event_id

TOPIC = "import"
"""Rejected rows stand under this topic, partition 0, with their line as offset."""

Progress = Callable[[str, int], None]
"""Told (path, line) after every chunk."""


@dataclass(frozen=True)
class Order:
    """What to import: the files of a directory as they were exported at an instant. `history`: nothing of it is
    news, it rebases scores and starts no run. `chunk`: events in a transaction."""

    mapping: Mapping
    directory: Path
    exported_at: dt.datetime
    history: bool = False
    chunk: int = 5_000


@dataclass
class FileReport:
    """What became of a file's rows: rows = taken + skipped + rejected. A taken row has one event or more, of which
    further ones may be parked. events + duplicates + unmatched = all events of taken rows; a dry run counts all as
    events."""

    path: str
    rows: int = 0
    taken: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    events: int = 0
    duplicates: int = 0
    unmatched: int = 0
    newly_parked: int = 0


class _Read(NamedTuple):
    """A row and what became of it."""

    row: Row
    outcome: Outcome


class _Kept(NamedTuple):
    """What a chunk left in the database."""

    accepted: Accepted
    unchanged: int
    newly_parked: int


async def import_files(
    database: Database | None, ingest: Ingest, order: Order, on_progress: Progress = lambda *_: None
) -> list[FileReport]:
    """Imports the mapping's files in their order; a report for each. Without a database it is a dry run."""
    tables = read_tables(order.directory, order.mapping)
    if database is not None:
        async with database.writing() as tx:
            await event_store.make_partition(tx, order.exported_at.date().replace(day=1))
    reports = [FileReport(file.path) for file in order.mapping.files]
    for file, report in zip(order.mapping.files, reports, strict=True):
        for read in _chunks(order, file, tables):
            _count(report, read)
            if database is None:
                report.events += sum(len(outcome.events) for _, outcome in read)
            else:
                async with database.writing() as tx:
                    kept = await _keep(tx, ingest, order, file, read)
                _add(report, kept)
            on_progress(file.path, read[-1].row.line)
    if database is not None:
        await ingest.freshness.flush(database)
    return reports


def _chunks(order: Order, file: FileMapping, tables: Tables) -> Iterator[list[_Read]]:
    zone = file.time_zone or order.mapping.time_zone
    export = Export(to_us(order.exported_at), ZoneInfo(zone) if zone else None, tables)
    chunk: list[_Read] = []
    weight = 0
    for row in file_rows(order.directory, file):
        chunk.append(_Read(row, _outcome(order.mapping.source, file, row, export)))
        weight += max(1, len(chunk[-1].outcome.events))
        if weight >= order.chunk:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk


def _outcome(source: str, file: FileMapping, row: Row, export: Export) -> Outcome:
    if row.fault is not None:
        return Outcome(rejected=Refusal("row", None, row.fault))
    return row_to_events(source, file, row.cells, export)


# --- a chunk ------------------------------------------------------------------------------------------


async def _keep(tx: Writing, ingest: Ingest, order: Order, file: FileMapping, read: Sequence[_Read]) -> _Kept:
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
    newly = await imports.park_rows(tx, parked, order.exported_at) if parked else 0
    return _Kept(accepted, len(mapped) - len(news), newly)


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
    again = await imports.taken_ids(tx, [one.event.id for one in later if one.event.id not in unchanged])
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


def _parked(source: str, file: FileMapping, read: Sequence[_Read], received: int) -> Iterator[Parked]:
    for row, outcome in read:
        refused = [outcome.rejected] if outcome.rejected else outcome.parked
        for refusal in refused:
            record = Record(
                Partition(TOPIC, 0), row.line, 0, _key(file, refusal.own_id), row_bytes(row.cells),
                [("file", file.path.encode()), ("line", str(row.line).encode()), ("event", refusal.name.encode())],
            )  # fmt: skip
            yield Parked(record, source, refusal.rejection.reason, refusal.rejection.words, received)


def _key(file: FileMapping, own_id: str | None) -> bytes:
    """Under which a rejected row is kept: its file and the event's own id, if it has one."""
    return f"{file.path}#{own_id or ''}".encode("utf-8", "backslashreplace")


# --- the report ---------------------------------------------------------------------------------------


def _count(report: FileReport, read: Sequence[_Read]) -> None:
    report.rows += len(read)
    for _, outcome in read:
        report.taken += bool(outcome.events)
        if outcome.skipped is not None:
            report.skipped[outcome.skipped] += 1
        if outcome.rejected is not None:
            report.rejected[str(outcome.rejected.rejection.reason)] += 1
        report.parked.update(f"{refusal.name}: {refusal.rejection.reason}" for refusal in outcome.parked)


def _add(report: FileReport, kept: _Kept) -> None:
    report.events += kept.accepted.accepted
    report.duplicates += kept.accepted.duplicates + kept.unchanged
    report.unmatched += kept.accepted.unmatched
    report.newly_parked += kept.newly_parked
