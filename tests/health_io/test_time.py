"""Time passes: silence moves scores, days are closed before a new one begins, peers serve the day after."""

import asyncio
import datetime as dt
import json
from typing import Any

import pytest

from services.health.handle import Health
from services.health.measures import MEASURES
from services.health.past import day_end
from services.health.peers import picked, take_references
from services.health.sweep import sweep
from shared.clock import day_of, from_us, to_us
from shared.database import Database, Row, Writing
from tests.cast import NOW, acme_exists, told, used
from tests.health_io.stories import FEATURES, detracts, nps, sponsor_leaves, well
from tests.health_io.world import RULES, World, number

DAY = dt.timedelta(days=1)
TODAY = day_of(to_us(NOW))


@pytest.fixture
async def world(database: Database) -> World:
    """Acme is known, well and assessed."""
    world = World(database)
    await world.sweep()
    await world.wake(*well())
    return world


async def test_silence_alone_makes_the_crossing(world: World) -> None:
    await world.until(NOW + 13 * DAY)
    assert await world.left() == []
    await world.until(NOW + 14 * DAY)
    score = await world.score()
    assert (score["score"], score["band"], score["facts_version"]) == (39, "critical", 1)
    ((_, value),) = await world.left()
    assert (value["from_band"], value["to_band"], value["direction"]) == ("stable", "critical", "down")
    assert value["causes"][0]["by_time"]
    assert value["causes"][0]["events"] == []
    (change,) = await world.rows("SELECT cause, at FROM score_changes WHERE from_score <> to_score")
    assert change["cause"] == "time"
    assert change["at"].date() == (NOW + 14 * DAY).date()


async def test_a_sweep_with_nothing_due_assesses_nothing(world: World) -> None:
    assert await world.sweep() == 0
    world.clock.at = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    assert await world.sweep() == 1
    assert await world.sweep() == 0


async def test_a_sweep_leaves_newer_facts_to_their_wake_up(world: World) -> None:
    world.clock.advance(DAY)
    await world.tell(detracts(at=world.clock.now()))
    await world.sweep()
    assert (await world.score())["facts_version"] == 1
    await world.wake()
    (crossing,) = await world.left()
    assert crossing[1]["to_band"] == "at_risk"


async def test_missing_closes_are_written_before_a_new_days_first_assessment(world: World) -> None:
    world.clock.advance(3 * DAY)
    now = world.clock.now()
    await world.wake(detracts(at=now))
    closes = await world.history("close")
    assert [row["effective_at"] for row in closes] == [from_us(day_end(TODAY + i)) for i in range(3)]
    assert {row["recorded_at"] for row in closes} == {now}
    assert [row["score"] for row in closes] == [68, 68, 68]
    assert (await world.score())["closed_through"] == TODAY + 2
    moves = await world.history("move")
    assert moves[-1]["id"] > closes[-1]["id"]


async def test_a_close_has_the_values_of_all_measures_at_the_days_end(world: World) -> None:
    await world.until(NOW + 2 * DAY)
    closes = await world.history("close")
    assert [by_column(row)["days_since_last_login"] for row in closes] == [0, 1]
    of_their_own_params = {name for name, measure in MEASURES.items() if () not in measure.params.values()}
    assert by_column(closes[0]).keys() >= of_their_own_params


async def test_a_close_knows_what_had_occurred_and_nothing_of_the_new_day(world: World) -> None:
    midnight = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    world.clock.at = midnight - dt.timedelta(seconds=1)
    await world.tell(used("eve", at=world.clock.now()), sponsor_leaves(at=world.clock.now()))
    world.clock.at = midnight + dt.timedelta(seconds=1)
    await world.tell(detracts(at=world.clock.now()), used("mia", at=world.clock.now()), used("kim", at=midnight))
    await world.wake()
    (close,) = await world.history("close")
    told = by_column(close)
    assert (told["nps_score"], told["sponsor_identified"]) == (10, 0)
    assert told["dau_mau_ratio"] == pytest.approx(2 / (2 * 28))


async def test_an_event_of_tomorrow_by_a_clock_that_runs_ahead_counts_tomorrow(world: World) -> None:
    world.clock.at = dt.datetime(2026, 3, 4, 23, 59, tzinfo=dt.UTC)
    ahead = world.clock.now() + dt.timedelta(minutes=2)
    await world.wake(detracts(at=ahead), used("eve", at=ahead))
    await world.until(NOW + DAY)
    (close,) = await world.history("close")
    told = by_column(close)
    assert (told["nps_score"], told["dau_mau_ratio"]) == (10, pytest.approx(1 / 28))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("discount.updated", {"discount_id": "d", "percent": 50}),
        ("schedule.updated", {"schedule_id": "p", "subscription_id": "s", "status": "active", "ends_at": NOW}),
    ],
)
async def test_what_is_said_tomorrow_of_revenue_is_no_part_of_todays_close(
    world: World, kind: str, body: dict[str, Any]
) -> None:
    world.clock.at = dt.datetime(2026, 3, 4, 23, 59, tzinfo=dt.UTC)
    for at, discounts in ((NOW - 60 * DAY, []), (NOW - DAY, [{"discount_id": "d"}])):
        now: dict[str, Any] = {"subscription_id": "s", "status": "active", "amount": 100, "discounts": discounts}
        await world.wake(told("subscription.updated", at=at, started_at=NOW - 60 * DAY, **now))
    await world.wake(told(kind, at=world.clock.now() + dt.timedelta(minutes=2), **body))
    await world.until(NOW + DAY)
    (close,) = await world.history("close")
    known = by_column(close)
    assert known["growth_trajectory"] == 0


async def test_what_arrived_on_a_day_that_was_closed_before_it_was_folded_corrects_the_close(world: World) -> None:
    world.clock.at = dt.datetime(2026, 3, 4, 23, 59, 59, tzinfo=dt.UTC)
    await world.tell(detracts(at=world.clock.now()))
    late = await world.wakes()
    async with world.database.writing() as tx:  # ingest has not committed while health closes the day
        (facts,) = await tx.fetch("SELECT version, facts FROM facts")
        await tx.execute("UPDATE facts SET version = 1, facts = (SELECT facts FROM scores)")
    world.clock.advance(dt.timedelta(seconds=2))
    await world.sweep()
    async with world.database.writing() as tx:
        await tx.execute("UPDATE facts SET version = $1, facts = $2", *facts)
    await world.hand(late)
    assert (await world.score())["correct_from"] == TODAY
    assert await world.correct() == 1
    assert [(row["score"], row["corrects"]) for row in await world.history("close")] == [(68, False), (52, True)]


async def test_peers_of_a_day_serve_the_next(database: Database) -> None:
    world = World(database)
    await world.sweep()
    names = [f"account{i}" for i in range(9)]
    for i, name in enumerate(names):
        await world.tell(acme_exists(name), nps(9, name, NOW), *(used(f"p{i}", name, actions=i * 10) for _ in FEATURES))
    await world.wake()
    assert await world.rows("SELECT FROM peer_references") == []
    await world.until(NOW + DAY)
    (taken,) = await world.rows("SELECT * FROM peer_references")
    assert (taken["day"], taken["segment"], taken["measure"]) == (TODAY, "tech_touch", "depth_of_use")
    assert (taken["accounts"], taken["median"]) == (9, pytest.approx(70.0))
    (first, last) = (await world.score(names[0]), await world.score(names[-1]))
    assert last["score"] > first["score"]
    changes = await world.rows("SELECT cause, parts FROM score_changes WHERE account_id = $1", number(names[-1]))
    assert "depth_of_use" in [part["measure"] for part in json.loads(changes[0]["parts"])]


async def test_an_account_assessed_before_the_reference_is_there_is_assessed_again(world: World) -> None:
    world.clock.at = dt.datetime(2026, 3, 5, 0, 0, 1, tzinfo=dt.UTC)
    await world.wake(used("eve", at=world.clock.now()))
    assert (await world.score())["next_due"] == world.clock.now() + dt.timedelta(seconds=1)
    world.clock.advance(dt.timedelta(seconds=1))
    assert await world.sweep() == 1
    assert (await world.score())["next_due"] == dt.datetime(2026, 3, 6, tzinfo=dt.UTC)


async def test_where_one_worker_fails_the_other_does_not_go_on(world: World) -> None:
    class Failing(Health):
        calls, ended = 0, False

        async def on_time_passed(self, tx: Writing, now: dt.datetime, most: int = 500) -> int:
            self.calls += 1
            if self.calls == 2:
                raise OSError("the database is away")
            try:
                await asyncio.Event().wait()
            finally:
                self.ended = True
            return 0

    failing = Failing(world.in_force, world.clock)
    with pytest.raises(OSError, match="away"):
        await sweep(world.database, failing, world.clock.now())
    assert failing.ended


async def test_an_account_that_slipped_past_a_days_close_is_closed_when_it_falls_due(world: World) -> None:
    await world.until(NOW + DAY)
    async with world.database.writing() as tx:
        await tx.execute("DELETE FROM score_history WHERE kind = 'close'")
        await tx.execute("UPDATE scores SET closed_through = closed_through - 1, next_due = $1", world.clock.now())
    assert await world.sweep() == 1
    assert len(await world.history("close")) == 1
    assert await world.sweep() == 0


async def test_nothing_is_assessed_while_another_process_closes_the_day(world: World) -> None:
    world.clock.at = dt.datetime(2026, 3, 5, 0, 0, 1, tzinfo=dt.UTC)
    async with world.database.writing() as other:
        await other.fetch("SELECT FROM scores FOR UPDATE")
        assert await world.sweep() == 0
    assert await world.history("close") == []
    assert await world.sweep() == 1
    assert len(await world.history("close")) == 1


async def test_days_that_passed_while_nobody_was_there_are_closed_one_after_another(world: World) -> None:
    world.clock.advance(4 * DAY)
    await world.sweep()
    assert [row["day"] for row in await world.rows("SELECT day FROM grid_days ORDER BY day")] == [
        TODAY - 1, TODAY, TODAY + 1, TODAY + 2, TODAY + 3,
    ]  # fmt: skip
    assert len(await world.history("close")) == 4


def by_column(close: Row) -> dict[str, float | None]:
    """The values of a close by what its columns are called."""
    assert len(close["measures"]) == len(RULES.columns.all)
    return RULES.columns.named(close["measures"])


def test_quartiles_need_eight_accounts_of_a_segment() -> None:
    place = RULES.peer_places["depth_of_use"]
    measured = [[float(i) if j == place else None for j in range(place + 1)] for i in range(8)]
    closes = [("low_touch", picked(RULES, values)) for values in measured]
    taken = take_references(RULES, closes)
    assert (taken["low_touch"]["depth_of_use"].median, taken["low_touch"]["depth_of_use"].accounts) == (3.5, 8)
    assert take_references(RULES, closes[1:]) == {}
