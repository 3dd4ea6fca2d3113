"""Signals in the database: what stands is kept beside the score, what begins is written and told once."""

import datetime as dt

import pytest

from services.health.force import InForce
from services.health.gathering import gathered
from services.health.handle import Health
from services.health.watching import holding
from shared.broker import Outgoing
from shared.database import Database
from tests.cast import NOW, acme_exists, told, used
from tests.health_io.stories import FEATURES, detracts, nps, well
from tests.health_io.world import World, number, scored_by

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
KINDS = (
    "no_login", "health_drop", "competitor_mentioned", "seats_near_limit", "promoter", "adoption_high",
    "happy_and_healthy",
)  # fmt: skip


@pytest.fixture
async def world(database: Database) -> World:
    """Acme is known, well and assessed; some kinds of signals are watched for."""
    world = World(database)
    world.in_force = InForce(scored_by("hm-2", signals=KINDS))
    world.health = Health(world.in_force, world.clock)
    await world.wake(*well())
    world.clock.advance(MINUTE)
    return world


def rival(world: World, name: str = "Rival", account: str = "acme") -> Outgoing:
    at = world.clock.now()
    return told("competitor.mentioned", account, at=at, mention_id=f"{name}-{at}", competitor=name)


async def standing(world: World, account: str = "acme") -> set[str]:
    return {stay.kind for stay in holding((await world.score(account))["watch"])}


async def test_a_first_score_stands_without_a_word(world: World) -> None:
    assert await standing(world) == {"promoter", "adoption_high"}
    assert await world.left() == []


async def test_a_signal_is_written_and_told_with_its_evidence(world: World) -> None:
    await world.wake(rival(world))
    ((headers, value),) = await world.left()
    (event,) = await world.rows("SELECT id FROM telling_events WHERE type = 'competitor.mentioned'")
    assert (headers["ce_type"], headers["ce_id"]) == ("health.signal", value["signal_id"])
    assert (value["kind"], value["side"], value["severity"]) == ("competitor_mentioned", "risk", "warning")
    assert (value["about"], value["window_days"], value["evidence"]) == ("Rival", 90, [event["id"].hex()])
    (row,) = await world.rows("SELECT * FROM signals")
    assert (str(row["id"]), row["kind"], row["about"], row["at"]) == (
        value["signal_id"], "competitor_mentioned", "Rival", world.clock.now(),
    )  # fmt: skip


async def test_tr_s0_1_silence_alone_is_noticed_on_its_day_and_again_when_it_lasts(world: World) -> None:
    await world.until(NOW + 13 * DAY)
    assert await world.noticed() == []
    await world.until(NOW + 14 * DAY)
    assert ("no_login", "warning") in await world.noticed()
    await world.until(NOW + 30 * DAY)
    assert [severity for kind, severity in await world.noticed() if kind == "no_login"] == ["warning", "critical"]
    await world.wake(used(at=world.clock.now()))
    await world.until(NOW + 31 * DAY)
    assert "no_login" not in await standing(world)


async def test_tr_s2_1_a_drop_is_measured_against_the_history(world: World) -> None:
    await world.until(NOW + 14 * DAY)
    noticed = {value["kind"]: value for headers, value in await world.left() if headers["ce_type"] == "health.signal"}
    drop = noticed["health_drop"]
    assert (drop["measures"], drop["severity"]) == ({"score": 39, "reference": 68}, "warning")
    await world.until(NOW + 20 * DAY)
    assert "health_drop" in await standing(world)
    await world.until(NOW + 50 * DAY)
    assert "health_drop" not in await standing(world)
    assert len(await world.rows("SELECT FROM signals WHERE kind = 'health_drop'")) == 1


async def test_a_drop_after_imported_history_is_measured_against_it(database: Database) -> None:
    world = World(database)
    world.in_force = InForce(scored_by("hm-2", signals=("health_drop",)))
    world.health = Health(world.in_force, world.clock)
    await world.tell(*well(), rebase=True)
    await world.hand(await world.wakes())
    assert await world.left() == []
    world.clock.advance(MINUTE)
    await world.until(NOW + 14 * DAY)
    assert await world.noticed() == [("health_drop", "warning")]


async def test_imported_history_stands_without_a_word_and_live_news_beside_it_is_told(world: World) -> None:
    await world.tell(rival(world), rebase=True)
    await world.tell(rival(world, "Other"))
    await world.hand(await world.wakes())
    assert [value["about"] for _, value in await world.left()] == ["Other"]


async def test_a_redelivered_batch_notices_nothing_again(world: World) -> None:
    await world.tell(rival(world))
    records = await world.wakes()
    await world.hand(records)
    before = await world.fingerprint()
    await world.hand(records)
    assert await world.fingerprint() == before


async def test_use_alone_writes_nothing_of_signals(world: World) -> None:
    before = (await world.score())["watch"]
    await world.wake(*(used(person, at=world.clock.now()) for person in ("mia", "eve")))
    assert (await world.score())["watch"] == before


async def test_a_stay_outlives_a_move_of_the_score(world: World) -> None:
    await world.wake(rival(world))
    world.clock.advance(MINUTE)
    await world.wake(detracts(at=world.clock.now()))
    assert "competitor_mentioned" in await standing(world)
    assert await world.noticed() == [("competitor_mentioned", "warning")]


async def test_an_account_from_before_there_were_signals_stands_without_a_word(world: World) -> None:
    async with world.database.writing() as tx:
        await tx.execute("UPDATE scores SET watch = ''")
    await world.until(NOW + 2 * DAY)
    assert await world.left() == []
    assert await standing(world) == {"promoter", "adoption_high"}


async def test_a_signal_that_is_turned_off_is_let_go(world: World) -> None:
    world.in_force = InForce(scored_by("hm-2", signals=("no_login",)))
    world.health = Health(world.in_force, world.clock)
    await world.until(NOW + 2 * DAY)
    assert await standing(world) == set()


async def test_the_whole_library_takes_no_more_statements_for_many_accounts(database: Database) -> None:
    world = World(database)
    world.in_force = InForce(scored_by("hm-2", signals=tuple(k.name for k in gathered(None).documents)))
    world.health = Health(world.in_force, world.clock)
    names = [f"many{i}" for i in range(12)]
    for name in names:
        await world.tell(acme_exists(name), nps(10, name, NOW), *(used("mia", name, feature=f) for f in FEATURES))
    await world.hand(await world.wakes())
    world.clock.advance(MINUTE)
    for name in names:
        await world.tell(rival(world, account=name), detracts(name, at=world.clock.now()))
    await world.hand(await world.wakes())
    assert len(await world.rows("SELECT FROM signals WHERE kind = 'competitor_mentioned'")) == len(names)
    assert {row["account_id"] for row in await world.rows("SELECT account_id FROM signals")} == set(map(number, names))
