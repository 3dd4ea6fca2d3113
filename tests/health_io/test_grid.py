"""The day grid of imported history is the one that would have been written live."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.health.grid import MOST_EVENTS, BackfillReport, backfill, spans
from shared.broker import Outgoing
from shared.clock import day_of, to_us
from shared.database import Database
from tests.cast import NOW, acme_exists, told, used
from tests.health_io.stories import FEATURES, asks_to_cancel, detracts, nps, sponsor_leaves, well
from tests.health_io.world import World, number

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
FIRST = day_of(to_us(START))
DAYS = 6

Told = tuple[dt.datetime, Outgoing]


def a_few_days(seed: int, accounts: int) -> list[Told]:
    """What happens at some accounts in six days, in the order of its time."""
    dice = random.Random(seed)
    found: list[Told] = []
    for name in (f"account{i}" for i in range(accounts)):
        born = START + dice.random() * 2 * DAY
        found.append((born, acme_exists(name, at=born, arr=dice.choice([1_000, 20_000, 20_000]))))
        for _ in range(dice.randrange(5, 25)):
            at = born + dice.random() * (START + DAYS * DAY - born)
            found.append((at, something(dice, name, at)))
    return sorted(found, key=lambda one: one[0])


def something(dice: random.Random, name: str, at: dt.datetime) -> Outgoing:
    """One thing that happens at an account, usage mostly."""
    kind = dice.randrange(10)
    if kind < 6:
        feature, actions = dice.choice(FEATURES), dice.randrange(20)
        return used(dice.choice("abcdef"), name, at=at, feature=feature, actions=actions)
    if kind == 6:
        return nps(dice.randrange(11), name, at)
    if kind == 7:
        return sponsor_leaves(name, at)
    started = at - dice.randrange(3) * DAY
    return told(
        "subscription.updated", name, at=at, subscription_id="s", status="active", amount=dice.randrange(5_000),
        started_at=started,
    )  # fmt: skip


async def live(world: World, happened: Sequence[Told], correct: bool = False) -> None:
    """Everything is told at its time, and the days go by."""
    for at, one in happened:
        await world.until(at)
        await world.wake(one)
        if correct:
            await world.correct()
    await world.until(START + DAYS * DAY + DAY / 2)


async def imported(world: World, happened: Sequence[Told], **more: Any) -> BackfillReport:
    """Everything is imported at once, days later."""
    world.clock.at = START + DAYS * DAY + DAY / 2
    await world.tell(*(one for _, one in happened), rebase=True)
    return await fill(world, **more)


async def fill(world: World, accounts: Sequence[int] | None = None, since: int = FIRST) -> BackfillReport:
    done: list[tuple[int, int]] = []
    report = await backfill(
        world.database, world.in_force, accounts, since, FIRST + DAYS, world.clock, lambda *so_far: done.append(so_far)
    )
    assert done == [(i + 1, FIRST + DAYS - since) for i in range(FIRST + DAYS - since)]
    return report


async def the_grid(world: World) -> list[tuple[Any, ...]]:
    """All closes as known now, and all references."""
    closes = await world.rows(
        """
        SELECT DISTINCT ON (account_id, effective_at)
               account_id, effective_at, model, segment, score, raw, coverage, band, measures
          FROM score_history WHERE kind = 'close' ORDER BY account_id, effective_at, recorded_at DESC, id DESC
        """
    )
    peers = await world.rows("SELECT * FROM peer_references WHERE day >= $1 ORDER BY day, segment, measure", FIRST)
    return [*map(tuple, closes), *map(tuple, peers)]


async def empty(database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute(
            "TRUNCATE accounts, identities, facts, presence, seen, telling_events, activity,"
            " corrections, imported_versions, people, subscriptions, outbox,"
            " scores, score_history, score_changes, episodes, crossings, signals, peer_references, grid_days CASCADE"
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_live_and_imported_are_one_grid(database: Database, seed: int) -> None:
    happened = a_few_days(seed, accounts=14)
    world = World(database, START)
    await world.sweep()
    await live(world, happened)
    grid = await the_grid(world)
    assert len(grid) > 14 * 4
    assert any(row[0] == FIRST + 3 for row in grid), "peers were taken"
    await empty(database)
    again = World(database)
    await imported(again, happened)
    assert await the_grid(again) == grid


async def test_late_events_and_their_corrections_end_in_the_grid_of_an_import(database: Database) -> None:
    happened = a_few_days(7, accounts=3)
    dice = random.Random(7)
    end = START + DAYS * DAY + DAY / 4
    late = [(at if _creates(one) else min(at + dice.random() * 3 * DAY, end), one) for at, one in happened]
    world = World(database, START)
    await live(world, sorted(late, key=lambda one: one[0]), correct=True)
    while await world.correct():
        pass
    grid = await the_grid(world)
    await empty(database)
    again = World(database)
    await imported(again, happened)
    assert await the_grid(again) == grid


def _creates(one: Outgoing) -> bool:
    return dict(one.headers)["ce_type"] == b"account.updated"


async def test_imported_history_publishes_nothing_and_sets_the_present(database: Database) -> None:
    world = World(database)
    happened = [(NOW, one) for one in (*well(), detracts(), asks_to_cancel())]
    report = await imported(world, happened)
    assert (report.accounts, report.days, report.events, report.closes) == (1, DAYS, len(happened), DAYS)
    assert await world.left() == []
    score = await world.score()
    assert (score["score"], score["episode_band"], score["closed_through"]) == (52, "at_risk", FIRST + DAYS - 1)
    before = await world.fingerprint()
    await world.hand(await world.wakes())
    assert await world.fingerprint() == before


async def test_what_is_live_beside_imported_history_is_news_for_a_backfill_too(database: Database) -> None:
    world = World(database, START)
    await world.wake(*well(at=START))
    await world.until(START + DAYS * DAY + DAY / 2)
    now = world.clock.now()
    await world.tell(nps(7, at=START + DAY), rebase=True)
    await world.tell(asks_to_cancel(at=now), detracts(at=now))
    await fill(world)
    await world.hand(await world.wakes())
    kinds = [headers["ce_type"] for headers, _ in await world.left()]
    assert kinds == ["health.crossing", "health.signal"]
    assert await world.rows("SELECT cause FROM score_changes ORDER BY id") == [("import",), ("events",)]


async def test_a_second_backfill_writes_nothing(database: Database) -> None:
    world = World(database)
    await imported(world, a_few_days(5, accounts=9))
    before = await world.fingerprint()
    assert (await fill(world)).closes == 0
    assert await world.fingerprint() == before


async def test_history_of_an_account_that_is_there_already_corrects_what_is_stored(database: Database) -> None:
    world = World(database, START)
    await world.wake(*well(at=START))
    await world.until(START + DAYS * DAY + DAY / 2)
    await world.tell(nps(0, at=START + DAY), rebase=True)
    report = await fill(world, [number("acme")])
    assert report.closes == DAYS - 1
    assert [row["score"] for row in await world.history("close") if row["corrects"]] == [52] * (DAYS - 1)
    assert await world.rows("SELECT FROM crossings") == []


async def test_a_backfill_as_of_an_earlier_day_leaves_a_later_present_alone(database: Database) -> None:
    world = World(database, START + (DAYS + 30) * DAY)
    await world.wake(*well(at=START))
    before = await world.score()
    world.clock.at = START + DAYS * DAY + DAY / 2
    assert (await fill(world)).closes == DAYS
    assert await world.score() == before


async def test_part_of_the_accounts_is_seen_against_the_peers_of_all(database: Database) -> None:
    happened = a_few_days(9, accounts=12)
    world = World(database)
    await imported(world, happened)
    grid = await the_grid(world)
    async with database.writing() as tx:
        await tx.execute("DELETE FROM grid_days")
        await tx.execute("DELETE FROM peer_references")
    report = await fill(world, [number("account3"), number("account4")])
    assert (report.accounts, report.closes) == (2, 0)
    assert await the_grid(world) == grid


@given(st.dictionaries(st.integers(0, 30), st.integers(1, MOST_EVENTS)), st.integers(0, 10), st.integers(10, 30))
def test_stretches_cover_every_day_once(counts: dict[int, int], first: int, last: int) -> None:
    found = list(spans(counts, first, last))
    assert [day for start, end in found for day in range(start, end + 1)] == list(range(first, last + 1))
    for start, end in found:
        assert start == end or sum(counts.get(day, 0) for day in range(start, end + 1)) <= MOST_EVENTS
