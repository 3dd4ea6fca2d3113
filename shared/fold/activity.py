"""What usage and logins do to the facts: who was active on which day, how often, with which features.

This is the hot path: nearly all events are usage, and nearly all usage is of a day, a person and a feature that
were seen before. That case is told first and returns early.
"""

from shared.clock import DAY_US
from shared.facts import MOST_FEATURES, WINDOW_DAYS, Facts, Presence

MASK = (1 << WINDOW_DAYS) - 1


def on_activity(facts: Facts, presence: Presence, moved: Presence, person: str, when: tuple[int, bytes]) -> int:
    """Somebody was active, by an event of (instant, id): who was not yet on that day is put into `moved`. The day."""
    day = when[0] // DAY_US
    if facts.last_seen is None or when > facts.last_seen:
        facts.last_seen = when
    if day > facts.newest_day:
        _turn_to(facts, day)
    before = moved.get(person) or presence.get(person)
    if before is None:
        moved[person] = (day, 1)
        add(facts, facts.active_people, day, 1)
        add(facts, facts.last_active, day, 1)
    elif before[0] != day:
        _on_another_day(facts, moved, person, before, day)
    return day


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


def on_use(facts: Facts, day: int, actions: int, feature: str | None) -> None:
    """So many actions on a day, with a feature."""
    days = facts.actions
    if days and day == facts.newest_day:
        days[0] += actions
    else:
        add(facts, days, day, actions)
    if feature is not None:
        known = facts.features.get(feature)
        if known is None or known[0] != day:
            _use(facts, feature, known, day)


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


def trim(facts: Facts) -> None:
    """Equal counts have equal bytes: no zeros at the old end."""
    for days in (facts.active_people, facts.last_active, facts.actions):
        while days and days[-1] == 0:
            days.pop()
