"""Up to when facts know something, activity apart."""

from collections.abc import Callable
from operator import attrgetter
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin

import msgspec

from shared.clock import DAY_US
from shared.facts import Facts
from shared.facts.days import DayCounts, Workflow
from shared.facts.record import Record
from shared.facts.stamps import Stamped

Tell = Callable[[Any], int]
"""The newest instant that a thing, or any of several things, tells of."""


class Told(NamedTuple):
    """What of facts, or of their record, tells an instant: the dicts of stamped things, and all else by its name."""

    crowds: Callable[[Any], tuple[dict[str, Stamped], ...]]
    others: list[tuple[str, Tell]]


def newest_told(facts: Facts) -> int:
    """The newest instant (µs) of which anything was told that is not a use or a login; 0 without any. Of what is only
    counted by day, that is the day's first instant. Looks at every kind of thing there is, also at future ones."""
    newest = _newest(facts, _OF_FACTS)
    return newest if facts.kept is None else max(newest, _newest(facts.kept, _OF_RECORD))


def _newest(whole: Facts | Record, told: Told) -> int:
    newest = 0
    for things in told.crowds(whole):
        for thing in things.values():
            newest = thing.at if thing.at > newest else newest  # asked of each thing, each midnight: cheaper than max
    for name, tell in told.others:
        held = getattr(whole, name)
        if held:
            at = tell(held)
            newest = at if at > newest else newest
    return newest


def _told(whole: type) -> Told:
    """Found out once, by the types of the attributes."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(whole)}
    crowds = [name for name, kind in kinds.items() if get_origin(kind) is dict and _is_stamped(get_args(kind)[1])]
    others = ((name, _tell(kind)) for name, kind in kinds.items() if name not in crowds)
    return Told(attrgetter(*crowds), [(name, tell) for name, tell in others if tell is not None])


def _is_stamped(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Stamped)


def _tell(kind: Any) -> Tell | None:
    """How things of a type tell their instant; None where they tell none."""
    if get_origin(kind) is dict:
        one = _tell(get_args(kind)[1])
        return None if one is None else _of_all(one)
    if get_origin(kind) is list:  # the states of a thing, the newest first
        one = _tell(get_args(kind)[0])
        return None if one is None else lambda states: one(states[0]) if states else 0
    if isinstance(kind, UnionType):
        return next((tell for some in get_args(kind) if (tell := _tell(some)) is not None), None)
    return _STAMP if _is_stamped(kind) else _COUNTED.get(kind)


def _of_all(one: Tell) -> Tell:
    def newest(things: dict[str, Any]) -> int:
        newest = 0
        for thing in things.values():
            at = one(thing)
            newest = at if at > newest else newest
        return newest

    return newest


_STAMP = attrgetter("at")
_COUNTED: dict[type, Tell] = {
    DayCounts: lambda counts: counts.newest * DAY_US,
    Workflow: lambda workflow: workflow.tried.newest * DAY_US,
}
_OF_FACTS, _OF_RECORD = _told(Facts), _told(Record)
