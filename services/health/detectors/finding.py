"""What a detector is: a pure function that says what of its kind holds for an account at an instant."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.facts import Facts


class Finding(NamedTuple):
    """Something that holds. `about` tells apart what of one kind can hold side by side: a person, a subscription.

    `degree` is what the levels of a signal grade. `events` are those that say it; `at` is when the newest of them
    happened (µs), 0 where none does. `measures`: values behind it, by name.
    """

    about: str
    degree: float
    words: str
    events: tuple[bytes, ...] = ()
    at: int = 0
    measures: Mapping[str, float] = {}


class Scope(NamedTuple):
    """How far a detector looks back, in UTC days, and what else it was told."""

    days: int
    params: Mapping[str, Any]


Find = Callable[[Facts, int, Scope], Iterable[Finding]]


@dataclass(frozen=True)
class Detector:
    """A kind of finding. `doc` says what holds, `degree` what the levels grade; `reads` the types of events whose
    coming or absence says so: while nobody tells any of them, it stays as it was last told. None where the calendar
    alone says so. `params` are those it takes, with their defaults. It may change by itself at midnight UTC only.
    `looks_at` is the part of the facts without which it finds nothing: most accounts have nothing of most things."""

    name: str
    doc: str
    degree: str
    find: Find
    reads: frozenset[str]
    looks_at: Callable[[Facts], object]
    params: Mapping[str, Any] = field(default_factory=dict)
    has_window: bool = True
