"""`fold(facts, presence, events)`: how events become facts. The one place that knows; pure.

Live, import, as-of, what-if, back-test and rebuild all use it. The caller has removed duplicates. The result
does not depend on the order of the events: things with a stamp keep the greatest, counters add, activity is
by day. Where a bound drops something (see shared/facts), the newest by stamp stay.
"""

from collections.abc import Iterable, Sequence

from shared.facts import Event, Facts, Presence
from shared.fold import billing, crm, product, steward, support
from shared.fold.activity import USE, on_activity
from shared.fold.stamped import Rule

__all__ = ["ACTIVITY", "RULES", "fold", "fold_into", "fold_parts"]

ACTIVITY = frozenset({USE, "login.recorded"})
"""Event types that tell of activity alone."""

RULES: dict[str, Rule] = crm.RULES | product.RULES | billing.RULES | support.RULES | steward.RULES
"""What every other type does."""


def fold(facts: Facts, presence: Presence, events: Iterable[Event]) -> tuple[Facts, Presence]:
    """The facts and the presence after `events`; the arguments are left as they were."""
    new = facts.copy()
    return new, presence | fold_into(new, presence, events)


def fold_into(facts: Facts, presence: Presence, events: Iterable[Event]) -> Presence:
    """Folds `events` into `facts`, which are the caller's alone; the presence of those people whose presence changed.
    `presence` is left as it was."""
    active: list[Event] = []
    telling: list[Event] = []
    for event in events:
        (active if event.type in ACTIVITY else telling).append(event)
    return fold_parts(facts, presence, active, telling)


def fold_parts(facts: Facts, presence: Presence, active: Sequence[Event], telling: Sequence[Event]) -> Presence:
    """`fold_into` for a caller who knows which of the events tell of activity alone."""
    moved = Presence()
    if active:
        on_activity(facts, presence, moved, active)
    for event in telling:
        RULES[event.type](facts, event)
    facts.events += len(active) + len(telling)
    return moved
