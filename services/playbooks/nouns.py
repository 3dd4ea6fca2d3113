"""A run and what it wants done. Values."""

import datetime as dt
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec

from services.playbooks.occasions import Why
from shared.fields import Values

_NAMESPACE = UUID("0b8d3a52-6f9e-5a37-9a53-6d0f7b0c9e21")


class RunState(StrEnum):
    """Completed: nothing is left to do. Exited: its exit criteria were met first. Cancelled: its account was merged."""

    OPEN = "open"
    COMPLETED = "completed"
    EXITED = "exited"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """What became of a step, or of an escalation that happened."""

    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    NOT_NEEDED = "not needed"
    RAISED = "raised"


PENDING = (StepState.WAITING, StepState.OPEN)


class StepProgress(msgspec.Struct, frozen=True):
    """A step's state and day; `words` say why a conditional one was opened or not needed."""

    state: StepState
    due_on: dt.date
    words: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is. `holding`: since when each exit criterion has held; `escalated`: when each escalation
    happened; `signals`: kinds of the signals that started or joined it; `anchor`: the date that T-n counts from."""

    zone: str = "UTC"
    anchor: dt.date | None = None
    occasions: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    causes: tuple[Why, ...] = ()
    steps: dict[str, StepProgress] = {}
    holding: dict[str, dt.datetime] = {}
    escalated: dict[str, dt.datetime] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One playbook for one occasion of one account. `next_due`: the next instant at which it moves by itself;
    `facts_version` and `score_as_of`: what the last look saw, so that anything newer wakes it."""

    id: UUID
    playbook: str
    version: int
    account_id: int
    occasion_kind: str
    occasion: str
    words: str
    started_at: dt.datetime
    looked_at: dt.datetime
    progress: Progress
    state: RunState = RunState.OPEN
    ended_at: dt.datetime | None = None
    ended_because: str | None = None
    next_due: dt.datetime | None = None
    facts_version: int = 0
    score_as_of: dt.datetime | None = None

    def task_id(self, step: str) -> UUID:
        """The id of the task of a step: always the same one."""
        return uuid5(self.id, f"task/{step}")

    def delivery_id(self, step: str, channel: str) -> UUID:
        """The id of a step's alert on a channel: always the same one."""
        return uuid5(self.id, f"alert/{step}/{channel}")


def run_id(playbook: str, account_id: int, occasion: str) -> UUID:
    """The id of the run for an occasion: always the same one."""
    return uuid5(_NAMESPACE, f"run/{playbook}/{account_id}/{occasion}")


class Moment(NamedTuple):
    """What was so from an instant on."""

    at: dt.datetime
    values: Values


class Seen(NamedTuple):
    """What a look at the account showed: its present values, and `moments` since the last look, oldest first."""

    account: str
    values: Values
    zone: str = "UTC"
    anchor: dt.date | None = None
    moments: tuple[Moment, ...] = ()
    facts_version: int = 0
    score_as_of: dt.datetime | None = None

    @property
    def names(self) -> dict[str, object]:
        """What texts may name."""
        return {**self.values, "account": self.account, "renews_on": self.anchor}


class Begin(NamedTuple):
    """A step or an escalation begins; what that means is its kind's to say. `state` is what it then is, `words` say why
    it or its run was started."""

    step: str
    kind: str
    state: StepState
    position: int
    title: str
    instructions: str
    template: str | None
    channel: str
    role: str
    due_on: dt.date
    words: str

    @property
    def is_task(self) -> bool:
        """Whether a person has to close it."""
        return self.state is StepState.OPEN


class Redate(NamedTuple):
    """An open task is due on another day."""

    step: str
    due_on: dt.date


class CloseTask(NamedTuple):
    """An open task ends: done, skipped or cancelled, with its outcome or reason."""

    step: str
    state: StepState
    words: str


class FinishRun(NamedTuple):
    """The run ends."""

    state: RunState
    words: str


Effect = Begin | Redate | CloseTask | FinishRun
