"""Facts as bytes, at the price of what activity changes: the rest was encoded before and is still so.

Nineteen events in twenty tell of activity alone, and an account's tickets, invoices and meetings are most of its bytes.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from shared.facts import Facts

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Still(NamedTuple):
    """What lies before and behind the part of encoded facts that activity changes."""

    before: bytes
    behind: bytes


def still_of(facts: Facts) -> Still:
    """Of these facts, and of what they become while only activity is folded in."""
    before, behind = ([getattr(facts, name) for name in names] for names in (_BEFORE, _BEHIND))
    return Still(_head(len(Facts.__struct_fields__)) + _items(before), _items(behind))


def encode_moving(facts: Facts, still: Still) -> bytes:
    """The same bytes as `shared.facts.encode`."""
    moving = (
        facts.newest_day, facts.active_people, facts.last_active, facts.actions, facts.features, facts.last_seen,
        facts.events,
    )  # fmt: skip
    return b"%b%b%b" % (still.before, _items(moving), still.behind)


_MOVING = ("newest_day", "active_people", "last_active", "actions", "features", "last_seen", "events")
_FIRST = Facts.__struct_fields__.index(_MOVING[0])
_BEFORE, _BEHIND = Facts.__struct_fields__[:_FIRST], Facts.__struct_fields__[_FIRST + len(_MOVING) :]


def _items(values: Sequence[Any]) -> bytes:
    """The values as an array has them, one after another."""
    return _encode(values)[len(_head(len(values))) :]


@cache
def _head(count: int) -> bytes:
    """What MessagePack puts before the items of an array."""
    return _encode([None] * count)[:-count]
