"""Databases that go away in the midst of a transaction, as in a failover."""

import contextlib
from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from itertools import count

import asyncpg

from shared.database import Database, Reading, Writing


class Losing(Database):
    """A database whose server hangs up as soon as a transaction has begun: in all, or in those of these numbers."""

    def __init__(self, database: Database, which: Container[int] | None = None) -> None:
        super().__init__(database._pool, database.url)
        self._numbers, self._which = count(), which

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        async with super().reading() as tx:
            if self._is_one():
                await _hang_up(tx)
            yield tx

    @asynccontextmanager
    async def writing(self, *, lock_timeout_ms: int | None = None) -> AsyncIterator[Writing]:
        async with super().writing(lock_timeout_ms=lock_timeout_ms) as tx:
            if self._is_one():
                await _hang_up(tx)
            yield tx

    def _is_one(self) -> bool:
        number = next(self._numbers)
        return self._which is None or number in self._which


class LosingAnswers(Losing):
    """A database that commits, of which the answer to the commit is lost."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        async with Database.reading(self) as tx:
            yield tx
        self._lose()

    @asynccontextmanager
    async def writing(self, *, lock_timeout_ms: int | None = None) -> AsyncIterator[Writing]:
        async with Database.writing(self, lock_timeout_ms=lock_timeout_ms) as tx:
            yield tx
        self._lose()

    def _lose(self) -> None:
        if self._is_one():
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


async def _hang_up(tx: Reading) -> None:
    with contextlib.suppress(asyncpg.PostgresError):
        await tx.value("SELECT pg_terminate_backend(pg_backend_pid())")
