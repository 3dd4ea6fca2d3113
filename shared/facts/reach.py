"""Up to when facts know something, activity apart."""

from collections.abc import Iterator
from typing import Any

from shared.clock import DAY_US
from shared.facts import Facts
from shared.facts.days import DayCounts, Workflow
from shared.facts.record import Record
from shared.facts.stamps import Stamped


def newest_told(facts: Facts) -> int:
    """The newest instant (µs) of which anything was told that is not a use or a login; 0 without any. Of what is only
    counted by day, that is the day's first instant. Looks at every kind of thing there is, also at future ones."""
    return max((at for thing in _values(facts) for at in _instants(thing)), default=0)


def _values(whole: Facts | Record) -> Iterator[Any]:
    for name in whole.__struct_fields__:
        value = getattr(whole, name)
        yield from value.values() if isinstance(value, dict) else (value,)


def _instants(thing: Any) -> Iterator[int]:
    if isinstance(thing, Stamped):
        yield thing.at
    elif isinstance(thing, DayCounts):
        yield thing.newest * DAY_US
    elif isinstance(thing, Workflow):
        yield thing.tried.newest * DAY_US
    elif isinstance(thing, Record):
        for value in _values(thing):
            yield from _instants(value)
    elif isinstance(thing, dict):
        yield from (value.at for value in thing.values())
    elif isinstance(thing, list) and thing and isinstance(thing[0], Stamped):
        yield thing[0].at
