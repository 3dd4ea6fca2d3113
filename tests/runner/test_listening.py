"""A listener hears, and hears again after its connection was lost."""

import asyncio

from shared.database import Database


async def test_a_listener_whose_connection_is_lost_comes_back(database: Database) -> None:
    heard = asyncio.Event()

    async def hears() -> None:
        async with asyncio.timeout(10):
            await heard.wait()
        heard.clear()

    async with database.listening("news", heard.set):
        await hears()  # what was said before it listened
        await _say(database)
        await hears()
        async with database.reading() as reading:
            gone = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = 'LISTEN \"news\"'"
            assert await reading.value(gone) == 1
        await hears()
        await _say(database)
        await hears()


async def _say(database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute("NOTIFY news")
