"""Payloads of product.events: how the customer uses the product."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.contracts.words import Amount, Count, Id, Line, Name, Payload


class UsageRecorded(Payload):
    """One person used the product. The day is the UTC day of the event's time."""

    person_id: Id
    feature: Name | None = None
    actions: Count = Field(1, description="number of actions that this event stands for")


class LoginRecorded(Payload):
    """One person signed in to the product. Counts as activity of that day, with no action."""

    person_id: Id


class UsageReported(Payload):
    """An aggregate over a period, from an export. People are never invented from it; daily events outrank it."""

    period_start: dt.date
    period_end: dt.date = Field(description="last day of the period, inclusive")
    active_people: Count | None = None
    mean_daily_active_people: Amount | None = None
    logins: Count | None = None
    actions: Count | None = None
    api_requests: Count | None = None
    storage_gb: Amount | None = Field(None, description="gigabytes")
    features_used: list[Line] | None = Field(None, max_length=200)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "UsageReported":
        if self.period_end < self.period_start:
            raise ValueError("period_end lies before period_start")
        return self


class SessionRecorded(Payload):
    """One person's session in the product has ended. Its day is the UTC day of the event's time."""

    session_id: Id
    person_id: Id
    minutes: Annotated[float, Field(ge=0, le=1440)] = Field(description="how long it lasted, fractions allowed")


class CapacityReported(Payload):
    """What the account may use and what it uses, now. Only the fields that are named change."""

    licensed_seats: Count | None = None
    used_seats: Count | None = None
    storage_gb: Amount | None = Field(None, description="gigabytes in use")
    storage_limit_gb: Amount | None = Field(None, description="gigabytes")
    api_requests: Count | None = Field(None, description="requests in the period that the limit is for")
    api_limit: Count | None = None


class WorkflowRecorded(Payload):
    """Somebody went through a workflow of the product, to its end or not."""

    workflow: Name
    completed: bool
    person_id: Id | None = None


class DataQualityReported(Payload):
    """How good the data is that the account keeps in the product."""

    score: Annotated[float, Field(ge=0, le=100)] = Field(description="0 bad to 100 good")


class IntegrationUpdated(Payload):
    """The present state of one integration with another product."""

    integration: Name
    status: Literal["active", "inactive", "failing"]


class HelpUsed(Payload):
    """Somebody helped themselves, once."""

    kind: Literal["article", "chatbot", "guide"]
    person_id: Id | None = None


PAYLOADS: dict[str, type[Payload]] = {
    "usage.recorded": UsageRecorded,
    "login.recorded": LoginRecorded,
    "usage.reported": UsageReported,
    "session.recorded": SessionRecorded,
    "capacity.reported": CapacityReported,
    "workflow.recorded": WorkflowRecorded,
    "data_quality.reported": DataQualityReported,
    "integration.updated": IntegrationUpdated,
    "help.used": HelpUsed,
}
"""Every `ce_type` of this topic."""
