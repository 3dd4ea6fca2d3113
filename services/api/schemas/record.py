"""What the API shows of the customer record, and takes for it."""

import datetime as dt
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.events import StoredEvent
from services.api.schemas.wire import Schema
from services.api.values import Day, Text
from shared.contracts.crm import RELATIONSHIP

Id = Annotated[Text, Path(min_length=1, max_length=200)]


class Line(Schema):
    """Something that happened at an account."""

    at: dt.datetime
    kind: str = Field(examples=["event"], description="`event`, `crossing down`, `signal high`, `run started` …")
    words: str
    detail: str = Field(description="of an event, its source")
    event: StoredEvent | None = Field(description="the event, where it is one")


class Person(Schema):
    """A human at an account."""

    person_id: str
    name: str | None
    email: str | None
    title: str | None
    role: str | None
    level: str | None
    relationship_strength: int | None = Field(description=RELATIONSHIP)
    engaged: bool | None
    email_bounced: bool | None
    left_at: dt.datetime | None
    left_reason: str | None = Field(description="left, removed, bounced, moved", examples=["moved"])


class Subscription(Schema):
    """A subscription as its newest event says."""

    subscription_id: str
    status: str
    plan: str | None
    mrr: float
    metered: float = Field(description="what is billed afterwards by what was used, a month; no part of `mrr`")
    uncertain: bool = Field(description="some price or discount is not known, so that `mrr` may not be all")
    currency: str
    seats: int | None
    started_at: dt.datetime | None
    renews_at: dt.datetime | None
    ends_at: dt.datetime | None
    cancels: bool


class Movement(Schema):
    """A change of monthly recurring revenue; those that are announced lie ahead. Up to an instant their sum was in
    force then."""

    at: dt.datetime
    subscription_id: str
    kind: str = Field(examples=["expansion"])
    amount: float
    currency: str
    event_id: str


class Ticket(Schema):
    """A support ticket."""

    ticket_id: str
    status: str
    priority: str
    subject: str | None
    category: str | None
    sentiment: str | None
    escalated: bool
    reopened: int
    opened_at: dt.datetime
    first_response_at: dt.datetime | None
    resolved_at: dt.datetime | None
    satisfaction: float | None = Field(description="the rating of how it was solved: 1 bad to 5 good")


class Plan(Schema):
    """A success plan; objectives, milestones and risks as docs/events.md has them."""

    plan_id: str
    name: str | None
    status: str
    objectives: list[dict[str, Any]]
    milestones: list[dict[str, Any]]
    risks: list[dict[str, Any]]
    updated_at: dt.datetime


class Told(Schema):
    """What was written became this event; whoever reads next reads it."""

    event_id: str


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Note(_Asked):
    """Something to remember about an account."""

    text: Text = Field(min_length=1, max_length=4_000)


class Relationship(_Asked):
    """How we stand with a person; what is left out stays as it is."""

    relationship_strength: int | None = Field(None, ge=1, le=5, description=RELATIONSHIP)
    role: Text | None = Field(None, max_length=100, description="as `person.updated` has it", examples=["champion"])
    engaged: bool | None = None


class Goal(_Asked):
    """An objective of a success plan: what is named is said anew, what is left out stays as it is."""

    name: Text | None = Field(None, max_length=300)
    baseline: float | None = None
    target: float | None = None
    actual: float | None = None
    unit: Text | None = Field(None, max_length=300)
    due_on: Day | None = None
    confirmed: bool | None = Field(None, description="the account says itself that it is reached")
