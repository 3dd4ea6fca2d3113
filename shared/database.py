"""The database: PostgreSQL, by asyncpg. A reading transaction and a writing one are different types.

A function that takes `Reading` cannot write; one that takes `Writing` runs inside its caller's transaction,
which is committed at the edge (one batch, request or task), before anybody is answered.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
import stamina

from shared.errors import NotReady
from shared.logs import log

Row: TypeAlias = asyncpg.Record

IDLE_IN_TRANSACTION = dt.timedelta(seconds=10)
"""A frozen worker's locks are freed after this long."""
TRANSACTION = dt.timedelta(seconds=60)
"""No transaction of a worker lives longer."""
_LISTEN_AGAIN_S = 0.5
_RESET_S = 5.0
_ARRAYS = ("boolean", "smallint", "int", "bigint", "numeric", "double precision", "text", "bytea", "date",
           "timestamptz", "uuid")  # fmt: skip
"""Whose arrays statements hand over or give back."""


class Reading:
    """A read-only transaction: one snapshot for all its questions."""

    def __init__(self, connection: "asyncpg.Connection[Row]") -> None:
        self._connection = connection

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        rows: list[Row] = await self._connection.fetch(sql, *values)
        return rows

    async def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        return await self._connection.fetchrow(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self._connection.fetchval(sql, *values)

    async def stream(self, sql: str, *values: Any, prefetch: int = 1_000) -> AsyncIterator[Row]:
        """Rows one after another, for results that do not fit in memory."""
        async for row in self._connection.cursor(sql, *values, prefetch=prefetch):
            yield row


class Writing(Reading):
    """A transaction that may write; committed by whoever opened it."""

    def __init__(self, connection: "asyncpg.Connection[Row]") -> None:
        super().__init__(connection)
        self._after_commit: list[Callable[[], None]] = []

    async def execute(self, sql: str, *values: Any) -> int:
        """Runs a statement; the number of rows it touched."""
        status = await self._connection.execute(sql, *values)
        last = status.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    async def execute_unless_known(self, sql: str, *values: Any) -> bool:
        """Runs a statement that inserts; False, and nothing is done, where it would break a unique key. What follows is
        of the transaction itself again, as `xmin` tells it."""
        await self._connection.execute("SAVEPOINT hope")
        try:
            await self._connection.execute(sql, *values)
        except asyncpg.UniqueViolationError:
            await self._connection.execute("ROLLBACK TO hope; RELEASE hope")
            return False
        await self._connection.execute("RELEASE hope")
        return True

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """COPY rows into a table."""
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)

    async def copy_packed(self, table: str, columns: Sequence[str], rows: bytes) -> None:
        """The same of rows that are in the format of a binary COPY already."""
        await self._connection.copy_to_table(table, columns=columns, source=_alone(rows), format="binary")

    async def stage(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
        """COPY rows into a temporary table with the columns of `table`, in place of what was staged for it before; its
        name. It is empty when the transaction ends. Wide rows cost half of what arrays for `unnest` do."""
        name = f"staged_{table}"
        await self.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS AS SELECT * FROM {table} WITH NO DATA;"
            f" DELETE FROM {name}"
        )
        await self.copy(name, columns, rows)
        return name

    def after_commit(self, then: Callable[[], None]) -> None:
        """Calls `then` once the transaction is committed, and never if it is not."""
        self._after_commit.append(then)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What happens inside is undone if it raises, and only that."""
        async with self._connection.transaction():
            yield

    def _committed(self) -> None:
        for then in self._after_commit:
            then()


class Database:
    """A pool of connections. `async with Database.open(url) as database: …`"""

    def __init__(self, pool: "asyncpg.Pool[Row]", url: str) -> None:
        self._pool = pool
        self.url = url

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        connections: int = 12,
        application: str = "steward",
        idle_in_transaction: dt.timedelta = IDLE_IN_TRANSACTION,
    ) -> AsyncIterator["Database"]:
        """Opens the pool; waits up to 30 s for the server. Raises NotReady with the reason otherwise."""
        pool = await _connect(url, connections, application, idle_in_transaction)
        try:
            yield cls(pool, url)
        finally:
            try:
                async with asyncio.timeout(5):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """A read-only snapshot."""
        async with self._connection() as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield Reading(connection)

    @asynccontextmanager
    async def writing(self, *, lock_timeout_ms: int | None = None) -> AsyncIterator[Writing]:
        """A writing transaction: committed when the block ends, rolled back when it raises."""
        async with self._connection() as connection:
            async with connection.transaction():
                if lock_timeout_ms is not None:
                    await connection.execute(f"SET LOCAL lock_timeout = '{int(lock_timeout_ms)}ms'")
                transaction = Writing(connection)
                yield transaction
        transaction._committed()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """A connection of the pool. Nothing outlives our transactions (no session locks, no cursors, SET LOCAL alone):
        after one that went well nothing is reset, which would be a round trip more. Where something failed, it is reset
        before anybody else gets it, and closed if it cannot be."""
        async with self._pool.acquire() as connection:
            try:
                yield connection
            except BaseException:
                await _reset_or_close(connection)
                raise

    @asynccontextmanager
    async def listening(self, channel: str, wake: Callable[[], None]) -> AsyncIterator[None]:
        """Calls `wake` at every NOTIFY on `channel` while the block runs, on a connection of its own. If that is lost,
        it is made again; `wake` is called then, for what was not heard meanwhile."""
        heard = asyncio.create_task(self._listen(channel, wake), name=f"listen-{channel}")
        try:
            yield
        finally:
            heard.cancel()
            await asyncio.wait([heard])

    async def _listen(self, channel: str, wake: Callable[[], None]) -> None:
        while True:
            try:
                await self._listen_once(channel, wake)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("not_listening", channel=channel, error=repr(error))
            await asyncio.sleep(_LISTEN_AGAIN_S)

    async def _listen_once(self, channel: str, wake: Callable[[], None]) -> None:
        connection, lost = await asyncpg.connect(self.url), asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(channel, lambda *_: wake())
            wake()
            await lost.wait()
        finally:
            await connection.close()


async def _alone(rows: bytes) -> AsyncIterator[bytes]:
    yield rows  # asyncpg would take bytes for a path


@stamina.retry(on=NotReady, attempts=30, timeout=30, wait_initial=0.2, wait_max=2.0)
async def _connect(url: str, connections: int, application: str, idle: dt.timedelta) -> "asyncpg.Pool[Row]":
    try:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=connections,
            max_inactive_connection_lifetime=60,
            init=_learn_arrays,
            reset=_leave_as_it_is,
            server_settings={
                "application_name": application,
                "idle_in_transaction_session_timeout": str(int(idle.total_seconds() * 1000)),
                "transaction_timeout": str(int(TRANSACTION.total_seconds() * 1000)),
                "timezone": "UTC",
                "jit": "off",
            },
        )
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise NotReady(f"PostgreSQL does not answer: {error}") from error


async def _learn_arrays(connection: Any) -> None:
    """Asks at once what asyncpg asks of each type of array when it first meets it: 10 ms each, in the midst of work."""
    await connection.prepare("SELECT " + ", ".join(f"${i}::{name}[]" for i, name in enumerate(_ARRAYS, 1)))


async def _leave_as_it_is(connection: Any) -> None:
    """`Database._connection` resets where it is needed. An open transaction is rolled back before."""


async def _reset_or_close(connection: Any) -> None:
    try:
        await connection.reset(timeout=_RESET_S)
    except Exception as error:
        log.warning("connection_closed", error=repr(error))
        with suppress(asyncpg.InterfaceError):  # the pool has taken it back: the server had closed it
            connection.terminate()


def bigints(values: Iterable[int]) -> str:
    """Numbers as the text of an array, for `$1::text::bigint[]`: a quarter of the price of handing over a list."""
    return f"{{{str(list(values))[1:-1]}}}"
