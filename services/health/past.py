"""What the facts were at an instant of the past, as known now. Pure.

Two ways to the same facts: `replay` folds all events again, instant after instant; `at_day_end` takes the present
facts back to the end of a day without the many events of usage, for closes that fall due while events keep coming.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from shared.clock import DAY_US
from shared.facts import WINDOW_DAYS, Event, Facts, Presence
from shared.fold import fold

People = Sequence[tuple[int, int]]
"""The (last active day, mask) of everybody at an account, as in `Presence`."""


def day_end(day: int) -> int:
    """The last microsecond of a UTC day."""
    return (day + 1) * DAY_US - 1


# --- from events --------------------------------------------------------------------------------------


class Moment(NamedTuple):
    """An event and the instant from which it counts."""

    at: int
    event: Event


Counts = Callable[[Event, int], int]
"""From which instant an event counts, given when it arrived."""


def by_occurrence(event: Event, received_at: int) -> int:
    """A day's close knows what had occurred by then."""
    return event.occurred_at


def by_knowledge(event: Event, received_at: int) -> int:
    """An instant within a day also knows what had arrived by then, even where its source's clock runs ahead."""
    return min(event.occurred_at, received_at)


def moments(events: Iterable[tuple[Event, int]], counts: Counts) -> list[Moment]:
    """(event, arrival) as ascending moments."""
    found = [Moment(counts(event, received_at), event) for event, received_at in events]
    found.sort(key=lambda moment: moment.at)
    return found


def replay(moments: Iterable[Moment], instants: Iterable[int]) -> Iterator[tuple[int, Facts]]:
    """The facts at each of the ascending instants, of all the ascending moments at or before it."""
    facts, presence = Facts(), Presence()
    waiting = iter(moments)
    following = next(waiting, None)
    for instant in instants:
        some: list[Event] = []
        while following is not None and following.at <= instant:
            some.append(following.event)
            following = next(waiting, None)
        if some:
            facts, presence = fold(facts, presence, some)
        yield instant, facts


# --- from the present ---------------------------------------------------------------------------------


def newest_activity(facts: Facts) -> int:
    """The newest login or use; 0 without any."""
    return facts.last_seen[0] if facts.last_seen else 0


def same_activity(old: Facts, new: Facts, day: int) -> bool:
    """Whether `old` says of activity what `new` says up to the end of `day`, and nothing of later days."""
    if newest_activity(old) > day_end(day):
        return False
    if old is new:
        return True
    first = new.newest_day - WINDOW_DAYS + 1
    return (
        _days(old, old.actions, first, day) == _days(new, new.actions, first, day)
        and _days(old, old.active_people, first, day) == _days(new, new.active_people, first, day)
        and _features(old, day) == _features(new, day)
    )


def at_day_end(things: Facts, telling: Iterable[Event], activity: Facts, people: People, day: int) -> Facts:
    """The facts at the end of `day`.

    Activity comes from `activity`, cut behind `day`; for that, `people` must be everybody there. The newest login or
    use is then known to the day. All else comes from `things`, which must know nothing later (see `newest_told`), and
    those of `telling` that had occurred.
    """
    facts, _ = fold(things, {}, [event for event in telling if event.occurred_at <= day_end(day)])
    later = max(activity.newest_day - day, 0)
    facts.newest_day = activity.newest_day - later
    facts.actions = activity.actions[later:]
    facts.active_people = activity.active_people[later:]
    facts.last_active = list(activity.last_active)
    facts.features = _features(activity, day)
    facts.last_seen = activity.last_seen
    if later:
        _turn_back(facts, people)
    return facts


def with_activity_of(things: Facts, activity: Facts) -> Facts:
    """`things`, with what `activity` says of logins and use."""
    facts = things.copy()
    facts.newest_day, facts.last_seen = activity.newest_day, activity.last_seen
    facts.actions, facts.active_people = activity.actions, activity.active_people
    facts.last_active, facts.features = activity.last_active, activity.features
    return facts


def _turn_back(facts: Facts, people: People) -> None:
    """Makes the newest day with activity the newest day, and counts people by their last day up to it."""
    idle = next((days for days, active in enumerate(facts.active_people) if active), None)
    facts.last_active = []
    if idle is None:
        facts.newest_day, facts.last_seen, facts.actions, facts.active_people = 0, None, [], []
        return
    facts.newest_day -= idle
    facts.last_seen = (day_end(facts.newest_day), b"")
    del facts.actions[:idle], facts.active_people[:idle]
    for last, mask in people:
        _count(facts, last, mask)


def _count(facts: Facts, last: int, mask: int) -> None:
    day = _newest(last, mask, facts.newest_day)
    if day is None or facts.newest_day - day >= WINDOW_DAYS:
        return
    index = facts.newest_day - day
    facts.last_active.extend([0] * (index - len(facts.last_active) + 1))
    facts.last_active[index] += 1


def _newest(last: int, mask: int, day: int) -> int | None:
    """The newest day of the mask that is not after `day`."""
    earlier = mask >> max(last - day, 0)
    return min(last, day) - ((earlier & -earlier).bit_length() - 1) if earlier else None


def _days(facts: Facts, days: list[int], first: int, last: int) -> list[int]:
    """The counts of the days `last` back to `first`, without zeros at the old end."""
    idle = [0] * min(max(last - facts.newest_day, 0), WINDOW_DAYS)
    found = [*idle, *facts.over_days(days, first, last)]
    while found and found[-1] == 0:
        found.pop()
    return found


def _features(facts: Facts, day: int) -> dict[str, tuple[int, bytes]]:
    """Feature → (newest day of use, mask) as they were at the end of `day`."""
    cut: dict[str, tuple[int, bytes]] = {}
    for name, (last, stored) in facts.features.items():
        mask = int.from_bytes(stored, "little")
        newest = _newest(last, mask, day)
        if newest is not None:
            mask >>= last - newest
            cut[name] = (newest, mask.to_bytes((mask.bit_length() + 7) // 8, "little"))
    return cut
