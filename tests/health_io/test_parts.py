"""The parts of a change add up to it, whatever happens and however time passes."""

import datetime as dt
import json

import pytest

from shared.database import Database
from tests.health_io.test_grid import DAY, DAYS, START, a_few_days
from tests.health_io.world import World


@pytest.mark.parametrize("seed", [11, 12])
async def test_the_points_of_the_parts_add_up_to_the_change(database: Database, seed: int) -> None:
    world = World(database, START)
    await world.sweep()
    for at, one in a_few_days(seed, accounts=10):
        await world.until(at + dt.timedelta(minutes=1))
        await world.wake(one)
    await world.until(START + (DAYS + 16) * DAY)
    changes = await world.rows("SELECT * FROM score_changes ORDER BY account_id, id")
    assert {"events", "time"} <= {change["cause"] for change in changes}
    for change in changes:
        points = sum(part["points"] for part in json.loads(change["parts"]))
        assert points == (change["to_raw"] or 0) - (change["from_raw"] or 0)


async def test_changes_of_an_account_are_one_unbroken_chain(database: Database) -> None:
    world = World(database, START)
    for at, one in a_few_days(13, accounts=3):
        await world.until(at)
        await world.wake(one)
    raw: dict[int, int | None] = {}
    for change in await world.rows("SELECT * FROM score_changes ORDER BY id"):
        assert raw.get(change["account_id"], change["from_raw"]) == change["from_raw"]
        raw[change["account_id"]] = change["to_raw"]
    for score in await world.rows("SELECT account_id, raw FROM scores"):
        assert raw.get(score["account_id"], score["raw"]) == score["raw"]
