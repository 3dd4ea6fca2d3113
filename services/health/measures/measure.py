"""What a measure is: one number read from the facts at an instant, declared with all that people must know of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.clock import DAY_US
from shared.facts import Facts

Params = Mapping[str, Any]
Unit = Literal[
    "share", "people share", "per person and week", "days", "invoices", "change", "points of 10", "rating of 5",
    "sentiment", "yes or no",
]  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A pure function of the facts and `now`, and what it stands for.

    `value(facts, now, params)` is the number, or None where the facts say nothing. It may change by itself only at
    midnight UTC and at the instants that `next(facts, now)` gives (the first one after `now`, or None).
    `observed(facts)` is the UTC day of the newest thing that it rests on, for models that let it grow stale.
    """

    name: str
    label: str
    unit: Unit
    bounds: tuple[float, float]
    sources: tuple[str, ...]
    doc: str
    reads: frozenset[str]
    value: Callable[[Facts, int, Params], float | None]
    params: Params = field(default_factory=dict)
    observed: Callable[[Facts], int | None] | None = None
    next: Callable[[Facts, int], int | None] | None = None


def first_instant(now: int, days: int) -> int:
    """The beginning of the first of the `days` UTC days that end today."""
    return (now // DAY_US - days + 1) * DAY_US
