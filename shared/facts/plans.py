"""What was agreed with the account, as facts keep it; names and words are in the tables of the same things."""

import msgspec

from shared.facts.stamps import Pieced, Stamped


class Opportunity(Pieced, frozen=True, array_like=True):
    """A deal. `kind`: new, renewal, expansion; `status`: open, won, lost. `amount` in millionths of `currency`;
    `closes_on` is a day; `probability` 0 to 1."""

    kind: str = "new"
    status: str = "open"
    stage: str | None = None
    amount: int | None = None
    currency: str | None = None
    closes_on: int | None = None
    probability: float | None = None


class Objective(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A number on its way from `baseline` to `target`, which may lie below it. `due_on` is a day. `confirmed`: the
    account says itself that it is reached."""

    baseline: float | None
    target: float | None
    actual: float | None
    due_on: int | None
    confirmed: bool

    @property
    def progress(self) -> float | None:
        """The share of the way that is done, 0 to 1; None without the numbers or without a way."""
        if self.baseline is None or self.target is None or self.actual is None or self.baseline == self.target:
            return None
        return min(max((self.actual - self.baseline) / (self.target - self.baseline), 0.0), 1.0)


class PlanMilestone(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A step on the way; both are days."""

    due_on: int | None
    done_on: int | None


class PlanRisk(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What may keep the plan from working. `severity`: low, medium, high."""

    severity: str
    open: bool


class SuccessPlan(Stamped, frozen=True, array_like=True):
    """The latest state of a success plan. `status`: draft, active, achieved, abandoned."""

    status: str
    objectives: list[Objective]
    milestones: list[PlanMilestone]
    risks: list[PlanRisk]


class RoiItem(Stamped, frozen=True, array_like=True):
    """The latest state of a return, in millionths of `currency`. `confirmed` by the account."""

    promised: int | None
    actual: int | None
    currency: str
    confirmed: bool


class Handoff(Stamped, frozen=True, array_like=True):
    """The latest state of the handoff from sales. `status`: draft, complete."""

    status: str


class ExitInterview(Stamped, frozen=True, array_like=True):
    """Why the account left; `reason` as docs/events.md lists them."""

    reason: str
    competitor: str | None
    would_return: bool | None


class Advocacy(Stamped, frozen=True, array_like=True):
    """The account spoke for us once; `kind` as docs/events.md lists them."""

    kind: str
    person: str | None


class Mention(Stamped, frozen=True, array_like=True):
    """The account spoke of a competitor."""

    competitor: str


class Milestone(Stamped, frozen=True, array_like=True):
    """A point of the account's life with us: stamped when it was last reached; `first` is the first time (µs)."""

    first: int
    times: int


class Mark(Stamped, frozen=True, array_like=True):
    """Something was said of the whole account: that the source deleted it, lost changes of it, or a note."""

    words: str | None = None
