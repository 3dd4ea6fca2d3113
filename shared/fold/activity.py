"""What usage and logins do to the facts: who was active on which day, how often, with which features.

This is the hot path: nearly all events are usage, and nearly all usage is of one day, by people and with features that
were seen before. So events are gathered by day, and of each day what they say in sum is folded.
"""

from collections.abc import Sequence

from shared.clock import DAY_US
from shared.facts import MOST_FEATURES, WINDOW_DAYS, Event, Facts, Presence

USE = "usage.recorded"
MASK = (1 << WINDOW_DAYS) - 1
_NEVER = (-1, b"")


def on_activity(facts: Facts, presence: Presence, moved: Presence, events: Sequence[Event]) -> None:
    """At least one use or login: whoever was not yet on an event's day is put into `moved`."""
    instants = [event[4] for event in events]
    first, last = min(instants), max(instants)
    seen = facts.last_seen or _NEVER
    if last >= seen[0]:
        facts.last_seen = max(seen, (last, max([event[0] for event in events if event[4] == last])))
    if first // DAY_US == last // DAY_US:
        _on_day(facts, presence, moved, last // DAY_US, events)
    else:
        for day, some in _by_day(events).items():
            _on_day(facts, presence, moved, day, some)
    _trim(facts)


def _by_day(events: Sequence[Event]) -> dict[int, list[Event]]:
    days: dict[int, list[Event]] = {}
    for event in events:
        days.setdefault(event[4] // DAY_US, []).append(event)
    return days


def _on_day(facts: Facts, presence: Presence, moved: Presence, day: int, events: Sequence[Event]) -> None:
    if day > facts.newest_day:
        _turn_to(facts, day)
    new = 0
    for person in {event[6].person_id for event in events}:
        before = moved.get(person) or presence.get(person)
        if before is None:
            moved[person] = (day, 1)
            new += 1
        elif before[0] != day:
            _on_another_day(facts, moved, person, before, day)
    if new:
        add(facts, facts.active_people, day, new)
        add(facts, facts.last_active, day, new)
    uses = [event[6] for event in events if event[2] == USE]
    if uses:
        add(facts, facts.actions, day, sum([use.actions for use in uses]))
        for feature in {use.feature for use in uses}:
            known = facts.features.get(feature, _NEVER)
            if feature is not None and known[0] != day:
                _use(facts, feature, known, day)


def _on_another_day(facts: Facts, moved: Presence, person: str, before: tuple[int, int], day: int) -> None:
    last, mask = before
    if day > last:
        moved[person] = (day, (mask << (day - last) | 1) & MASK)
        add(facts, facts.last_active, last, -1)
        add(facts, facts.last_active, day, 1)
    else:
        bit = 1 << (last - day)
        if mask & bit or bit > MASK:
            return
        moved[person] = (last, mask | bit)
    add(facts, facts.active_people, day, 1)


def _use(facts: Facts, feature: str, known: tuple[int, bytes], day: int) -> None:
    if known is _NEVER:
        facts.features[feature] = (day, b"\x01")
        if len(facts.features) > MOST_FEATURES:
            del facts.features[max(facts.features)]
        return
    last, stored = known
    mask = int.from_bytes(stored, "little")
    if day > last:
        last, mask = day, (mask << (day - last) | 1) & MASK
    else:
        mask |= (1 << (last - day)) & MASK
    facts.features[feature] = (last, mask.to_bytes((mask.bit_length() + 7) // 8, "little"))


def _turn_to(facts: Facts, day: int) -> None:
    """Makes `day` the newest day: all counts move back, what leaves the window is forgotten."""
    empty = [0] * min(day - facts.newest_day, WINDOW_DAYS)
    for days in (facts.active_people, facts.last_active, facts.actions):
        if days:
            days[:0] = empty
            del days[WINDOW_DAYS:]
    facts.newest_day = day


def add(facts: Facts, days: list[int], day: int, count: int) -> None:
    """Adds to a day's count; days before the window are let go."""
    index = facts.newest_day - day
    if index < len(days):
        days[index] += count
    elif index < WINDOW_DAYS and count > 0:
        days.extend([0] * (index - len(days) + 1))
        days[index] = count


def _trim(facts: Facts) -> None:
    """Equal counts have equal bytes: no zeros at the old end."""
    for days in (facts.active_people, facts.last_active, facts.actions):
        while days and days[-1] == 0:
            days.pop()
