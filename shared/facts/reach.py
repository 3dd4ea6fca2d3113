"""Up to when facts know something, activity apart."""

from collections.abc import Callable, Iterable
from typing import Any

from shared.clock import DAY_US
from shared.facts import Facts
from shared.facts.days import DayCounts, Workflow
from shared.facts.record import Record
from shared.facts.stamps import Stamped


def newest_told(facts: Facts) -> int:
    """The newest instant (µs) of which anything was told that is not a use or a login; 0 without any. Of what is only
    counted by day, that is the day's first instant. Looks at every kind of thing there is, also at future ones."""
    return _newest(getattr(facts, name) for name in Facts.__struct_fields__)


def _newest(values: Iterable[Any]) -> int:
    newest = 0
    for value in values:
        if not value:
            continue
        for thing in value.values() if type(value) is dict else (value,):
            kind = type(thing)
            tell = _tells[kind] if kind in _tells else _learn(kind)
            if tell is not None:
                newest = max(newest, tell(thing))
    return newest


def _learn(kind: type) -> "Callable[[Any], int] | None":
    """How things of a kind tell their instant; found out once."""
    tell = next((how for base, how in _HOW.items() if issubclass(kind, base)), None)
    _tells[kind] = tell
    return tell


_HOW: dict[type, Callable[[Any], int]] = {
    Stamped: lambda thing: int(thing.at),
    DayCounts: lambda counts: int(counts.newest * DAY_US),
    Workflow: lambda workflow: int(workflow.tried.newest * DAY_US),
    dict: lambda people: max([said.at for said in people.values()], default=0),
    list: lambda states: states[0].at if states and isinstance(states[0], Stamped) else 0,
    Record: lambda record: _newest(getattr(record, name) for name in Record.__struct_fields__),
}
_tells: dict[type, Callable[[Any], int] | None] = {}
