"""What people do with tasks."""

from uuid import UUID, uuid4

import pytest

from services.playbooks.handle import complete_task, skip_task
from services.playbooks.house import House
from services.playbooks.simulate import day
from shared.database import Database
from shared.errors import Conflict, Invalid, NotFound
from tests.playbooks.stories import NOON, crossing, small
from tests.playbooks.world import a_house, an_account, crosses, rows, score_moves, time_passes, told_events


async def task_of(database: Database, step: str) -> UUID:
    (found,) = await rows(database, "SELECT id FROM tasks WHERE step = $1", step)
    task: UUID = found["id"]
    return task


async def begun(database: Database) -> House:
    house = await a_house(database, small(exit_criteria=["score >= 60"]))
    await an_account(database)
    await crosses(database, house, crossing())
    return house


async def test_a_task_is_completed_with_its_outcome(database: Database) -> None:
    await begun(database)
    async with database.writing() as tx:
        await complete_task(tx, await task_of(database, "first"), " they will stay ", "ada@example.com", NOON)
    (task,) = await rows(database, "SELECT status, outcome, closed_by, closed_at FROM tasks WHERE step = 'first'")
    assert tuple(task) == ("done", "they will stay", "ada@example.com", NOON)
    (run,) = await rows(database, "SELECT state FROM runs")
    assert run["state"] == "open"


async def test_the_last_task_completes_the_run(database: Database) -> None:
    await begun(database)
    async with database.writing() as tx:
        await complete_task(tx, await task_of(database, "first"), "done", "ada@example.com", NOON)
        await skip_task(tx, await task_of(database, "second"), "not needed", "ada@example.com", NOON + day(1))
    (run,) = await rows(database, "SELECT state, ended_at, ended_because FROM runs")
    assert tuple(run) == ("completed", NOON + day(1), "every step is done")
    assert (await told_events(database))[-3:] == ["task.closed", "task.closed", "run.finished"]


async def test_a_task_is_closed_once(database: Database) -> None:
    await begun(database)
    task = await task_of(database, "first")
    async with database.writing() as tx:
        await skip_task(tx, task, "not needed", "ada@example.com", NOON)
    with pytest.raises(Conflict, match="skipped already"):
        async with database.writing() as tx:
            await complete_task(tx, task, "done", "bob@example.com", NOON)


async def test_a_task_of_a_run_that_has_exited_is_closed_already(database: Database) -> None:
    house = await begun(database)
    await score_moves(database, 70, NOON + day(1))
    await time_passes(database, house, NOON + day(1))
    with pytest.raises(Conflict, match="cancelled already"):
        async with database.writing() as tx:
            await complete_task(tx, await task_of(database, "first"), "done", "ada@example.com", NOON)


async def test_a_task_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        async with database.writing() as tx:
            await complete_task(tx, uuid4(), "done", "ada@example.com", NOON)


@pytest.mark.parametrize("words", ["", "  \n"])
async def test_a_task_is_not_closed_without_words(database: Database, words: str) -> None:
    async with database.writing() as tx:
        with pytest.raises(Invalid):
            await complete_task(tx, uuid4(), words, "ada@example.com", NOON)
        with pytest.raises(Invalid):
            await skip_task(tx, uuid4(), words, "ada@example.com", NOON)
