"""Segment's reserved traits as fields of our events. Pure; never raises: a trait that cannot be read is left out."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from services.ingest.sources.drafts import MOST_LINE, line

_MOST_MONEY = Decimal(10) ** 12
_MOST_PEOPLE = 1_000_000_000
_MICRO = Decimal("0.000001")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#@]*@)?(?:www\.)?([^/?#:\s]+\.[^/?#:\s]+)", re.IGNORECASE)

Traits = Mapping[str, Any]


def person_fields(traits: Traits) -> dict[str, Any]:
    """Fields of `person.updated`: name (whole, or of its two parts), e-mail, title, department."""
    name = _first(traits, "name")
    if name is None:
        parts = (_first(traits, "firstName", "first_name"), _first(traits, "lastName", "last_name"))
        name = " ".join(part for part in parts if part)[:MOST_LINE] or None
    return _named(
        name=name,
        email=_first(traits, "email"),
        title=_first(traits, "title"),
        department=_first(traits, "department"),
    )


def account_fields(traits: Traits) -> dict[str, Any]:
    """Fields of `account.updated`. `arr` is a year's; `mrr` counts twelve times where there is no `arr`. `domain` is
    the host of `website` where it is not told. `createdAt` is since when they are a customer."""
    website = _first(traits, "website")
    return _named(
        name=_first(traits, "name"),
        domain=_first(traits, "domain") or _host(website),
        website=website,
        industry=_first(traits, "industry"),
        plan=_first(traits, "plan"),
        country=_letters(_country(traits), 2),
        employees=_count(traits.get("employees")),
        arr=_arr(traits),
        currency=_letters(traits.get("currency"), 3),
        customer_since=_date(traits.get("createdAt", traits.get("created_at"))),
    )


def _named(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _first(traits: Traits, *names: str) -> str | None:
    return next((text for name in names if (text := line(traits.get(name))) is not None), None)


def _host(website: str | None) -> str | None:
    found = _HOST.match(website or "")
    return found[1].lower() if found else None


def _country(traits: Traits) -> Any:
    address = traits.get("address")
    return address.get("country") if isinstance(address, dict) else traits.get("country")


def _letters(value: Any, length: int) -> str | None:
    """A code of so many letters, such as DE or EUR."""
    if isinstance(value, str) and len(value) == length and value.isascii() and value.isalpha():
        return value.upper()
    return None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number <= _MOST_PEOPLE and number == int(number) else None


def _arr(traits: Traits) -> str | None:
    arr, mrr = _number(traits.get("arr")), _number(traits.get("mrr"))
    yearly = arr if arr is not None else mrr * 12 if mrr is not None else None
    if yearly is None or yearly >= _MOST_MONEY:
        return None
    return format(yearly.quantize(_MICRO).normalize(), "f")


def _number(value: Any) -> Decimal | None:
    """A finite number from 0 below 10^12, sent as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value) if isinstance(value, float) else value)
        return number if number.is_finite() and 0 <= number < _MOST_MONEY else None
    except (InvalidOperation, ValueError):
        return None


def _date(value: Any) -> str | None:
    """The date of an ISO 8601 date or time. Dates before 1900 are how programs spell "never"."""
    if not isinstance(value, str):
        return None
    try:
        day = dt.datetime.fromisoformat(value.strip()).date()
    except ValueError:
        return None
    return day.isoformat() if day.year >= 1900 else None
