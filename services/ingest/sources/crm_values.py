"""What the values of a CRM's fields become: one table a kind of object, one reader a kind of value. Pure.

A CRM tells changes field by field. What it leaves out is unchanged, what it empties is emptied, and a value that
breaks its own kind rejects the record by the field's name, never by what was sent.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from services.ingest.sources import drafts
from services.ingest.sources.countries import country_code
from services.ingest.sources.source import Options
from shared.clock import from_us
from shared.errors import Reason, Rejection
from shared.native import parse_time, within_years

Fields = dict[str, Any]
"""Fields of a native event, as JSON."""

Reader = Callable[[str | None, Options], Fields]
"""The fields that a value tells of; None is an emptied one. Raises ValueError for what it cannot read, or Rejection."""

_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def tell(table: Mapping[str, Reader], values: Iterable[tuple[str, Any]], options: Options) -> Fields:
    """What the values of an object's fields tell; those that are not in the table are left out."""
    fields: Fields = {}
    for name, value in values:
        reader = table.get(name)
        if reader is not None:
            fields.update(_read(name, reader, value, options))
    return fields


def _read(name: str, reader: Reader, value: Any, options: Options) -> Fields:
    try:
        return reader(spell(value), options)
    except (ValueError, ArithmeticError):
        raise Rejection(Reason.INVALID_PAYLOAD, f"{name}: not a value of its kind") from None


def spell(value: Any) -> str | None:
    """A scalar as text; None for null and empty text. Raises ValueError for lists and objects."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise ValueError("not a scalar")
    return str(value).replace("\x00", "").strip() or None


def field(name: str, read: Callable[[str], Any]) -> Reader:
    """The reader of a value that is one field, and empties it."""
    return lambda text, _: {name: None if text is None else read(text)}


def line(text: str) -> str | None:
    """Text cut to 300 letters."""
    return drafts.line(text)


def count(text: str) -> int:
    """A whole number from 0, also where it is written as 12.0."""
    number = Decimal(text)
    if number != number.to_integral_value() or not 0 <= number <= 1_000_000_000:
        raise ValueError("not a count")
    return int(number)


def money(text: str) -> str:
    """An amount from 0 to six decimals, cut beyond them."""
    amount = Decimal(text)
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise ValueError("not an amount")
    return f"{amount.quantize(Decimal('0.000001')):f}"


def share(text: str) -> float:
    """A probability from 0 to 1."""
    return float(_within(Decimal(text), 1))


def percent(text: str) -> float:
    """A probability that is written from 0 to 100."""
    return float(_within(Decimal(text), 100) / 100)


def _within(number: Decimal, most: int) -> Decimal:
    if not 0 <= number <= most:
        raise ValueError("out of bounds")
    return number


def flag(text: str) -> bool:
    """Yes or no."""
    try:
        return _FLAGS[text.lower()]
    except KeyError:
        raise ValueError("neither yes nor no") from None


def day(text: str) -> str:
    """A day, of a date or of an instant in UTC."""
    if len(text) == 10 and not _is_number(text):
        return dt.date.fromisoformat(text).isoformat()
    return from_us(_us(text, None)).date().isoformat()


def instant(name: str) -> Reader:
    """The reader of an instant: milliseconds since 1970 or an RFC 3339 time."""
    return lambda text, options: {name: None if text is None else at(text, options)}


def at(text: str, options: Options) -> str:
    """An instant as the contracts read it."""
    return from_us(_us(text, options.zone)).isoformat()


def _us(text: str, zone: dt.tzinfo | None) -> int:
    if not _is_number(text):
        return parse_time(text, zone)
    ms = Decimal(text)
    if abs(ms) >= 10**14:
        raise ValueError("not a time in milliseconds")
    return within_years(int(ms) * 1_000)


def _is_number(text: str) -> bool:
    """Digits, as JSON numbers spell them."""
    return text.removeprefix("-").replace(".", "", 1).replace("e+", "", 1).isdecimal()


def country(text: str | None, _: Options) -> Fields:
    """The reader of a country, by code or name; one that nobody knows changes nothing."""
    code = country_code(text) if text is not None else None
    return {"country": code} if code is not None or text is None else {}


def owner(text: str | None, options: Options) -> Fields:
    """The reader of the owner's id, by the installation's list of owners; one who is not on it changes nothing."""
    email = options.owners.get(text, text if "@" in text else None) if text is not None else None
    return {"owner": email} if email is not None or text is None else {}


def website(text: str | None, _: Options) -> Fields:
    """The reader of a website, which tells the domain as well."""
    if text is None:
        return {"website": None}
    domain = text.partition("://")[2] or text
    host = domain.partition("/")[0].partition("?")[0].partition(":")[0].lower().removeprefix("www.")
    return {"website": line(text)} | ({"domain": line(host)} if "." in host else {})
