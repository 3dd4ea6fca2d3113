"""`fold(facts, presence, events)`: how events become facts. The one place that knows; pure.

Live, import, as-of, what-if, back-test and rebuild all use it. The caller has removed duplicates. The result
does not depend on the order of the events: things with a stamp keep the greatest, counters add, activity is
by day. Where a bound drops something (see shared/facts), the newest by stamp stay.
"""

from collections.abc import Iterable

from shared.facts import Event, Facts, Presence
from shared.fold import billing, crm, product, steward, support
from shared.fold.activity import on_login, on_usage, person_key, trim
from shared.fold.stamped import Rule

__all__ = ["ACTIVITY", "RULES", "fold", "person_key"]

ACTIVITY = frozenset({"usage.recorded", "login.recorded"})
"""Event types that tell of activity alone."""

RULES: dict[str, Rule] = crm.RULES | product.RULES | billing.RULES | support.RULES | steward.RULES
"""What every other type does."""


def fold(facts: Facts, presence: Presence, events: Iterable[Event]) -> tuple[Facts, Presence]:
    """The facts and the presence after `events`; the arguments are left as they were."""
    told = tuple(events)
    new = facts.copy() if any(event.type not in ACTIVITY for event in told) else facts.copy_activity()
    seen = dict(presence)
    for event in told:
        if event.type == "usage.recorded":
            on_usage(new, seen, event)
        elif event.type == "login.recorded":
            on_login(new, seen, event)
        else:
            RULES[event.type](new, event)
        new.events += 1
    trim(new)
    return new, seen
