"""The nouns of ingest."""

from typing import NamedTuple

from shared.broker import Record
from shared.errors import Reason
from shared.facts import Event


class Arrival(NamedTuple):
    """An event and when it first arrived, in µs."""

    event: Event
    received: int


class Parked(NamedTuple):
    """A record that cannot become an event, or is held, and why."""

    record: Record
    source: str
    reason: Reason
    words: str
    received: int


class Accepted(NamedTuple):
    """What became of a batch of arrivals."""

    accepted: int
    duplicates: int
    unmatched: int
    accounts: tuple[int, ...]
