"""Transitions: an account has another segment, tier, size or stage than before (SEG-9). Pure."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

import msgspec

from services.health.segments import Scheme
from services.health.stages import Lifecycle

_NAMESPACE = UUID("9d7a6c3e-4b52-5d18-8f0e-1c2b7e90a6d4")

MOST_EVENTS = 20
"""Events that a transition names."""

Kind = Literal["segment", "served_as", "tier", "size", "stage"]
Cause = Literal["events", "time", "configuration", "override"]

_REVENUE = frozenset({"subscription.updated", "account.updated", "schedule.updated", "discount.updated",
                      "invoice.updated"})  # fmt: skip
TELLING: dict[Kind, frozenset[str]] = {
    "segment": _REVENUE,
    "size": _REVENUE,
    "stage": _REVENUE | {"opportunity.updated", "milestone.reached", "advocacy.recorded", "success_plan.updated"},
}
"""Types of the events that can have caused one."""


class TransitionRow(NamedTuple):
    """A row of `transitions`; `events` as JSON."""

    id: UUID
    account_id: int
    kind: Kind
    scheme: str
    from_name: str
    to_name: str
    cause: Cause
    words: str
    events: str
    entered_at: dt.datetime
    at: dt.datetime


class Why(NamedTuple):
    """Why accounts move in an assessment: its cause, and the (id in hexadecimal, type) of the events behind it."""

    cause: Cause
    events: Sequence[tuple[str, str]] = ()

    def of(self, kind: Kind) -> list[str]:
        """The events that can have caused a transition of that kind."""
        types = TELLING.get(kind)
        return [event for event, told in self.events if types is None or told in types][-MOST_EVENTS:]


class Step(NamedTuple):
    """From one name to another; no step at all where nothing stood before, or the same."""

    kind: Kind
    scheme: str
    before: str | None
    after: str
    words: str
    entered_at: dt.datetime


def steps_taken(account: int, steps: Iterable[Step], why: Why, now: dt.datetime) -> Iterator[TransitionRow]:
    """The transitions among the steps. Ids depend on the arguments alone."""
    for kind, scheme, before, after, words, entered_at in steps:
        if before is not None and before != after:
            events = msgspec.json.encode(why.of(kind)).decode()
            name = uuid5(_NAMESPACE, f"{kind}/{scheme}/{account}/{after}/{now.isoformat()}")
            yield TransitionRow(name, account, kind, scheme, before, after, why.cause, words, events, entered_at, now)


def segment_words(scheme: Scheme, before: str | None, after: str) -> str:
    """A move between segments in words."""
    old, new = (scheme.segment(name) if name else None for name in (before, after))
    said = f"{old.label if old else before} → {new.label if new else after}"
    care = new.coverage.elements[:1] if new and new.coverage else ()
    return f"{said}: {care[0]}" if care else said


def stage_words(lifecycle: Lifecycle, before: str | None, after: str) -> str:
    """A move between stages in words."""
    labels = {stage.name: stage.label for stage in lifecycle.stages}
    return f"{labels.get(before or '', before)} → {labels.get(after, after)}"
