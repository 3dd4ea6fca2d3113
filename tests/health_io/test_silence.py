"""A source falls silent: its accounts are not blamed, and are judged by what it tells once it is back."""

import datetime as dt
import json

import pytest

from services.health.assess import decode
from services.health.grid import backfill
from shared.clock import day_of, to_us
from shared.database import Database
from tests.cast import NOW, used
from tests.health_io.stories import detracts, well
from tests.health_io.world import World

DAY = dt.timedelta(days=1)


@pytest.fixture
async def world(database: Database) -> World:
    """Acme is well; the product, which tells of it hourly, was heard just now."""
    world = World(database)
    await world.sweep()
    await world.wake(*well())
    await world.ingest.freshness.flush(database)
    async with database.writing() as tx:
        await tx.execute("UPDATE sources SET usual_gap_s = 3600")
    return world


async def silent_days(world: World) -> float | None:
    (row,) = await world.rows("SELECT assessment FROM scores")
    return {one.measure: one.value for one in decode(row["assessment"]).contributions}["days_since_last_login"]


async def test_ingest_keeps_which_source_tells_of_what(world: World) -> None:
    told = {tuple(row) for row in await world.rows("SELECT source, type FROM source_types")}
    assert ("product", "usage.recorded") in told
    assert ("crm", "account.updated") in told


async def test_nobody_is_blamed_for_a_silent_source(world: World) -> None:
    before = (await world.score())["score"]
    await world.until(NOW + 20 * DAY)
    assert (await world.score())["score"] == before
    assert await silent_days(world) == 0


async def test_the_rules_of_a_silence_are_made_once(world: World) -> None:
    async with world.database.writing() as tx:
        held = await world.in_force.hold(tx, NOW + DAY)
        assert held.silence.since
        assert await world.in_force.hold(tx, NOW + 2 * DAY) is held
        assert not (await world.in_force.hold(tx, NOW)).silence.since


async def test_a_backfill_blames_nobody_either(world: World) -> None:
    before = (await world.score())["score"]
    await world.until(NOW + 20 * DAY)
    first, today = day_of(to_us(NOW)), day_of(to_us(world.clock.now()))
    report = await backfill(world.database, world.in_force, None, first, today, world.clock, lambda _, __: None)
    assert report.closes == 0  # those of the silent days read as they were written
    assert (await world.score())["score"] == before


async def test_once_it_is_back_silence_is_silence_again(world: World) -> None:
    await world.until(NOW + 20 * DAY)
    await comes_back(world)
    await world.until(NOW + 21 * DAY)
    assert await silent_days(world) == 21


async def test_what_the_end_of_a_silence_moves_is_told_apart_from_the_event_beside_it(world: World) -> None:
    await world.until(NOW + 20 * DAY)
    await comes_back(world)
    await world.wake(detracts(at=world.clock.now()))
    (change,) = await world.rows("SELECT parts FROM score_changes ORDER BY id DESC LIMIT 1")
    parts = {(part["measure"], part["by_time"]): part["events"] for part in json.loads(change["parts"])}
    assert parts["exception", True] == []
    assert len(parts["nps_score", False]) == 1


async def comes_back(world: World) -> None:
    """The product tells again, of somebody else."""
    await world.wake(used("kim", "bolt", at=world.clock.now()))
    await world.ingest.freshness.flush(world.database)
    async with world.database.writing() as tx:
        await tx.execute("UPDATE sources SET usual_gap_s = 864000")
