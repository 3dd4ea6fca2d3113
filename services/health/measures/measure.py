"""What a measure is: one number read from the facts at an instant, declared with all that people must know of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from shared.clock import DAY_US
from shared.facts import Facts, Feedback, Survey

Stamped = TypeVar("Stamped", Survey, Feedback)

Params = Mapping[str, Any]
Unit = Literal[
    "share", "people share", "per person and week", "days", "invoices", "change", "points of 10", "rating of 5",
    "sentiment", "yes or no", "logins a month", "people", "sessions per person and week", "minutes per person and week",
    "minutes", "hours", "features", "integrations", "points of 100", "contributions", "mentions", "index",
    "effort of 7", "answers", "tickets", "times",
]  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A pure function of the facts and `now`, and what it stands for.

    `value(facts, now, params)` is the number, or None where the facts say nothing (not 0); `unknown` says when.
    It may change by itself only at midnight UTC and at the instants that `next(facts, now)` gives (the first one after
    `now`, or None). `params` are those it takes, with their defaults: days, up to `reach_days`, or a list of names.
    A measure that rests on one newest thing has `latest(facts)`: the number and that thing's instant, for models that
    let it grow stale.
    """

    name: str
    label: str
    unit: Unit
    bounds: tuple[float, float]
    sources: tuple[str, ...]
    doc: str
    unknown: str
    reads: frozenset[str]
    value: Callable[[Facts, int, Params], float | None]
    reach_days: int = 3650
    params: Params = field(default_factory=dict)
    latest: Callable[[Facts], tuple[float, int] | None] | None = None
    next: Callable[[Facts, int], int | None] | None = None


def check_param(name: str, given: Any, measure: Measure) -> None:
    """Raises ValueError unless the param suits the measure: whole days within its reach, or names, at least one."""
    if isinstance(measure.params[name], int):
        if not (type(given) is int and 1 <= given <= measure.reach_days):
            raise ValueError(f"{name} must be a whole number from 1 to {measure.reach_days}")
    elif not given or not all(isinstance(item, str) for item in given) or len(set(given)) != len(given):
        raise ValueError(f"{name} must list names, at least one, each once")


def first_instant(now: int, days: int) -> int:
    """The beginning of the first of the `days` UTC days that end today."""
    return (now // DAY_US - days + 1) * DAY_US


def newest(things: Iterable[Stamped]) -> Stamped | None:
    """The thing with the greatest stamp."""
    found = None
    for thing in things:
        if found is None or thing.at > found.at or (thing.at == found.at and thing.stamp > found.stamp):
            found = thing
    return found
