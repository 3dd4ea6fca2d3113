"""Events: as they are kept, and what became of those that were sent."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from services.api.schemas.wire import Schema


class StoredEvent(Schema):
    """One fact, as its source told it."""

    id: str
    source: str = Field(examples=["crm.example.com"])
    type: str = Field(examples=["ticket.updated"])
    account_id: int
    occurred_at: dt.datetime
    received_at: dt.datetime
    skewed: bool = Field(description="it lies more than a second ahead of its arrival: its source's clock is ahead")
    version: int = Field(description="the facts version that it was folded into")
    data: Any


class EventResult(Schema):
    """What became of one item of a request."""

    index: int = Field(description="place in the request, from 0; for NDJSON the non-empty lines count")
    id: str | None
    status: Literal["accepted", "rejected"]
    reason: str | None = Field(description="of the closed list of reasons", examples=["unknown_type"])
    detail: str | None = Field(
        examples=["type: 'account.updatd' is not a native type; did you mean 'account.updated'?"]
    )


class EventResults(Schema):
    """The verdicts, in the order of the items."""

    accepted: int
    rejected: int
    results: list[EventResult]


class Received(Schema):
    """A webhook was taken in."""

    received: Literal[True] = True
