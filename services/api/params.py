"""The kinds of parameters that routes take, each refusing what the database could not hold."""

from collections.abc import Collection, Iterator
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.dependencies.models import Dependant

from services.api.values import MOST_ID, Instant, Text
from shared.errors import Invalid

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
