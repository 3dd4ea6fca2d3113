"""A source has lost changes and does not know of whom (OVERFLOW, say): every account of its is told."""

import datetime as dt
from collections.abc import Iterator

from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store import spreading as store
from shared.clock import to_us
from shared.database import Database, Row
from shared.facts import Event
from shared.native import decode_body, event_id

KIND = "account.refresh_needed"


async def spread(database: Database, ingest: Ingest, now: dt.datetime) -> int:
    """Tells each account that needs a refresh; how many events. Each has an id of its own, told once."""
    async with database.reading() as tx:
        if not await store.is_any(tx):
            return 0
    async with database.writing() as tx:
        arrivals = [one for row in await store.take(tx) for one in _each(row)]
        await ingest.accept(tx, arrivals, now)
    return len(arrivals)


def _each(row: Row) -> Iterator[Arrival]:
    body, at, received = decode_body(KIND, row["payload"]), to_us(row["occurred_at"]), to_us(row["received_at"])
    for account in row["accounts"]:
        id_ = event_id(row["source"], f"{row['id'].hex()}:{account}")
        key = (row["namespace"], account)
        yield Arrival(Event(id_, row["source"], KIND, key, at, row["sequence"], body, row["payload"]), received)
