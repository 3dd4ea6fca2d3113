"""What an import of the past may set off, where somebody asks for it; and that it does so once."""

from services.health.apply import apply_first
from services.health.configuration import configuration, document
from services.health.fire import Fired, fire
from services.health.store import scores
from services.playbooks.handle import on_crossings
from services.playbooks.occasions import of_crossing
from shared.broker import Partition, Record
from shared.contracts import Crossing
from shared.database import Database
from shared.outbox import unpack_headers
from tests.cast import NOW
from tests.health_io.stories import asks_to_cancel, detracts, sponsor_leaves, well
from tests.health_io.test_apply import put
from tests.health_io.test_grid import DAY, DAYS, START, fill, imported
from tests.health_io.world import ACME, FILES, MODEL, World, scored_by
from tests.playbooks.world import a_house

BAD = (detracts(at=START + 2 * DAY), sponsor_leaves("acme", START + 2 * DAY), asks_to_cancel(at=START + 3 * DAY))


async def fired(world: World) -> Fired:
    async with world.database.reading() as reading:
        known = await scores.with_facts(reading, None)
    return await fire(world.database, world.in_force, known, world.clock.now())


async def fallen(database: Database) -> World:
    """Acme did well for two days, then fell and asked to cancel; all of it was imported."""
    world = World(database, START + DAYS * DAY)
    await imported(world, [(START, one) for one in (*well(at=START), *BAD)])
    return world


async def test_what_stands_at_the_end_of_the_past_is_told(database: Database) -> None:
    world = await fallen(database)
    assert await world.left() == []
    assert await fired(world) == Fired(crossings=1, signals=1)
    (crossing, told), (signal, noticed) = await world.left()
    assert (crossing["ce_type"], signal["ce_type"]) == ("health.crossing", "health.signal")
    score = await world.score()
    assert told["account_id"] == noticed["account_id"] == ACME
    assert told["episode_id"] == str(score["episode_id"])
    assert (told["from_band"], told["to_band"], told["direction"]) == ("stable", "at_risk", "down")
    assert told["score"] == score["score"] < told["previous_score"]
    assert noticed["kind"] == "cancel_requested"


async def test_its_causes_are_what_is_lacking(database: Database) -> None:
    world = await fallen(database)
    await fired(world)
    causes = (await world.left())[0][1]["causes"]
    assert [cause["points"] for cause in causes] == sorted(cause["points"] for cause in causes)
    assert all(cause["points"] < 0 and " points" in cause["words"] for cause in causes)
    assert "NPS answer" in [cause["label"] for cause in causes]


async def test_it_is_told_once_however_often_it_is_asked_for(database: Database) -> None:
    world = await fallen(database)
    await fired(world)
    before = await world.left()
    assert await fired(world) == Fired(0, 0)
    await fill(world)
    assert await fired(world) == Fired(0, 0)
    assert await world.left() == before


async def test_what_was_told_live_is_not_told_again(database: Database) -> None:
    world = World(database)
    await world.wake(*well())
    await world.wake(detracts(), asks_to_cancel())
    before = await world.left()
    assert len(before) == 2
    assert await fired(world) == Fired(0, 0)
    assert await world.left() == before


async def test_of_an_account_that_always_did_well_enough_there_is_nothing_to_tell(database: Database) -> None:
    world = World(database, START + DAYS * DAY)
    await imported(world, [(START, one) for one in well(at=START)])
    assert (await world.score())["band"] == "stable"
    assert await fired(world) == Fired(0, 0)


async def test_one_that_was_never_better_comes_out_of_the_unknown(database: Database) -> None:
    world = World(database)
    await world.tell(*well(), *(detracts(), sponsor_leaves("acme", NOW)), rebase=True)
    await world.hand(await world.wakes())
    assert await fired(world) == Fired(crossings=1, signals=0)
    ((_, told),) = await world.left()
    assert (told["from_band"], told["direction"], told["previous_score"], told["lower_bound"]) == (
        "unknown", "down", None, None,
    )  # fmt: skip
    occasion = of_crossing(Crossing.model_validate(told))
    assert (occasion.direction, occasion.words, len(occasion.causes)) == ("down", "", 3)


async def test_other_rules_may_set_off_what_they_make_of_an_account(database: Database) -> None:
    world = World(database)
    await apply_first(database, FILES, world.clock)
    await world.wake(*well())
    content = {**MODEL.model_dump(mode="json"), "version": 2}
    for band, lower in zip(content["bands"], (95, 90, 85, 0), strict=True):
        band["lower"] = lower
    await put(world, scored_by("hm-2", configuration([document("models", "ours", content)])))
    assert await fired(world) == Fired(crossings=1, signals=0)
    ((_, told),) = await world.left()
    assert (told["from_band"], told["to_band"], told["model"]) == ("unknown", "critical", "hm-2@2")


async def test_a_run_starts_for_what_is_told_and_no_second_one(database: Database) -> None:
    world = await fallen(database)
    await fired(world)
    house = await a_house(database)
    rows = await world.rows("SELECT topic, key, value, headers FROM outbox WHERE owner = 'health' ORDER BY id")
    records = [
        Record(Partition(row["topic"], 0), at, 0, row["key"], row["value"], unpack_headers(row["headers"]))
        for at, row in enumerate(rows)
    ]
    for _ in range(2):
        async with database.writing() as tx:
            await on_crossings(house)(tx, records, world.clock.now())
    ((playbook, words),) = await world.rows("SELECT playbook, words FROM runs")
    assert (playbook, "cancel_requested" in words) == ("at-risk", True)
