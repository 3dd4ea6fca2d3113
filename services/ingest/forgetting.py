"""Ids of events are forgotten once no duplicate of theirs can come any more."""

import datetime as dt

from services.ingest.sources import event_ids, settled_by
from services.ingest.store import rejected, seen
from shared.broker import Partition, Record
from shared.database import Database, Reading
from shared.outbox import unpack_headers
from shared.settings import Settings

_EXTRA_DAYS = 2  # ids outlive the horizon by this much


async def forget_ids(database: Database, settings: Settings, today: dt.date) -> int:
    """Forgets ids older than the horizon and two days; how many. Those stay of which a record is parked or held, or an
    event waits: it may be sent again, however late."""
    before = today - dt.timedelta(days=settings.horizon_days + _EXTRA_DAYS)
    async with database.reading() as tx:
        if not await seen.has_any(tx, before):
            return 0
        spared = await _of_open_records(tx, settings)
    async with database.writing() as tx:
        return await seen.forget(tx, before, spared)


async def _of_open_records(tx: Reading, settings: Settings) -> set[bytes]:
    settled, found = settled_by(settings), set[bytes]()
    async for row in rejected.open_records(tx):
        at = int(row["first_received_at"].timestamp() * 1_000)
        partition = Partition(row["topic"], row["partition"])
        headers = unpack_headers(row["headers"])
        found |= event_ids(Record(partition, row["offset"], at, row["key"], row["value"], headers), settled)
    return found
