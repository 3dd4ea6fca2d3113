"""One module a source: each turns a record into the native events that it stands for. Pure."""

from collections.abc import Callable, Collection, Sequence

from shared.broker import Record
from shared.facts import Event

Translate = Callable[[Record], Sequence[Event]]
"""A record's events. Raises Rejection, and nothing else. None of them: known, and of no use to us."""


def translate(record: Record, creates_accounts: Collection[str] = ()) -> Sequence[Event]:
    """The events of a record of any source. `creates_accounts` names the sources whose customers become accounts."""
    raise NotImplementedError


def source_of(record: Record) -> str:
    """The source of a record, for rejects and freshness: "unknown" where it does not say. Never raises."""
    raise NotImplementedError
