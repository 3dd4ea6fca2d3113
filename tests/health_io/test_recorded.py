"""Models over recorded values: the model in force says again what it said then."""

import datetime as dt

import numpy as np
import pytest

from services.health import recorded
from services.health.model import Model
from services.health.recorded import DaysScored, Span, score_days
from services.health.vector.board import NO_CLOSE
from services.health.vector.score import UNKNOWN
from shared.database import Database
from tests.health_io.test_grid import DAY, DAYS, FIRST, START, Told, a_few_days, imported, live
from tests.health_io.world import MODEL, World

ACCOUNTS = 10
Scores = dict[tuple[int, int], tuple[int | None, str]]


async def told(world: World, order: str = "DESC") -> Scores:
    """(account, day) → (score, segment) of the closes as known now, or with ASC as first known."""
    rows = await world.rows(
        f"""
        SELECT DISTINCT ON (account_id, effective_at) account_id, effective_at, score, segment FROM score_history
         WHERE kind = 'close' ORDER BY account_id, effective_at, recorded_at {order}, id {order}
        """
    )
    return {(r["account_id"], (r["effective_at"] - START) // DAY): (r["score"], r["segment"]) for r in rows}


def shown(scored: DaysScored) -> Scores:
    """The same of a board."""
    board = scored.board
    return {
        (board.accounts[place], day): (
            None if board.scores[day, place] == UNKNOWN else int(board.scores[day, place]),
            board.names[board.segments[day, place]],
        )
        for day, place in np.argwhere(board.scores != NO_CLOSE).tolist()
    }


async def scored(world: World, model: Model = MODEL, *, as_first_known: bool = False) -> DaysScored:
    """The model over all accounts and days."""
    async with world.database.reading() as reading:
        rules = await world.in_force.read(reading)
        accounts = [row["account_id"] for row in await reading.fetch("SELECT account_id FROM scores ORDER BY 1")]
    return await score_days(
        world.database, model, rules.columns, Span(accounts, FIRST, FIRST + DAYS - 1, as_first_known)
    )


async def test_the_model_in_force_gives_the_scores_that_were_given(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "MOST_CLOSES", 2 * ACCOUNTS)
    world = World(database, START)
    await live(world, a_few_days(3, ACCOUNTS), correct=True)
    found = await scored(world)
    assert shown(found) == await told(world)
    assert (found.closes, found.late, found.without_data()) == (len(shown(found)), 0, [])


async def test_a_late_event_is_in_what_is_known_now_and_not_in_what_was_known_first(database: Database) -> None:
    world = World(database, START)
    happened = a_few_days(3, ACCOUNTS)
    await live(world, happened)
    before = await told(world)
    late = [(at, one) for at, one in a_few_days(4, ACCOUNTS) if at < START + 3 * DAY]
    await world.wake(*(one for _, one in late))
    while await world.correct():
        pass
    first = await scored(world, as_first_known=True)
    assert shown(first) == before == await told(world, "ASC")
    now = shown(await scored(world))
    assert now != before
    assert settled(now) == settled(await told(world))


def settled(scores: Scores) -> Scores:
    """Those of days whose reference was recorded: the first of eight accounts is taken on the way, if late."""
    return {key: told for key, told in scores.items() if key[1] > 3}


async def test_imported_history_is_counted_as_late(database: Database) -> None:
    world = World(database, START)
    await imported(world, a_few_days(3, ACCOUNTS))
    found = await scored(world, as_first_known=True)
    assert shown(found) == await told(world)
    assert found.late == sum(day < DAYS - 2 for _, day in shown(found))


async def test_a_column_that_nobody_recorded_is_told_and_counts_as_no_data(database: Database) -> None:
    world = World(database, START)
    happened: list[Told] = a_few_days(3, 3)
    await live(world, happened)
    document = MODEL.model_dump()
    document["groups"][1]["leaves"][1]["params"] = {"days": 44}
    draft = Model.model_validate(document)
    missing = (await scored(world, draft)).without_data()
    assert [(column.key, since) for column, since in missing] == [('regular_meetings {"days":44}', None)]


async def test_a_column_that_came_later_is_recorded_from_then_on(database: Database) -> None:
    world = World(database, START)
    await live(world, a_few_days(3, 3))
    async with world.database.writing() as tx:
        await tx.execute(
            "UPDATE score_history SET measures = measures[1:5] WHERE kind = 'close' AND effective_at < $1",
            START + 3 * DAY - dt.timedelta(microseconds=2),
        )
    missing = (await scored(world)).without_data()
    assert missing
    assert {since for _, since in missing} == {FIRST + 2}
