"""`steward up` and `steward demo` serve the embedded log alone: a second one on the same database is refused."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shared.errors import Conflict

_KEY = 5_783_120_461
"""Of the advisory lock that the running one holds. It guards the start alone; the epochs guard the work."""


@asynccontextmanager
async def alone(url: str, application: str) -> AsyncIterator[None]:
    """Holds the place while the block runs, on a connection of its own. Raises Conflict, with who is there."""
    connection = await asyncpg.connect(url, server_settings={"application_name": f"{application} (alone)"})
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _KEY):
            raise Conflict(
                f"Steward runs on this database already{await _who(connection)}",
                "use that one, or stop it first; STEWARD_DATA_DIR gives another one a directory of its own",
            )
        yield
    finally:
        await connection.close()


async def _who(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    row = await connection.fetchrow(
        """
        SELECT a.application_name AS name, a.backend_start AS since FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) + l.objid::bigint = $1
        """,
        _KEY,
    )
    if row is None:  # it went in this moment
        return ""
    since: dt.datetime = row["since"]
    return f": {row['name'].removesuffix(' (alone)').replace('-', ' ')}, since {since.astimezone():%H:%M on %d %B}"
