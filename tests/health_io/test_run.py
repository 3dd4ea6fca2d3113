"""The running service: what ingest says on account.changes becomes a score, and a crossing leaves."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from services.health.run import run
from shared.broker import Broker, Outgoing
from shared.clock import day_of, to_us
from shared.contracts import Topic
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.settings import Settings
from tests.health_io.stories import detracts, well
from tests.health_io.world import World
from tests.policies import by_hm_2


@asynccontextmanager
async def running(world: World, broker: Broker, config_dir: Path) -> AsyncIterator[None]:
    """Health, for as long as the block runs."""
    settings = Settings(wakeup_coalesce_ms=0, config_dir=by_hm_2(config_dir))
    service = asyncio.create_task(run(broker, world.database, settings, world.clock))
    try:
        yield
    finally:
        service.cancel()
        with suppress(asyncio.CancelledError):
            await service


async def _deliver(world: World, broker: Broker) -> None:
    producer = await broker.producer("test")
    wakes = await world.wakes()
    await producer.send([Outgoing(*wake.partition[:1], None, wake.value, [], wake.partition.number) for wake in wakes])
    await producer.stop()


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():
            pass


async def test_a_wake_up_becomes_a_score_and_a_crossing_leaves_for_its_topic(
    database: Database, tmp_path: Path
) -> None:
    world, broker = World(database), EmbeddedLog(database)
    await broker.create_topics([Topic.CHANGES, Topic.CROSSINGS], Settings().partitions)

    async def scored() -> bool:
        return bool(await world.rows("SELECT FROM scores"))

    async def told() -> bool:
        return bool(await world.rows("SELECT FROM log_records WHERE topic = 'health.crossings'"))

    async with running(world, broker, tmp_path):
        await world.tell(*well())
        await _deliver(world, broker)
        await _until(scored)
        world.clock.advance(dt.timedelta(minutes=1))
        await world.tell(detracts())
        await _deliver(world, broker)
        await _until(told)
    assert (await world.score())["episode_band"] == "at_risk"
    await broker.stop()


async def test_a_first_start_behind_an_imported_past_closes_its_days_one_after_another(
    database: Database, tmp_path: Path
) -> None:
    world, broker = World(database), EmbeddedLog(database)
    await broker.create_topics([Topic.CHANGES, Topic.CROSSINGS], Settings().partitions)
    await world.wake(*well())
    world.clock.advance(dt.timedelta(days=3))

    async def in_force() -> bool:
        return bool(await world.rows("SELECT FROM config_revisions"))

    async with running(world, broker, tmp_path):
        await _until(in_force)
    closed = [row["day"] for row in await world.rows("SELECT day FROM grid_days ORDER BY day")]
    yesterday = day_of(to_us(world.clock.now())) - 1
    assert closed == [yesterday - 2, yesterday - 1, yesterday]
    assert len(await world.history("close")) == 3
    await broker.stop()
