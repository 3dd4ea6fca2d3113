"""What the events of a batch tell the lists, looked at once."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.facts import Event, Facts, Stamp

_STAMP = struct.Struct(">qQ")
_MIDDLE = 1 << 63


def pack(stamp: Stamp) -> bytes:
    """A stamp as bytes that sort as stamps do: 8 of its time, 8 of its sequence, the event's id."""
    return _STAMP.pack(stamp[0], stamp[1] + _MIDDLE) + stamp[2]


def stamp_of(event: Event) -> bytes:
    """The stamp of an event, packed."""
    return pack((event.occurred_at, event.sequence, event.id))


def told_at(packed: bytes) -> int:
    """The time of a packed stamp, µs."""
    at: int = _STAMP.unpack_from(packed)[0]
    return at


class Told(NamedTuple):
    """An event of an account."""

    account: int
    event: Event


class Telling:
    """The events of a batch by type, and the facts of their accounts."""

    def __init__(self, touched: Sequence[tuple[int, Facts, Sequence[Event]]]) -> None:
        self.facts = {account: facts for account, facts, _ in touched}
        self._by_kind: dict[str, list[Told]] = {}
        for account, _, events in touched:
            for event in events:
                self._by_kind.setdefault(event.type, []).append(Told(account, event))

    def has(self, kinds: Iterable[str]) -> bool:
        """Whether anything of these types was told."""
        return not self._by_kind.keys().isdisjoint(kinds)

    def of(self, *kinds: str) -> list[Told]:
        """What was told of these types."""
        return [told for kind in kinds for told in self._by_kind.get(kind, ())]

    def newest(self, kind: str, key: str) -> list[tuple[int, str, Event]]:
        """(account, id, event with the greatest stamp) for every thing that events of a type tell of, in order."""
        found: dict[tuple[int, str], tuple[bytes, Event]] = {}
        for account, event in self._by_kind.get(kind, ()):
            place, at = (account, getattr(event.body, key)), stamp_of(event)
            if place not in found or found[place][0] < at:
                found[place] = (at, event)
        return [(*place, found[place][1]) for place in sorted(found)]
