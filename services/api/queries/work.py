"""Questions about what is to be done: tasks and runs."""

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.api.cursors import ByDue, RunAt, page, read_cursor, write_cursor
from services.api.queries.visible import visible_accounts
from services.api.roles import Caller
from services.api.schemas import Page, Run, RunStep, Task
from shared.conditions import asked, parse
from shared.database import Reading, Row
from shared.errors import NotFound

_TASK = """
    SELECT t.id, t.account_id, a.name AS account_name, t.run_id, r.playbook, t.step, t.title, t.instructions, t.channel,
           t.role, t.owner, t.due_on, t.opened_at, t.status, t.outcome, t.closed_at, t.closed_by, t.position,
           coalesce(d.definition->>'name', r.playbook) AS playbook_name, d.definition->>'steps' AS steps
    FROM tasks t
    JOIN runs r ON r.id = t.run_id
    LEFT JOIN definitions d ON d.playbook = r.playbook AND d.version = r.playbook_version
    JOIN accounts a ON a.id = t.account_id
"""

_RUN = """
    SELECT r.id, r.playbook, r.playbook_version, r.account_id, a.name AS account_name, r.occasion_kind, r.occasion,
           r.state, r.words, r.started_at, r.ended_at, r.ended_because, r.progress::text AS progress,
           coalesce(d.definition->>'name', r.playbook) AS playbook_name, d.definition->>'steps' AS steps,
           count(t.id) FILTER (WHERE t.status = 'open') AS tasks_open,
           count(t.id) FILTER (WHERE t.status <> 'open') AS tasks_closed
    FROM runs r
    JOIN accounts a ON a.id = r.account_id
    LEFT JOIN tasks t ON t.run_id = r.id
    LEFT JOIN definitions d ON d.playbook = r.playbook AND d.version = r.playbook_version
"""


class TaskFilter(NamedTuple):
    """Which tasks are wanted; None does not ask."""

    account: int | None = None
    status: str | None = None
    owner: str | None = None
    due_by: dt.date | None = None


async def list_tasks(
    tx: Reading, caller: Caller, wanted: TaskFilter, limit: int, cursor: str | None = None
) -> Page[Task]:
    """Tasks by the day they are due, then in the order of their playbook."""
    after = read_cursor(cursor, ByDue)
    rows = await tx.fetch(
        f"""
        {_TASK}
        WHERE {visible_accounts()}
          AND ($2::bigint IS NULL OR t.account_id = $2)
          AND ($3::text IS NULL OR t.status = $3)
          AND ($4::text IS NULL OR lower(t.owner) = lower($4))
          AND ($5::date IS NULL OR t.due_on <= $5)
          AND ($6::date IS NULL OR (t.due_on, t.position::bigint, t.id) > ($6, $7::bigint, $8::uuid))
        ORDER BY t.due_on, t.position, t.id
        LIMIT $9
        """,
        caller.book, *wanted, after and after.day, after and after.position, after and after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    next_ = last and write_cursor(ByDue(last["due_on"], last["position"], last["id"]))
    return Page(data=[_task(row) for row in found], next=next_)


async def tasks_of(tx: Reading, account_id: int, most: int = 50) -> list[Task]:
    """The open tasks of an account that the caller was seen to be allowed."""
    rows = await tx.fetch(
        f"{_TASK} WHERE t.account_id = $1 AND t.status = 'open' ORDER BY t.due_on, t.position, t.id LIMIT $2",
        account_id, most,
    )  # fmt: skip
    return [_task(row) for row in rows]


async def one_task(tx: Reading, caller: Caller, task_id: UUID) -> Task:
    """A task. Raises NotFound, also for one of an account that the caller may not see."""
    row = await tx.row(f"{_TASK} WHERE {visible_accounts()} AND t.id = $2", caller.book, task_id)
    if row is None:
        raise NotFound(f"There is no task {task_id} that you may see.")
    return _task(row)


async def list_runs(
    tx: Reading, caller: Caller, account: int | None, state: str | None, *, limit: int, cursor: str | None = None
) -> Page[Run]:
    """Runs, newest first."""
    after = read_cursor(cursor, RunAt)
    rows = await tx.fetch(
        f"""
        {_RUN}
        WHERE {visible_accounts()}
          AND ($2::bigint IS NULL OR r.account_id = $2)
          AND ($3::text IS NULL OR r.state = $3)
          AND ($4::timestamptz IS NULL OR (r.started_at, r.id) < ($4, $5::uuid))
        GROUP BY r.id, a.name, d.definition
        ORDER BY r.started_at DESC, r.id DESC
        LIMIT $6
        """,
        caller.book, account, state, after and after.at, after and after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    next_ = last and write_cursor(RunAt(last["started_at"], last["id"]))
    return Page(data=[_run(row) for row in found], next=next_)


async def runs_of(tx: Reading, account_id: int, most: int = 10) -> list[Run]:
    """The newest runs of an account that the caller was seen to be allowed."""
    rows = await tx.fetch(
        f"{_RUN} WHERE r.account_id = $1 GROUP BY r.id, a.name, d.definition"
        " ORDER BY r.started_at DESC, r.id DESC LIMIT $2",
        account_id, most,
    )  # fmt: skip
    return [_run(row) for row in rows]


class _Defined(msgspec.Struct):
    """What people are told of a step as its playbook defines it."""

    id: str
    title: str
    success: str = ""
    condition: str | None = None


_defined = msgspec.json.Decoder(list[_Defined])


def _steps(row: Row) -> list[_Defined]:
    return _defined.decode(row["steps"]) if row["steps"] else []


def _task(row: Row) -> Task:
    success = next((step.success for step in _steps(row) if step.id == row["step"]), "")
    return Task.model_validate({**row, "success": success})


def _run(row: Row) -> Run:
    """A run with its steps, in the order of its playbook."""
    progress = msgspec.json.decode(row["progress"])["steps"]
    defined = {step.id: step for step in _steps(row)}
    ordered = [name for name in defined if name in progress] + [name for name in progress if name not in defined]
    steps = [_step(name, defined.get(name), progress[name]) for name in ordered]
    return Run.model_validate({**row, "steps": steps})


def _step(name: str, defined: _Defined | None, progress: dict[str, Any]) -> RunStep:
    condition = asked(parse(defined.condition)) if defined and defined.condition else None
    return RunStep(step=name, title=defined.title if defined else name, condition=condition, **progress)
