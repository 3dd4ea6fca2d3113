"""The kinds of parameters that routes take, each refusing what the database could not hold."""

import datetime as dt
import re
from collections.abc import Collection, Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.dependencies.models import Dependant
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from shared.errors import Invalid

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

AccountId = Annotated[int, Path(ge=1, le=MOST_ID, description="Steward's id of the account", examples=[4711])]
TaskId = Annotated[UUID, Path(description="id of the task")]
EventId = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", description="32 hexadecimal digits, as explanations name events")
]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def only_known(request: Request) -> None:
    """A dependency: refuses parameters that the route does not take, with those that it does. Raises Invalid."""
    known = set(_taken(request.scope["route"].dependant))
    if unknown := sorted(set(request.query_params) - known):
        raise Invalid(
            f"There is no parameter {', '.join(unknown)}.", f"Known are {', '.join(sorted(known)) or 'none'}."
        )


def _taken(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _taken(inner)


def one_of(what: str, asked: str | None, known: Collection[str]) -> None:
    """Raises Invalid, with the known values, for one that is not among them."""
    if asked is not None and asked not in known:
        raise Invalid(f"There is no {what} {asked}.", f"One of {', '.join(sorted(known))}.")


Limit = Annotated[int, Query(ge=1, le=200, description="most rows of the answer")]
Cursor = Annotated[Text | None, Query(max_length=300, description="`next` of the page before")]
OfAccount = Annotated[int | None, Query(ge=1, le=MOST_ID, description="only this account")]
Word = Annotated[Text | None, Query(min_length=1, max_length=200)]
When = Annotated[Instant | None, Query()]
