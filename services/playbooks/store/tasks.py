"""`tasks`: opened once, closed once."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from shared.database import Reading, Writing


class TaskRow(NamedTuple):
    """A new row of `tasks`."""

    id: UUID
    run_id: UUID
    account_id: int
    step: str
    position: int
    title: str
    instructions: str
    channel: str
    role: str
    owner: str | None
    due_on: dt.date
    opened_at: dt.datetime
    status: str = "open"


class ClosedTask(NamedTuple):
    """How a task ended."""

    id: UUID
    status: str
    outcome: str
    closed_by: str


async def add(tx: Writing, rows: Sequence[TaskRow]) -> None:
    """New tasks."""
    await tx.copy("tasks", TaskRow._fields, rows)


async def close(tx: Writing, closed: Sequence[ClosedTask], now: dt.datetime) -> None:
    """Ends open tasks."""
    await tx.execute(
        """
        UPDATE tasks t SET status = new.status, outcome = new.outcome, closed_by = new.closed_by, closed_at = $5
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS new (id, status, outcome, closed_by)
         WHERE t.id = new.id AND t.status = 'open'
        """,
        [task.id for task in closed],
        [task.status for task in closed],
        [task.outcome for task in closed],
        [task.closed_by for task in closed],
        now,
    )


async def redate(tx: Writing, days: Sequence[tuple[UUID, dt.date]]) -> None:
    """Gives open tasks another day."""
    await tx.execute(
        """
        UPDATE tasks t SET due_on = new.due_on FROM unnest($1::uuid[], $2::date[]) AS new (id, due_on)
         WHERE t.id = new.id AND t.status = 'open'
        """,
        [task for task, _ in days],
        [day for _, day in days],
    )


async def follow_owners(tx: Writing, runs: Collection[UUID], role: str) -> None:
    """Open tasks of the role follow their account to its owner."""
    await tx.execute(
        """
        UPDATE tasks t SET owner = a.owner FROM account_owners a
         WHERE a.account_id = t.account_id AND t.run_id = ANY($1::uuid[]) AND t.status = 'open' AND t.role = $2
           AND t.owner IS DISTINCT FROM a.owner
        """,
        list(runs),
        role,
    )


async def step_of(reading: Reading, task: UUID) -> tuple[str, str]:
    """The step and the status of a task that is there."""
    row = await reading.row("SELECT step, status FROM tasks WHERE id = $1", task)
    assert row is not None
    return row["step"], row["status"]
