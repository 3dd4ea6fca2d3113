"""What people do through the API or the console: one use case behind both doors, in the caller's transaction."""

import datetime as dt
from uuid import UUID

from services.api import store
from services.api.queries.work import one_task
from services.api.roles import Caller
from services.api.schemas import Task
from services.playbooks import handle as playbooks
from shared.database import Writing


async def complete_task(tx: Writing, caller: Caller, task_id: UUID, outcome: str, now: dt.datetime) -> Task:
    """The task, completed. Raises NotFound for one that the caller may not see, Conflict for a closed one."""
    await one_task(tx, caller, task_id)
    await playbooks.complete_task(tx, task_id, outcome, caller.name, now)
    await store.audit(tx, caller.name, "task.completed", str(task_id), now=now, detail={"outcome": outcome})
    return await one_task(tx, caller, task_id)


async def skip_task(tx: Writing, caller: Caller, task_id: UUID, reason: str, now: dt.datetime) -> Task:
    """The task, skipped for a reason. Raises as `complete_task`."""
    await one_task(tx, caller, task_id)
    await playbooks.skip_task(tx, task_id, reason, caller.name, now)
    await store.audit(tx, caller.name, "task.skipped", str(task_id), now=now, detail={"reason": reason})
    return await one_task(tx, caller, task_id)
