"""`fold(facts, presence, events)`: how events become facts. The one place that knows; pure.

Live, import, as-of, what-if, back-test and rebuild all use it. The caller has removed duplicates. The result
does not depend on the order of the events: things with a stamp keep the greatest, counters add, activity is
by day. Where a bound drops something (see shared/facts), the newest by stamp stay.
"""

from collections.abc import Iterable

from shared.facts import Event, Facts, Presence
from shared.fold import billing, crm, product, steward, support
from shared.fold.activity import on_activity, on_use, trim
from shared.fold.stamped import Rule

__all__ = ["ACTIVITY", "RULES", "fold", "fold_into"]

ACTIVITY = frozenset({"usage.recorded", "login.recorded"})
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
    moved, count = Presence(), 0
    for event in events:
        id_, _, kind, _, at, _, body, _ = event
        count += 1
        if kind == "usage.recorded":
            day = on_activity(facts, presence, moved, body.person_id, (at, id_))
            on_use(facts, day, body.actions, body.feature)
        elif kind == "login.recorded":
            on_activity(facts, presence, moved, body.person_id, (at, id_))
        else:
            RULES[kind](facts, event)
    facts.events += count
    trim(facts)
    return moved
