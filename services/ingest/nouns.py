"""The nouns of ingest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from shared.facts import Event


class Arrival(NamedTuple):
    """An event and when it first arrived, in µs."""

    event: Event
    received: int


@dataclass(slots=True)
class Share:
    """The arrivals of a batch that belong to one account: those of activity, and those that tell more."""

    active: list[Arrival] = field(default_factory=list)
    telling: list[Arrival] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Where in the batch each of `telling` stood."""

    def __iter__(self) -> Iterator[Arrival]:
        return chain(self.active, self.telling)


class Accepted(NamedTuple):
    """What became of a batch of arrivals."""

    accepted: int
    duplicates: int
    unmatched: int
    accounts: tuple[int, ...]
