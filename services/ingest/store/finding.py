"""Where an event is: each question one place."""

from collections.abc import AsyncIterator

from services.ingest.store.archive import PLAIN, UNPACKED, take_time
from shared.database import Reading, Row
from shared.parquet import Filed

_EVENTS = """
    SELECT id, source, type, account_id, account_source, account_key,
           (extract(epoch FROM occurred_at) * 1000000)::bigint, (extract(epoch FROM received_at) * 1000000)::bigint,
           sequence, version, payload
      FROM events
"""
_EVER = "'0001-01-01+00'::timestamptz", "'9999-01-01+00'::timestamptz"


def _ever(sql: str, table: str) -> str:
    return sql.format(table=table).replace("$1", _EVER[0]).replace("$2", _EVER[1])


async def telling(tx: Reading, id: bytes) -> Filed | None:
    """An accepted event that tells something."""
    sql = _ever(PLAIN, "telling_events")
    row = await tx.row(f"{sql} AND id = $1 AND type NOT IN ('usage.recorded', 'login.recorded')", id)
    return row and Filed(*row)


async def of_account(tx: Reading, id: bytes, account: int) -> Filed | None:
    """Any accepted event of an account."""
    row = await tx.row(f"{_EVENTS} WHERE id = $1 AND account_id = $2", id, account)
    return row and Filed(*row)


async def activity(tx: Reading, id: bytes) -> Filed | None:
    """A login or a use, of whichever account: reads all that the database has of activity."""
    await take_time(tx)
    sql = _ever(UNPACKED, "activity")
    row = await tx.row(f"SELECT e.* FROM ({sql} AND position($1::bytea IN a.ids) > 0) AS e WHERE e.id = $1 LIMIT 1", id)
    return row and Filed(*row)


async def waiting(tx: Reading, id: bytes) -> Filed | None:
    """An event that waits for its account, as if of account 0."""
    row = await tx.row(
        """
        SELECT id, source, type, 0::bigint, account_source, account_key,
               (extract(epoch FROM occurred_at) * 1000000)::bigint,
               (extract(epoch FROM received_at) * 1000000)::bigint, sequence, 0::bigint, payload
          FROM unmatched WHERE id = $1
        """,
        id,
    )
    return row and Filed(*row)


async def rejected(tx: Reading) -> AsyncIterator[Row]:
    """The headers of all rejected records, newest first."""
    await take_time(tx)
    async for row in tx.stream("SELECT id, headers FROM rejected ORDER BY id DESC", prefetch=5_000):
        yield row
