"""Days go into the archive and are read back; what is archived leaves the database.

Days of arrival go into the archive once they are some days old. What tells something stays in the database as well:
explanations open it by its id, and the past is told again from it. Activity, nineteen events in twenty, leaves after
`keep_days`, a month at a time, and only while the files of all its days hold exactly as many events as are to leave.
"""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.ingest.archive_files import alone, write_manifest
from services.ingest.store import archive as store
from services.ingest.store.archive import Kept, Share
from shared.archive import Archive, Damaged, Entry
from shared.database import Database, Reading
from shared.errors import NotFound
from shared.facts import WINDOW_DAYS
from shared.logs import log
from shared.metrics import ARCHIVED
from shared.settings import Settings

_BATCH = 5_000
_STEPS = 2  # a month whose days have changed is archived again, once, before it leaves


class Order(NamedTuple):
    """What to do: archive days older than `after_days`; drop activity older than `keep_days`. `recount`: compare every
    partition with the archive, also those into which nothing was inserted since."""

    now: dt.datetime
    after_days: int
    keep_days: int
    recount: bool = False


def order_of(settings: Settings, now: dt.datetime, *, recount: bool = False) -> Order:
    """What the settings want done now. A correction goes back by the horizon and reads as far back as facts do, so
    activity stays for at least so long."""
    keep = max(settings.keep_activity_days, settings.horizon_days + WINDOW_DAYS)
    return Order(now, settings.archive_after_days, keep, recount)


class At(NamedTuple):
    """Where and what."""

    database: Database
    archive: Archive
    order: Order


class Done(NamedTuple):
    """What a run did."""

    files: int
    events: int
    left_days: int


async def run(database: Database, archive: Archive, order: Order) -> Done:
    """Archives the days that are due, then lets old activity leave. Whatever it did stays done if it breaks off."""
    at = At(database, archive, order)
    async with alone(database):
        files, events = await _archive_due(at)
        left = 0
        for share in await shares_of(database):
            if share.kind == "activity":
                left += await _leave(at, share)
        if files or left:
            await write_manifest(database, archive)
    return Done(files, events, left)


# --- days into files ----------------------------------------------------------------------------------


async def _archive_due(at: At) -> tuple[int, int]:
    due = at.order.now.date() - dt.timedelta(days=at.order.after_days)
    async with at.database.reading() as tx:
        counted = await store.counted(tx)
    files = events = 0
    for share in await shares_of(at.database):
        newest = due if share.until is None else min(due, share.until.date())
        if (share.since is not None and share.since.date() >= due) or (
            not at.order.recount and counted.get(share.name) == (share.inserts, newest)
        ):
            continue
        for entry in await _archive_share(at, share, newest):
            files, events = files + 1, events + entry.rows
    return files, events


async def _archive_share(at: At, share: Share, before: dt.date) -> list[Entry]:
    """Archives those of a partition's days of which the archive has not as many events."""
    async with at.database.reading() as tx:
        counts = await store.count(tx, share, before)
        kept = await store.files(tx)
    written = [
        entry
        for day in _differing(share, counts, kept)
        if (entry := await archive_day(at, share, day, kept)) is not None
    ]
    async with at.database.writing() as tx:
        await store.note_counted(tx, share, before)
    return written


def _differing(share: Share, counts: Mapping[dt.date, int], kept: Sequence[Kept]) -> list[dt.date]:
    """The days of which the database has another number of events than the files whose events are still in it."""
    filed = {dt.date.fromisoformat(k.entry.day): k.entry.rows for k in kept if _is_here(k, share.kind)}
    return [day for day, events in counts.items() if filed.get(day) != events]


def _is_here(kept: Kept, kind: str) -> bool:
    return kept.entry.kind == kind and kept.left_at is None


async def archive_day(at: At, share: Share, day: dt.date, kept: Sequence[Kept]) -> Entry | None:
    """Writes a day's events into a file, in place of that of all `kept` which has them; None: there are none."""
    of_day = [k for k in kept if k.entry.kind == share.kind and k.entry.day == day.isoformat()]
    before = [k.entry for k in of_day if k.left_at is None]
    part = before[0].part if before else len(of_day) + 1
    async with at.database.reading() as tx:
        entry = await _write(tx, at.archive, share, day, part)
    if entry is not None:
        async with at.database.writing() as tx:
            await store.keep(tx, entry, at.order.now)
        ARCHIVED.inc(entry.rows)
    for old in before:
        if entry is None or old.path != entry.path:
            await asyncio.to_thread(at.archive.delete, old.path)
    return entry


async def _write(tx: Reading, archive: Archive, share: Share, day: dt.date, part: int) -> Entry | None:
    """The day's events, streamed into a file."""
    new = archive.writing(day.isoformat(), share.kind, part)
    with new:
        batch = []
        async for one in store.of_day(tx, share, day):
            batch.append(one)
            if len(batch) >= _BATCH:
                await asyncio.to_thread(new.add, batch)
                batch = []
        await asyncio.to_thread(new.add, batch)
        await asyncio.to_thread(new.close)
    return new.entry


# --- leaving ------------------------------------------------------------------------------------------


async def _leave(at: At, share: Share) -> int:
    """Lets a month of activity leave, or old days of what has no month; how many days. Those whose files differ are
    archived again first; if they differ still, they stay."""
    cutoff = at.order.now.date() - dt.timedelta(days=at.order.keep_days)
    if share.until is not None and share.until.date() > cutoff:
        return 0
    until = cutoff if share.until is None else share.until.date()
    for _ in range(_STEPS):
        days = await _try_to_leave(at, share, until)
        if days is not None:
            return days
        await _archive_share(at, share, until)
    return 0


async def _try_to_leave(at: At, share: Share, until: dt.date) -> int | None:
    """How many days left; None where the archive does not have all of them as they are."""
    async with at.database.reading() as tx:
        kept = await store.files(tx)
        counts = await store.count(tx, share, until)
    if _differing(share, counts, kept):
        return None
    leaving = [k.entry for k in kept if _is_here(k, share.kind) and dt.date.fromisoformat(k.entry.day) in counts]
    if await _mend(at, share, leaving, kept):
        return None
    async with at.database.writing(lock_timeout_ms=5_000) as tx:
        await store.stand_still(tx, share)
        if await store.count(tx, share, until) != counts:
            return None
        if share.until is None:
            await store.delete_before(tx, share, until)
        else:
            await store.drop(tx, share)
        await store.note_left(tx, share.kind, list(counts), at.order.now)
    return len(counts)


async def _mend(at: At, share: Share, leaving: Sequence[Entry], kept: Sequence[Kept]) -> int:
    """Writes files anew that are damaged or gone while their events are still here; how many."""
    mended = 0
    for entry in leaving:
        try:
            await asyncio.to_thread(at.archive.check, entry)
        except (Damaged, NotFound) as error:
            log.warning("archive_file_damaged", path=entry.path, error=repr(error))
            await archive_day(at, share, dt.date.fromisoformat(entry.day), kept)
            mended += 1
    return mended


async def shares_of(database: Database) -> list[Share]:
    """The partitions of events."""
    async with database.reading() as tx:
        return await store.shares(tx)
