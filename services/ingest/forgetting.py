"""How ids of events grow old: a part of them is over, gets its filter, and is forgotten once no duplicate of its events
can come any more."""

import datetime as dt
from collections.abc import Collection

from services.ingest import filters
from services.ingest.sources import event_ids, settled_by
from services.ingest.store import rejected, seen
from services.ingest.store.seen import Part
from shared.broker import Partition, Record
from shared.database import Database, Reading
from shared.outbox import unpack_headers
from shared.settings import Settings

_EXTRA_DAYS = 2  # ids outlive the horizon by this much
_MANY = 500_000
"""With so many ids a part is over, if it has lasted for a day; there are at most as many parts as days."""
_LONGEST = dt.timedelta(days=7)
_CHUNK = 100_000
_LOCK_MS = 5_000


async def keep_ids(database: Database, settings: Settings, today: dt.date) -> int:
    """Begins a new part when it is time, makes filters that are missing, and forgets parts older than the horizon and
    two days; how many ids were forgotten."""
    await _begin(database, today)
    async with database.reading() as tx:
        parts = await seen.parts(tx)
    for part in parts[:-1]:
        if part.stamp is None:
            await _make_filter(database, part.number)
    before = today - dt.timedelta(days=settings.horizon_days + _EXTRA_DAYS)
    old = [part.number for part in parts if part.ended_on is not None and part.ended_on < before]
    if not old:
        return 0
    async with database.reading() as tx:
        spared = await _of_open_records(tx, settings)
    return sum([await _forget(database, part, spared) for part in old])


async def _begin(database: Database, today: dt.date) -> None:
    async with database.reading() as tx:
        last = (await seen.parts(tx))[-1]
        over = _is_over(last, await seen.count(tx, last.number), today)
    if over:
        async with database.writing(lock_timeout_ms=_LOCK_MS) as tx:
            await seen.begin(tx, last, today)


def _is_over(part: Part, ids: int, today: dt.date) -> bool:
    began = part.began_on or dt.date.min
    return ids > 0 and began < today and (ids >= _MANY or today - began >= _LONGEST)


async def _make_filter(database: Database, part: int) -> None:
    async with database.reading() as tx:
        words = filters.empty(await seen.count(tx, part))
    after = b""
    while True:
        async with database.reading() as tx:
            ids = await seen.some_ids(tx, part, after, _CHUNK)
        if not ids:
            break
        filters.add(words, ids)
        after = ids[-filters.ID :]
    async with database.writing() as tx:
        await seen.save_filter(tx, part, words)


async def _forget(database: Database, part: int, spared: Collection[bytes]) -> int:
    """Forgets a part. Those stay of its ids that are imported or of which a record is parked or held, or an event
    waits: it may be sent again, however late."""
    async with database.reading() as tx:
        ids = await seen.count(tx, part)
    after: bytes | None = b""
    while after is not None:
        async with database.writing() as tx:
            after, carried = await seen.carry_over(tx, part, after, spared, _CHUNK)
        ids -= carried
    async with database.writing(lock_timeout_ms=_LOCK_MS) as tx:
        await seen.drop(tx, part)
    return ids


async def _of_open_records(tx: Reading, settings: Settings) -> set[bytes]:
    settled, found = settled_by(settings), set[bytes]()
    async for row in rejected.open_records(tx):
        at = int(row["first_received_at"].timestamp() * 1_000)
        partition = Partition(row["topic"], row["partition"])
        headers = unpack_headers(row["headers"])
        found |= event_ids(Record(partition, row["offset"], at, row["key"], row["value"], headers), settled)
    return found
