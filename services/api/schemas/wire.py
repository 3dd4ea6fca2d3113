"""What everything that goes over the wire is made of: a page of a list, and a refusal."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Schema(BaseModel):
    """What goes over the wire."""

    model_config = ConfigDict(frozen=True)


class Page(Schema, Generic[T]):
    """One page of a list."""

    data: list[T]
    next: str | None = Field(description="cursor of the next page, or null at the end")


class FieldError(Schema):
    """What is wrong with one field."""

    field: str
    words: str


class ProblemBody(Schema):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:steward:problem:not-found",
                    "title": "There is no such thing",
                    "status": 404,
                    "detail": "There is no account 4711 that you may see.",
                }
            ]
        }
    )
    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None
    errors: list[FieldError] | None = None
    id: str | None = Field(None, description="names the log line of an unexpected error")
    merged_into: int | None = Field(None, description="the account that the one asked for was merged into")
