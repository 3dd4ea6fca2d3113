"""Late events rewrite the past as new rows; what was known before can still be asked for."""

import datetime as dt

import pytest

from services.health.history import as_of, history
from services.health.past import day_end
from shared.clock import day_of, from_us, to_us
from shared.database import Database
from tests.cast import NOW, told, used
from tests.health_io.stories import detracts, nps, well
from tests.health_io.world import ACME, World

DAY = dt.timedelta(days=1)
TODAY = day_of(to_us(NOW))


@pytest.fixture
async def world(database: Database) -> World:
    """Acme was well four days ago, and nothing was heard since."""
    world = World(database)
    await world.sweep()
    await world.wake(*well())
    await world.until(NOW + 4 * DAY)
    return world


async def test_a_late_event_rewrites_every_close_from_its_day_on_as_new_rows(world: World) -> None:
    await world.wake(detracts(at=NOW + DAY))
    assert await world.correct() == 1
    closes = await world.history("close")
    assert [(row["effective_at"], row["score"], row["corrects"]) for row in closes] == [
        (from_us(day_end(TODAY)), 68, False),
        *(
            row
            for day in range(TODAY + 1, TODAY + 4)
            for row in ((from_us(day_end(day)), 68, False), (from_us(day_end(day)), 52, True))
        ),
    ]
    assert (await world.score())["correct_from"] is None
    assert await world.correct() == 0


async def test_the_past_is_answered_as_known_now_and_as_known_then(world: World) -> None:
    then = world.clock.now()
    await world.wake(detracts(at=NOW + DAY))
    world.clock.advance(dt.timedelta(minutes=1))
    await world.correct()
    asked = NOW + 3 * DAY
    async with world.database.reading() as reading:
        now = await as_of(reading, ACME, asked)
        known_then = await as_of(reading, ACME, asked, known_at=then)
        known_on_that_day = await as_of(reading, ACME, asked, known_at=asked)
        before_it_all = await as_of(reading, ACME, NOW - DAY)
    assert now is not None
    assert known_then is not None
    assert known_on_that_day is not None
    assert (now.score, known_then.score, known_on_that_day.score) == (52, 68, 68)
    assert before_it_all is None


async def test_a_move_within_a_day_is_told_anew_too(world: World) -> None:
    first = world.clock.now()
    await world.wake(nps(7, at=first))
    world.clock.advance(dt.timedelta(minutes=1))
    await world.wake(told("sponsor.updated", at=NOW + 2 * DAY, identified=False))
    await world.correct()
    assert [(row["effective_at"], row["score"], row["corrects"]) for row in await world.history("move")] == [
        (NOW, 68, False), (first, 62, False), (first, 54, True), (world.clock.now(), 54, False),
    ]  # fmt: skip


async def test_many_late_events_are_one_correction(world: World) -> None:
    for hours in range(5):
        await world.wake(used("eve", at=NOW + DAY + dt.timedelta(hours=hours)))
    assert await world.correct() == 1
    assert len([row for row in await world.history("close") if row["corrects"]]) == 3
    assert await world.correct() == 0


async def test_a_late_event_that_changes_nothing_of_the_past_writes_nothing(world: World) -> None:
    await world.wake(told("note.added", at=NOW - DAY, note_id="n", text="Budget talks begin in May."))
    assert await world.correct() == 1
    assert [row for row in await world.history("close") if row["corrects"]] == []


async def test_a_late_event_crosses_by_what_it_does_to_the_present_alone(world: World) -> None:
    await world.wake(detracts(at=NOW + DAY))
    await world.correct()
    ((_, value),) = await world.left()
    assert (value["to_band"], value["at"]) == ("at_risk", world.clock.now().isoformat().replace("+00:00", "Z"))


async def test_history_reads_each_instant_once_as_known_now(world: World) -> None:
    await world.wake(detracts(at=NOW + DAY))
    await world.correct()
    async with world.database.reading() as reading:
        rows = await history(reading, ACME, NOW - DAY, NOW + 10 * DAY)
    assert [(row.kind, row.score) for row in rows] == [
        ("move", 68), ("close", 68), ("close", 52), ("close", 52), ("close", 52), ("move", 52),
    ]  # fmt: skip
