"""What a kind of step is: when it begins, what it then is, which rows it leaves. Pure; writing is outcome.py's."""

import datetime as dt
from collections.abc import Callable
from typing import Literal, NamedTuple

from services.playbooks.house import House
from services.playbooks.nouns import Begin, StepState
from services.playbooks.rows import Moved
from services.playbooks.store.deliveries import DeliveryRow
from services.playbooks.store.tasks import TaskRow


class Rows(NamedTuple):
    """What the beginning of a step leaves in the run's transaction. What is to leave the house is a delivery, not a
    call."""

    tasks: tuple[TaskRow, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()


class StepKind(NamedTuple):
    """A kind of step. `state`: what a step of it is once it has begun, OPEN until a person closes it, or RAISED where
    nothing more is to come of it. `at_start`: whether a step without a condition begins with its run, so that it is
    seen before its day; all others begin on their day. `tells` and `says`: what is told on playbook.events."""

    name: str
    state: Literal[StepState.OPEN, StepState.RAISED]
    at_start: bool
    tells: Literal["task.opened", "alert.raised", "step.taken"]
    says: Callable[[Begin], str]
    rows: Callable[[Moved, Begin, House, dt.datetime], Rows]
