"""What shape a found value has: text, a number, a day, an instant, a list. Pure.

Results are what JSON can say. What does not have the shape raises Rejection, naming where it stood and what.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from services.ingest.sources.formats import by_format
from services.ingest.sources.values import Kind, Value
from shared.clock import DAY_US, from_us
from shared.errors import Reason, Rejection
from shared.native import parse_time, printable

_SWAPPED = str.maketrans(".,", ",.")
_GROUPED = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")
_MOST_DIGITS = 30


def shaped(value: Value, found: Any, zone: ZoneInfo | None, kind: Kind) -> Any:
    """The value as `kind` wants it: instants and days as ISO text, numbers as their digits; None for nothing."""
    if nothing(found):
        return None
    if kind == "list" or value.separator is not None:
        return _listed(value, found)
    if value.times is not None or value.plus is not None:
        kind = "number"
    return _SHAPES[kind](value, found, zone)


def plain(cell: Any) -> str:
    """A cell as text; nothing is the empty text."""
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell).strip()


def nothing(cell: Any) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell == []


def decimal(text: str) -> Decimal | None:
    """The number that a text is, if it is one that anybody could mean."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MOST_DIGITS else None


def instant_of(found: Any, formats: Sequence[str], zone: ZoneInfo | None) -> int:
    """Microseconds since 1970. Raises Rejection NAIVE_TIME or INVALID_TIME."""
    text = plain(found)
    try:
        at = _moment(text, tuple(formats))
        if at.tzinfo is not None or zone is not None:
            return parse_time((at if at.tzinfo else at.replace(tzinfo=zone)).isoformat())
    except (ValueError, OverflowError):
        words = f"{printable(text)!r} is not a time as {' or '.join(formats)}"
        raise Rejection(Reason.INVALID_TIME, words) from None
    raise Rejection(Reason.NAIVE_TIME, f"{printable(text)!r} has no offset; give the mapping a time_zone")


def unfit(value: Value, found: Any, fault: str) -> Rejection:
    """A Rejection that names where a value stood, what it was, and what is wrong with it."""
    origin = value.column or value.template or value.lookup or "product"
    return Rejection(Reason.INVALID_PAYLOAD, f"{origin}: {printable(plain(found))!r} {fault}")


# --- the shapes ---------------------------------------------------------------------------------------


def _listed(value: Value, found: Any) -> list[Any]:
    if isinstance(found, list):
        return found
    return [part.strip() for part in plain(found).split(value.separator or ",") if part.strip()]


def _text(value: Value, found: Any, _: ZoneInfo | None) -> Any:
    """Numbers are spelt out; booleans, objects and lists stay what they are, for the contract to judge."""
    return found if isinstance(found, bool | Mapping | list) else plain(found)


def _number(value: Value, found: Any, _: ZoneInfo | None) -> str:
    """Digits without exponent and without trailing zeros."""
    text = plain(found)
    if value.decimal_comma:
        text = text.translate(_SWAPPED)
    number = decimal(text.replace(",", "") if _GROUPED.match(text) else text)
    if number is None:
        raise unfit(value, found, "is not a number")
    number = number * (1 if value.times is None else value.times) + (value.plus or 0)
    return format(number.normalize(), "f")


def _day(value: Value, found: Any, _: ZoneInfo | None) -> str:
    try:
        at = _moment(plain(found), tuple(value.formats))
        return (at + dt.timedelta(days=value.plus_days)).date().isoformat()
    except (ValueError, OverflowError):
        raise unfit(value, found, f"is not a date as {' or '.join(value.formats)}") from None


def _instant(value: Value, found: Any, zone: ZoneInfo | None) -> str:
    return from_us(instant_of(found, value.formats, zone) + value.plus_days * DAY_US).isoformat()


_SHAPES: dict[str, Callable[[Value, Any, ZoneInfo | None], Any]] = {
    "text": _text,
    "number": _number,
    "date": _day,
    "instant": _instant,
}


@lru_cache(maxsize=16_384)
def _moment(text: str, formats: tuple[str, ...]) -> dt.datetime:
    """The time by the first format that fits. Raises ValueError."""
    for one in formats:
        try:
            return by_format(text, one)
        except ValueError:
            continue
    raise ValueError(text)
