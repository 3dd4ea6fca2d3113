"""A person's word counts while it is in force, beside what is computed; and leaves no trace in what is learnt."""

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.health.apply import apply, look_ahead
from services.health.configuration import configuration, document
from services.health.grid import backfill
from services.health.overriding import end_override, set_override
from services.health.whatif.handle import Draft, try_now
from shared.clock import day_of, to_us
from shared.database import Database
from shared.errors import Conflict, Invalid
from tests.cast import NOW, told
from tests.health_io.stories import detracts, nps, well
from tests.health_io.world import ACME, MODEL, RULES, SEGMENTS, World, number, scored_by

WEEK = dt.timedelta(days=7)


@pytest.fixture
async def world(database: Database) -> World:
    """Acme is stable, 68."""
    world = World(database)
    await world.sweep()
    await world.wake(*well())
    return world


async def says(
    world: World, value: int, lasting: dt.timedelta = WEEK, account: int = ACME, because: str = "their sponsor told me"
) -> None:
    """Ada sets the score, now."""
    now = world.clock.now()
    async with world.database.writing() as tx:
        await set_override(tx, world.in_force, account, value, because, now + lasting, "ada", now)


async def takes_back(world: World) -> bool:
    """Ada ends what she has set."""
    async with world.database.writing() as tx:
        return await end_override(tx, world.in_force, ACME, "ada", world.clock.now())


async def stands(world: World) -> tuple[int, str, str, int]:
    """(score, band, the episode's band, what is computed) of Acme."""
    row = await world.score()
    return row["score"], row["band"], row["episode_band"], round(row["raw"] / 1e6)


async def told_of(world: World) -> list[tuple[str, int, int]]:
    """(what became of it, what it says, what is computed) of every override that was told of."""
    left = [value for headers, value in await world.left() if headers["ce_type"] == "health.override"]
    return [(value["change"], value["value"], value["computed_score"]) for value in left]


async def crossings(world: World) -> list[tuple[Any, ...]]:
    """(from, to) of every crossing."""
    return [tuple(row) for row in await world.rows("SELECT from_band, to_band FROM crossings ORDER BY at")]


async def test_it_drives_band_episode_and_crossing_and_the_sum_stays(world: World) -> None:
    await says(world, 30)
    assert await stands(world) == (30, "critical", "critical", 68)
    (crossing,) = await world.rows("SELECT from_band, to_band, score, previous_score, causes FROM crossings")
    assert tuple(crossing)[:4] == ("stable", "critical", 30, 68)
    (cause,) = json.loads(crossing["causes"])
    assert (cause["measure"], round(cause["points"] / 1e6)) == ("override", -38)
    assert "their sponsor told me" in cause["words"]
    assert await told_of(world) == [("set", 30, 68)]


async def test_it_ends_at_its_own_instant_by_itself(world: World) -> None:
    await says(world, 30, dt.timedelta(hours=3))
    assert (await world.score())["next_due"] == NOW + dt.timedelta(hours=3)
    world.clock.at = NOW + dt.timedelta(hours=3)
    await world.sweep()
    assert (await stands(world))[:2] == (68, "stable")
    assert await crossings(world) == [("stable", "critical"), ("critical", "stable")]
    assert await told_of(world) == [("set", 30, 68), ("expired", 30, 68)]
    (row,) = await world.rows("SELECT ended_at, ended_because FROM overrides")
    assert tuple(row) == (NOW + dt.timedelta(hours=3), "it expired")


async def test_it_ends_at_its_own_instant_while_the_reference_is_awaited(world: World) -> None:
    world.clock.at = dt.datetime(2026, 3, 5, 0, 0, 1, tzinfo=dt.UTC)
    await says(world, 30, dt.timedelta(milliseconds=300))
    assert (await world.score())["next_due"] == world.clock.now() + dt.timedelta(milliseconds=300)


async def test_whoever_set_it_can_take_it_back(world: World) -> None:
    await says(world, 30)
    world.clock.at = NOW + dt.timedelta(hours=1)
    assert await takes_back(world)
    assert not await takes_back(world)
    assert (await stands(world))[:2] == (68, "stable")
    assert await told_of(world) == [("set", 30, 68), ("ended", 30, 68)]


async def test_another_replaces_it_and_the_same_again_changes_nothing(world: World) -> None:
    await says(world, 30)
    before = await world.fingerprint()
    await says(world, 30)
    assert await world.fingerprint() == before
    world.clock.at = NOW + dt.timedelta(hours=1)
    await says(world, 85)
    assert (await stands(world))[:2] == (85, "healthy")
    assert [change for change, *_ in await told_of(world)] == ["set", "replaced", "set"]


async def test_events_move_the_sum_and_not_what_counts(world: World) -> None:
    await says(world, 30)
    await world.wake(detracts())
    assert await stands(world) == (30, "critical", "critical", 52)
    change = (await world.rows("SELECT * FROM score_changes ORDER BY id"))[-1]
    parts = json.loads(change["parts"])
    assert (change["from_score"], change["to_score"]) == (30, 30)
    assert sum(part["points"] for part in parts) == change["to_raw"] - change["from_raw"] == 0
    assert {part["measure"] for part in parts} >= {"override", "nps_score"}


async def test_every_change_adds_up_and_says_what_set_it_off(world: World) -> None:
    await says(world, 30, dt.timedelta(hours=3))
    await world.wake(detracts())
    world.clock.at = NOW + dt.timedelta(hours=3)
    await world.sweep()
    changes = await world.rows("SELECT * FROM score_changes ORDER BY id")
    assert [change["cause"] for change in changes] == ["override", "events", "override"]
    for change in changes:
        points = sum(part["points"] for part in json.loads(change["parts"]))
        assert points == change["to_raw"] - change["from_raw"]


async def test_seg_9_it_is_why_an_account_is_served_as_another_segment(world: World) -> None:
    await world.wake(*well(arr=60_000))
    await says(world, 30, dt.timedelta(hours=3))
    world.clock.at = NOW + dt.timedelta(hours=3)
    await world.sweep()
    moved = [(one["to_name"], one["cause"]) for one in await world.transitions() if one["kind"] == "served_as"]
    assert moved == [("high_touch", "override"), ("low_touch", "override")]


async def test_the_history_tells_both(world: World) -> None:
    await says(world, 30, dt.timedelta(hours=30))
    await world.until(NOW + dt.timedelta(days=2, hours=1))
    closes = [(row["score"], row["band"], row["override_id"] is None) for row in await world.history("close")]
    assert closes == [(30, "critical", False), (68, "stable", True)]
    moves = [(row["score"], round(row["raw"] / 1e6), row["override_id"] is None) for row in await world.history("move")]
    assert moves == [(68, 68, True), (30, 68, False), (68, 68, True)]


async def test_a_late_event_corrects_the_sum_of_those_days_and_keeps_the_word(world: World) -> None:
    await says(world, 30)
    await world.until(NOW + dt.timedelta(days=2))
    await world.wake(told("survey.response", at=NOW + WEEK / 14, survey_id="late", survey_type="nps", score=0))
    assert await world.correct() == 1
    corrected = [row for row in await world.history("close") if row["corrects"]]
    assert {(row["score"], row["band"], row["override_id"] is None) for row in corrected} == {(30, "critical", False)}
    assert all(row["raw"] < 60_000_000 for row in corrected)


async def test_a_backfill_keeps_it(world: World) -> None:
    await says(world, 30, dt.timedelta(hours=30))
    await world.until(NOW + dt.timedelta(days=3))
    before = [tuple(row) for row in await world.history("close")]
    today = day_of(to_us(world.clock.now()))
    report = await backfill(world.database, world.in_force, None, today - 3, today, world.clock, lambda _, __: None)
    assert report.closes == 0
    assert [tuple(row) for row in await world.history("close")] == before


async def test_an_import_of_history_keeps_it(world: World) -> None:
    await says(world, 30)
    await world.tell(detracts(), rebase=True)
    await world.hand(await world.wakes())
    assert (await stands(world))[:2] == (30, "critical")
    assert (await stands(world))[3] == 52


async def test_forgetting_a_person_keeps_it(world: World) -> None:
    await says(world, 30)
    await world.wake(told("person.erased", at=NOW, person_id="mia", source="steward"))
    await world.until(NOW + dt.timedelta(days=1))
    assert (await stands(world))[:2] == (30, "critical")
    assert await world.rows("SELECT ended_at FROM overrides") == [(None,)]


async def test_another_model_keeps_it_by_its_own_bands(world: World) -> None:
    await says(world, 30)
    content = {**MODEL.model_dump(mode="json"), "version": 2}
    content["bands"][-2]["lower"], content["upward_margin"] = 20, 5
    whole = scored_by("hm-2", configuration([document("models", "ours", content)]))
    outlook = await look_ahead(world.database, whole, world.clock, lambda _, __: None)
    await apply(world.database, whole, outlook, world.clock, by="ada", words="lower")
    assert (await stands(world))[:3] == (30, "at_risk", "at_risk")


async def test_what_if_reads_what_is_computed(world: World) -> None:
    plain = await try_now(world.database, RULES, Draft(MODEL, frozenset(SEGMENTS)), to_us(NOW))
    await says(world, 30)
    tried = await try_now(world.database, RULES, Draft(MODEL, frozenset(SEGMENTS)), to_us(NOW))
    assert tried.comparison == plain.comparison
    assert tried.comparison.moves == []


async def test_a_persons_word_is_no_swing(database: Database) -> None:
    world = World(database)
    world.in_force._files = scored_by("hm-2", signals=("cancel_requested", "health_drop"))
    await world.sweep()
    await world.wake(*well())
    await says(world, 10)
    assert await world.noticed() == []


async def test_an_account_that_is_merged_loses_it(world: World) -> None:
    await world.wake(*well("bolt"))
    await says(world, 30)
    await world.wake(told("account.merged", "bolt", from_id="acme", source="steward"))
    (row,) = await world.rows("SELECT ended_because FROM overrides")
    assert row["ended_because"] == "the account was merged into another"


@pytest.mark.parametrize(("value", "lasting"), [(101, WEEK), (-1, WEEK), (30, -WEEK), (30, 26 * WEEK)])
async def test_it_has_bounds(world: World, value: int, lasting: dt.timedelta) -> None:
    with pytest.raises(Invalid):
        await says(world, value, lasting)


async def test_it_has_a_reason(world: World) -> None:
    await world.wake(*well())
    with pytest.raises(Invalid, match="needs a reason"):
        await says(world, 30, because=" ")


async def test_without_a_score_there_is_nothing_to_set(world: World) -> None:
    with pytest.raises(Conflict):
        await says(world, 30, account=4711)


# --- any course of things -----------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["set", "end", "wait", "event"]), st.integers(0, 100), st.integers(1, 30)), max_size=6
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_what_counts_is_what_was_set_last_and_holds_else_the_sum(database: Database, steps: list[Any]) -> None:
    """And what is computed is what it would be had nobody ever set anything: the same account beside it shows that."""
    course = next(_numbers)
    world, name = World(database, NOW + dt.timedelta(days=10 * course)), f"a{course}"
    plain = f"{name}-plain"
    await world.sweep()
    await world.wake(*well(name, world.clock.now()), *well(plain, world.clock.now()))
    held: tuple[int, dt.datetime] | None = None
    for step, value, hours in steps:
        world.clock.at = now = world.clock.now() + dt.timedelta(seconds=1)
        if step == "set":
            await says(world, value, dt.timedelta(hours=hours), number(name))
            held = value, now + dt.timedelta(hours=hours)
        elif step == "end":
            async with database.writing() as tx:
                await end_override(tx, world.in_force, number(name), "ada", now)
            held = None
        elif step == "event":
            await world.wake(nps(value // 10, name, now), nps(value // 10, plain, now))
        else:
            await world.until(now + dt.timedelta(hours=hours))
            await world.sweep()
        now = world.clock.now()
        mine, theirs = await world.score(name), await world.score(plain)
        assert (mine["raw"], mine["coverage"]) == (theirs["raw"], theirs["coverage"])
        wanted = held[0] if held and held[1] > now else theirs["score"]
        assert mine["score"] == wanted


_numbers = itertools.count()
"""Of the courses of things: each has ten days of its own in one database, one after another."""
