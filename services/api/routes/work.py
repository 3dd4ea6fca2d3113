"""Tasks and runs: what is to be done, and why."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.api import handle
from services.api.access import Read, Reader, TaskDoer, Time, Write
from services.api.params import Cursor, Limit, OfAccount, TaskId, Word
from services.api.queries import work as ask
from services.api.schemas import Completion, Page, Run, Skip, Task
from services.api.values import Day

router = APIRouter(prefix="/v1", tags=["work"])


@router.get("/tasks", summary="List tasks by the day they are due")
async def list_tasks(
    *,
    caller: Reader,
    tx: Read,
    account: OfAccount = None,
    status: Literal["open", "done", "skipped", "cancelled"] | None = None,
    owner: Annotated[Word, Query(description="e-mail address of whoever shall do it")] = None,
    due_by: Annotated[Day | None, Query(description="due on this day or before")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Task]:
    """Of all states, unless `status` says which."""
    return await ask.list_tasks(tx, caller, ask.TaskFilter(account, status, owner, due_by), limit, cursor)


@router.post("/tasks/{task_id}/complete", summary="Complete a task")
async def complete(caller: TaskDoer, tx: Write, clock: Time, task_id: TaskId, body: Completion) -> Task:
    """With its outcome. The run reads it at once; 409 if the task is closed already."""
    return await handle.complete_task(tx, caller, task_id, body.outcome, clock.now())


@router.post("/tasks/{task_id}/skip", summary="Skip a task")
async def skip(caller: TaskDoer, tx: Write, clock: Time, task_id: TaskId, body: Skip) -> Task:
    """With the reason. 409 if the task is closed already."""
    return await handle.skip_task(tx, caller, task_id, body.reason, clock.now())


@router.get("/runs", summary="List runs, newest first")
async def list_runs(
    *,
    caller: Reader,
    tx: Read,
    account: OfAccount = None,
    state: Literal["open", "completed", "exited", "cancelled"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Run]:
    """Each with why it started and how many of its tasks are open."""
    return await ask.list_runs(tx, caller, account, state, limit=limit, cursor=cursor)
