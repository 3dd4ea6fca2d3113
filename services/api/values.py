"""The kinds of values that requests bring, each refusing what the database could not hold."""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

MOST_ID = 2**53 - 1
"""Account ids are 53-bit, so that JSON numbers are exact."""


def _keepable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain the NUL character")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("must not contain half a surrogate pair")
    return value


def _mend_instant(value: Any) -> Any:
    """A date is the beginning of that UTC day; a `+` that a URL turned into a space is one again."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"{value}T00:00:00Z"
    if re.fullmatch(r"[+-]?[\d.]+", value):
        raise ValueError("must be an RFC 3339 time such as 2026-11-22T08:00:00Z, not a number")
    return re.sub(r" (\d\d:?\d\d)$", r"+\1", value)


def _only_a_date(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("must be a date such as 2026-11-22")
    return value


def _storable(value: dt.datetime) -> dt.datetime:
    if not 1970 <= value.year <= 2200:
        raise ValueError("must lie between the years 1970 and 2200")
    return value.astimezone(dt.UTC)


Text = Annotated[str, AfterValidator(_keepable)]
Instant = Annotated[AwareDatetime, BeforeValidator(_mend_instant), AfterValidator(_storable)]

Day = Annotated[dt.date, BeforeValidator(_only_a_date)]
