"""A task: a to-do for a person, who closes it with what came of it."""

import datetime as dt

from services.playbooks.house import House
from services.playbooks.loading import template
from services.playbooks.nouns import Begin, Seen, StepState
from services.playbooks.rows import Moved
from services.playbooks.steps.kind import Rows, StepKind
from services.playbooks.store.tasks import TaskRow
from services.playbooks.wording import fill


def says(begin: Begin) -> str:
    """Its title and its day."""
    return f"{begin.title}, due {begin.due_on.isoformat()}"


def rows(moved: Moved, begin: Begin, house: House, now: dt.datetime) -> Rows:
    """The task, with its owner, and with its template written out."""
    run, owner = moved.run, moved.seen.values.get("owner")
    task = TaskRow(
        run.task_id(begin.step), run.id, run.account_id, begin.step, begin.position, begin.title,
        _instructions(begin, moved.seen), begin.channel, begin.role,
        house.owner_of(begin.role, str(owner) if owner else None), begin.due_on, now,
    )  # fmt: skip
    return Rows(tasks=(task,))


def _instructions(begin: Begin, seen: Seen) -> str:
    written = fill(template(begin.template), seen.names).strip() if begin.template else ""
    return "\n\n".join(part for part in (begin.instructions, written) if part)


KIND = StepKind("task", StepState.OPEN, at_start=True, tells="task.opened", says=says, rows=rows)
