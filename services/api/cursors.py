"""Cursors: where the next page starts, opaque to whoever holds them. Pure."""

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from shared.errors import Invalid

T = TypeVar("T")
A = TypeVar("A", bound="After")


class After(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """The sort key of the last row of a page."""


class ByNumber(After, array_like=True, frozen=True):
    """Rows in the order of one whole number."""

    id: int


class ByScore(After, array_like=True, frozen=True):
    """Accounts in the order of their score."""

    score: int
    id: int


class ByDue(After, array_like=True, frozen=True):
    """Tasks in the order of their day."""

    day: dt.date
    position: int
    id: UUID


class RunAt(After, array_like=True, frozen=True):
    """Runs in the order of their start."""

    at: dt.datetime
    id: UUID


class EventAt(After, array_like=True, frozen=True):
    """Events in the order of their arrival."""

    at: dt.datetime
    id: bytes


class HistoryAt(After, array_like=True, frozen=True):
    """Rows of a score's history in the order of their instant."""

    at: dt.datetime
    kind: str


def write_cursor(last: After) -> str:
    """The cursor that starts after `last`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(last)).decode().rstrip("=")


def read_cursor(text: str | None, kind: type[A]) -> A | None:
    """What a cursor holds. Raises Invalid for anything that this list did not hand out."""
    if text is None:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        found = msgspec.json.decode(plain, type=kind)
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError) as error:
        raise _not_ours() from error
    if not all(map(_fits, msgspec.structs.astuple(found))):
        raise _not_ours()
    return found


def _not_ours() -> Invalid:
    return Invalid("cursor: not one of this list.", "Send `next` of the page before, or none for the first page.")


def _fits(value: Any) -> bool:
    """Whether the database can compare it."""
    match value:
        case int():
            return -(2**63) <= value < 2**63
        case dt.datetime():
            return value.tzinfo is not None and 1970 <= value.year <= 2200
        case str():
            return "\x00" not in value
    return True


def page(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """The rows of this page and, if there are more (`limit` + 1 were asked for), the last of them."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None
