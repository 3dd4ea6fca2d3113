"""A configuration is put in force: all scores change in one moment, their episodes without a crossing."""

import asyncio
import datetime as dt
import json
from typing import Any

import pytest

from services.health.apply import apply, apply_first, look_ahead
from services.health.configuration import Configuration, configuration, document
from services.health.force import InForce, former
from services.health.handle import Health
from services.health.store import shadows
from shared.database import Database
from shared.errors import Conflict, NotFound
from tests.cast import NOW
from tests.health_io.stories import detracts, well
from tests.health_io.world import FILES, MODEL, SEGMENTS, World, number, scored_by


def heavier(version: int = 2) -> Configuration:
    """HM-2 with product engagement weighing double."""
    content = {**MODEL.model_dump(mode="json"), "version": version}
    content["groups"][0]["weight"] = 80
    return scored_by("hm-2", configuration([document("models", "ours", content)]))


@pytest.fixture
async def world(database: Database) -> World:
    """Acme and Bolt are known, assessed by revision 1."""
    world = World(database)
    await apply_first(database, FILES, world.clock)
    await world.wake(*well(), *well("bolt"))
    return world


async def put(world: World, whole: Configuration) -> Any:
    """Looks ahead, and puts it in force."""
    done: list[tuple[int, int]] = []
    outlook = await look_ahead(world.database, whole, world.clock, lambda *so_far: done.append(so_far))
    applied = await apply(world.database, whole, outlook, world.clock, by="ada", words="more weight")
    return outlook, applied, done


async def test_the_files_are_in_force_once(world: World) -> None:
    await apply_first(world.database, heavier(), world.clock)
    assert await world.rows("SELECT id, applied_by FROM config_revisions") == [(1, "steward")]


async def test_all_scores_change_in_one_moment_and_say_why(world: World) -> None:
    outlook, applied, done = await put(world, heavier())
    assert (applied.revision, applied.accounts, applied.moved, applied.again) == (2, 2, 2, 0)
    assert done[-1] == (2, 2)
    assert {move.score for move in outlook.moves} == {((await before(world))[0], (await world.score())["score"])}
    assert await world.rows("SELECT DISTINCT model FROM scores") == [("hm-2@2",)]
    for change in await world.rows("SELECT cause, from_raw, to_raw, parts FROM score_changes"):
        (part,) = json.loads(change["parts"])
        assert (change["cause"], part["measure"]) == ("model", "model")
        assert part["points"] == change["to_raw"] - change["from_raw"]


async def before(world: World) -> tuple[int]:
    """The score of Acme before."""
    (row,) = await world.rows("SELECT DISTINCT from_score FROM score_changes")
    return (row["from_score"],)


async def test_episodes_begin_anew_and_nothing_is_crossed(world: World) -> None:
    await put(world, heavier())
    assert await world.rows("SELECT DISTINCT cause FROM episodes WHERE closed_at IS NULL") == [("model",)]
    assert await world.left() == []


async def test_seg_9_other_bounds_of_segments_are_told_as_transitions_by_the_configuration(world: World) -> None:
    await world.wake(*well("rich", arr=60_000))
    scheme = FILES.scheme.model_dump(mode="json", exclude_defaults=True)
    scheme["segments"][0]["from_arr"] = 50_000
    whole = configuration([*FILES.documents.values(), document("segments", "ours", scheme)])
    await put(world, whole)
    (one,) = await world.transitions()
    assert (one["kind"], one["from_name"], one["to_name"]) == ("segment", "low_touch", "high_touch")
    assert (one["cause"], one["events"], one["account_id"]) == ("configuration", [], number("rich"))
    assert (await world.score("rich"))["segment"] == "high_touch"
    assert await world.left() == []
    await put(world, FILES)
    assert [(t["to_name"], t["cause"]) for t in await world.transitions()][1:] == [("low_touch", "configuration")]


async def test_whoever_assesses_next_goes_by_the_new_rules(world: World) -> None:
    await put(world, heavier())
    await world.wake(detracts())
    assert (await world.score())["model"] == "hm-2@2"
    (last, *_) = await world.rows("SELECT cause FROM score_changes ORDER BY id DESC")
    assert last["cause"] == "events"


async def test_what_changed_between_the_look_and_the_deed_is_judged_again(world: World) -> None:
    whole = heavier()
    outlook = await look_ahead(world.database, whole, world.clock, lambda *_: None)
    await world.wake(detracts())
    applied = await apply(world.database, whole, outlook, world.clock, by="ada", words="")
    assert applied.again == 2  # they were judged together
    fresh = await look_ahead(world.database, whole, world.clock, lambda *_: None)
    assert fresh.moves == []


async def test_of_two_who_apply_at_once_the_second_is_told(world: World) -> None:
    outlook = await look_ahead(world.database, heavier(), world.clock, lambda *_: None)
    await put(world, heavier(3))
    with pytest.raises(Conflict):
        await apply(world.database, heavier(), outlook, world.clock, by="bob", words="")


async def test_a_rollback_gives_back_the_scores(world: World) -> None:
    first = await world.rows("SELECT account_id, score, raw, band, model FROM scores ORDER BY 1")
    await put(world, heavier())
    async with world.database.reading() as reading:
        number, whole = await former(reading, None)
        with pytest.raises(NotFound):
            await former(reading, 99)
    world.clock.advance(dt.timedelta(minutes=1))
    await put(world, whole)
    assert number == 1
    assert await world.rows("SELECT account_id, score, raw, band, model FROM scores ORDER BY 1") == first


async def test_nobody_sees_half_of_it(world: World) -> None:
    whole = heavier()
    outlook = await look_ahead(world.database, whole, world.clock, lambda *_: None)
    applying = asyncio.create_task(apply(world.database, whole, outlook, world.clock, by="ada", words=""))
    seen = set()
    while not applying.done():
        seen.add(tuple(sorted(row["model"] for row in await world.rows("SELECT DISTINCT model FROM scores"))))
        await asyncio.sleep(0)
    await applying
    assert seen <= {("hm-2@1",), ("hm-2@2",)}


async def test_a_model_in_the_shadow_scores_too_and_nothing_follows(world: World) -> None:
    lenient = {**MODEL.model_dump(mode="json"), "name": "lenient", "bands": [_ALL_GOOD]}
    policy = {
        "words": "one beside", "segments": "seg-4", "models": dict.fromkeys(SEGMENTS, "hm-2"),
        "shadow": {"tech_touch": "lenient"},
    }  # fmt: skip
    beside = configuration([document("models", "ours", lenient), document("policy", "ours", policy)])
    whole = configuration([*FILES.documents.values(), *beside.documents.values()])
    _, applied, _ = await put(world, whole)
    assert applied.moved == 0
    await world.wake(detracts(at=NOW))
    async with world.database.reading() as reading:
        told = await shadows.compared(reading)
    assert {(one.shadow, one.shadow_band) for one in told} == {("lenient@1", "good")}
    assert sum(one.accounts for one in told) == 2
    raw = await world.rows("SELECT s.raw, w.raw AS beside FROM scores s JOIN shadow_scores w USING (account_id)")
    assert all(row["raw"] == row["beside"] for row in raw)
    await put(world, FILES)
    assert await world.rows("SELECT FROM shadow_scores") == []


_ALL_GOOD = {"name": "good", "color": "green", "lower": 0, "action": "Rest."}


async def test_rules_are_read_again_only_when_they_change(world: World) -> None:
    in_force = InForce(FILES)
    health = Health(in_force, world.clock)
    async with world.database.writing() as tx:
        held = await health.in_force.hold(tx)
        assert await health.in_force.hold(tx) is held
    await put(world, heavier())
    async with world.database.writing() as tx:
        assert (await health.in_force.hold(tx)).revision == 2


async def test_a_change_of_signals_blames_nobody_for_a_silent_source(world: World) -> None:
    held = await _silent_for_20_days(world)
    whole = scored_by("hm-2", signals=("cancel_requested", "no_login"))
    outlook, applied, _ = await put(world, whole)
    assert (outlook.moves, applied.moved) == ([], 0)
    assert (await world.score())["score"] == held
    assert await world.left() == []


async def test_who_is_judged_again_is_not_blamed_either(world: World) -> None:
    held = await _silent_for_20_days(world)
    whole = scored_by("hm-2", signals=("cancel_requested", "no_login"))
    outlook = await look_ahead(world.database, whole, world.clock, lambda *_: None)
    await world.wake(detracts("bolt"))
    applied = await apply(world.database, whole, outlook, world.clock, by="ada", words="")
    assert applied.again == 2  # they were judged together
    assert (await world.score())["score"] == held


async def _silent_for_20_days(world: World) -> int:
    """The product, which tells hourly, is not heard any more; the score that is held."""
    await world.ingest.freshness.flush(world.database)
    async with world.database.writing() as tx:
        await tx.execute("UPDATE sources SET usual_gap_s = 3600")
    await world.until(NOW + dt.timedelta(days=20))
    held: int = (await world.score())["score"]
    assert held > 39  # HM-2 caps at 39 whoever has not signed in for 14 days
    return held
