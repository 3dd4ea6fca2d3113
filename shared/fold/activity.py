"""What usage and logins do to the facts: who was active on which day, how often, with which features.

This is the hot path: nearly all events are usage, and nearly all usage is of a day, a person and a feature that
were seen before. So the loop is one function, which calls others only for what is new.
"""

from collections.abc import Iterable

from shared.clock import DAY_US
from shared.facts import MOST_FEATURES, WINDOW_DAYS, Event, Facts, Presence

USE = "usage.recorded"
MASK = (1 << WINDOW_DAYS) - 1
_NEVER = (-1, b"")


def on_activity(facts: Facts, presence: Presence, moved: Presence, events: Iterable[Event]) -> None:
    """Uses and logins: whoever was not yet on an event's day is put into `moved`."""
    newest, actions, features = facts.newest_day, facts.actions, facts.features
    people, last = facts.active_people, facts.last_active
    seen = facts.last_seen or _NEVER
    for id_, _, kind, _, at, _, body, _ in events:
        day, person = at // DAY_US, body.person_id
        if at >= seen[0] and (at, id_) > seen:
            seen = facts.last_seen = (at, id_)
        if day > newest:
            _turn_to(facts, day)
            newest = day
        before = moved.get(person) or presence.get(person)
        if before is None:
            moved[person] = (day, 1)
            if people and last and day == newest:
                people[0] += 1
                last[0] += 1
            else:
                add(facts, people, day, 1)
                add(facts, last, day, 1)
        elif before[0] != day:
            _on_another_day(facts, moved, person, before, day)
        if kind == USE:
            if actions and day == newest:
                actions[0] += body.actions
            else:
                add(facts, actions, day, body.actions)
            feature = body.feature
            if feature is not None:
                known = features.get(feature)
                if known is None or known[0] != day:
                    _use(facts, feature, known, day)
    _trim(facts)


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


def _use(facts: Facts, feature: str, known: tuple[int, bytes] | None, day: int) -> None:
    if known is None:
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
