"""Records that could not become events, and which of them something shall be done to."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.api.schemas.wire import Schema
from services.api.values import Text
from shared.errors import Reason


class Bytes(Schema):
    """Bytes as text where they are UTF-8, else as base64."""

    encoding: Literal["text", "base64"]
    content: str
    truncated: bool = Field(description="true when only the beginning is shown; the record's own page has all of it")


class Header(Schema):
    """One header of a record."""

    name: str
    value: Bytes


class RejectedChoice(Schema):
    """Which rejected records: by their ids, or by a source, a reason, or both."""

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(default_factory=list, max_length=2_000)
    source: Text | None = Field(None, min_length=1, max_length=200)
    reason: Reason | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "RejectedChoice":
        if bool(self.ids) == bool(self.source or self.reason):
            raise ValueError("name either ids or a source, a reason, or both")
        return self


class RejectedActed(Schema):
    """How many records it was done to."""

    records: int


class RejectedRecord(Schema):
    """A record that could not become an event, with its origin and reason."""

    id: int
    source: str
    topic: str
    partition: int
    offset: int
    reason: str
    words: str
    status: Literal["parked", "held", "replayed", "discarded"]
    first_received_at: dt.datetime
    rejected_at: dt.datetime
    key: Bytes | None
    headers: list[Header]
    body: Bytes
    size: int = Field(description="bytes of the body")
