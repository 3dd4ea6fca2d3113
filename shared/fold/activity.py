"""What usage and logins do to the facts: who was active on which day, how often, with which features."""

import hashlib
from functools import lru_cache

from shared.clock import DAY_US
from shared.facts import MOST_FEATURES, WINDOW_DAYS, Event, Facts, Presence

MASK = (1 << WINDOW_DAYS) - 1


@lru_cache(maxsize=200_000)
def person_key(person_id: str) -> int:
    """A person's key within an account: a 64-bit digest of their id, signed as PostgreSQL's bigint."""
    return int.from_bytes(hashlib.blake2b(person_id.encode(), digest_size=8).digest(), "big", signed=True)


def on_usage(facts: Facts, presence: Presence, event: Event) -> None:
    day = event.occurred_at // DAY_US
    body = event.body
    _see(facts, presence, body.person_id, day, event)
    _add(facts, facts.actions, day, body.actions)
    if body.feature is not None:
        _use(facts, body.feature, day)


def on_login(facts: Facts, presence: Presence, event: Event) -> None:
    _see(facts, presence, event.body.person_id, event.occurred_at // DAY_US, event)


def _see(facts: Facts, presence: Presence, person_id: str, day: int, event: Event) -> None:
    if facts.last_seen is None or (event.occurred_at, event.id) > facts.last_seen:
        facts.last_seen = (event.occurred_at, event.id)
    if day > facts.newest_day:
        _turn_to(facts, day)
    key = person_key(person_id)
    before = presence.get(key)
    if before is None:
        presence[key] = (day, 1)
        _add(facts, facts.active_people, day, 1)
        _add(facts, facts.last_active, day, 1)
        return
    last, mask = before
    if day > last:
        presence[key] = (day, (mask << (day - last) | 1) & MASK)
        _add(facts, facts.last_active, last, -1)
        _add(facts, facts.last_active, day, 1)
    else:
        bit = 1 << (last - day)
        if mask & bit or bit > MASK:
            return
        presence[key] = (last, mask | bit)
    _add(facts, facts.active_people, day, 1)


def _turn_to(facts: Facts, day: int) -> None:
    """Makes `day` the newest day: all counts move back, what leaves the window is forgotten."""
    empty = [0] * min(day - facts.newest_day, WINDOW_DAYS)
    for days in (facts.active_people, facts.last_active, facts.actions):
        if days:
            days[:0] = empty
            del days[WINDOW_DAYS:]
    facts.newest_day = day


def _add(facts: Facts, days: list[int], day: int, count: int) -> None:
    index = facts.newest_day - day
    if index < len(days):
        days[index] += count
    elif index < WINDOW_DAYS and count > 0:
        days.extend([0] * (index - len(days) + 1))
        days[index] = count


def _use(facts: Facts, feature: str, day: int) -> None:
    known = facts.features.get(feature)
    if known is None:
        facts.features[feature] = (day, b"\x01")
        if len(facts.features) > MOST_FEATURES:
            del facts.features[max(facts.features)]
        return
    last, stored = known
    if day == last:
        return
    mask = int.from_bytes(stored, "little")
    if day > last:
        last, mask = day, (mask << (day - last) | 1) & MASK
    else:
        mask |= (1 << (last - day)) & MASK
    facts.features[feature] = (last, mask.to_bytes((mask.bit_length() + 7) // 8, "little"))


def trim(facts: Facts) -> None:
    """Equal counts have equal bytes: no zeros at the old end."""
    for days in (facts.active_people, facts.last_active, facts.actions):
        while days and days[-1] == 0:
            days.pop()
