"""A connection on which something failed is not given to the next one as it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.database import Database


class Trouble(Exception):
    """What goes wrong in these tests."""


@pytest.fixture
async def one(postgres_url: str) -> AsyncIterator[Database]:
    """A database with a single connection, so that the next one gets the same."""
    async with Database.open(postgres_url, connections=1) as opened:
        yield opened


async def _answers(database: Database) -> str:
    async with database.reading() as reading:
        return str(await reading.value("SHOW lock_timeout"))


async def _sleeps(url: str) -> None:
    """Returns once the server is about `pg_sleep`."""
    asleep = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(30)')"
    async with Database.open(url, connections=1) as watching, watching.reading() as reading:
        while not await reading.value(asleep):
            await reading.value("SELECT pg_stat_clear_snapshot()")


async def test_what_was_set_in_a_failed_transaction_is_gone(one: Database) -> None:
    async def fail() -> None:
        async with one.writing() as tx:
            for statement in ("COMMIT", "SET lock_timeout = '7s'", "BEGIN"):
                await tx.execute(statement)
            raise Trouble

    with pytest.raises(Trouble):
        await fail()
    assert await _answers(one) == "0"


async def test_a_connection_that_is_still_busy_is_closed(one: Database) -> None:
    busy: list[asyncio.Task[int]] = []

    async def fail() -> None:
        async with one.writing() as tx:
            await tx.execute("COMMIT")  # an open transaction would be rolled back, and that fails as well
            busy.append(asyncio.create_task(tx.execute("SELECT pg_sleep(30)")))
            await _sleeps(one.url)
            raise Trouble

    with pytest.raises(Exception, match="operation"):
        await fail()
    assert await _answers(one) == "0"
    await asyncio.gather(*busy, return_exceptions=True)


async def test_a_cancelled_question_leaves_a_connection_that_answers(one: Database) -> None:
    async def ask() -> None:
        async with one.reading() as reading:
            await reading.value("SELECT pg_sleep(30)")

    asking = asyncio.create_task(ask())
    await _sleeps(one.url)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert await _answers(one) == "0"


async def test_when_the_server_hangs_up_that_is_what_is_told_and_the_next_one_has_an_answer(one: Database) -> None:
    async def ask() -> None:
        async with one.writing() as tx:
            with contextlib.suppress(asyncpg.PostgresError):
                await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            await tx.execute("SELECT 1")

    with pytest.raises(Exception, match="connection is closed"):
        await ask()
    assert await _answers(one) == "0"


async def test_what_is_known_is_not_inserted_and_the_transaction_goes_on(one: Database) -> None:
    insert = "INSERT INTO grid_days (day, closed_at) SELECT day, now() FROM unnest($1::int[]) AS day"
    mine = "SELECT array_agg(day ORDER BY day) FROM grid_days WHERE xmin = pg_current_xact_id()::xid"
    async with one.writing() as tx:
        assert await tx.execute_unless_known(insert, [-3])
        assert not await tx.execute_unless_known(insert, [-1, -3])
        await tx.execute(insert, [-2])
        assert await tx.value(mine) == [-2]
    async with one.writing() as tx:
        assert await tx.execute("DELETE FROM grid_days WHERE day < 0") == 2
