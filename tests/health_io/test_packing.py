"""Packed rows of the history are read as what they were."""

import datetime as dt
from uuid import UUID

from services.health.present import HistoryRow
from services.health.store import record
from shared.clock import UTC
from shared.database import Database

AT = dt.datetime(2026, 3, 4, 23, 59, 59, 999_999, UTC)
CLOSE = HistoryRow(7, "close", AT, AT, "hm-2@1", "smb", 54, 54_123_456, 870_000, "at_risk", [1.5, None, -0.1], False)
ROWS = [
    CLOSE,
    CLOSE._replace(account_id=2**62, measures=[], score=None, raw=None, band="unknown", coverage=0),
    CLOSE._replace(account_id=8, kind="move", measures=[0.1 + 0.2, 1e300, 3], corrects=True, override_id=UUID(int=5)),
    CLOSE._replace(account_id=9, effective_at=dt.datetime(1999, 12, 31, tzinfo=UTC), model="Größe – 1", raw=-1),
]


async def test_what_is_packed_is_read_as_it_was(database: Database) -> None:
    async with database.writing() as tx:
        await record.add_history(tx, ROWS)
        found = await tx.fetch(f"SELECT {', '.join(HistoryRow._fields)} FROM score_history ORDER BY id")
    assert [HistoryRow(*row) for row in found] == ROWS
