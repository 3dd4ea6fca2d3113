"""Payloads of product.events: how the customer uses the product."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.contracts.words import Count, Id, Line, Number, Payload, without_nul


class UsageRecorded(Payload):
    """One person used the product. The day is the UTC day of the event's time."""

    person_id: Id
    feature: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(without_nul)] | None = None
    actions: Count = Field(1, description="number of actions that this event stands for")


class LoginRecorded(Payload):
    """One person signed in to the product. Counts as activity of that day, with no action."""

    person_id: Id


class UsageReported(Payload):
    """An aggregate over a period, from an export. People are never invented from it; daily events outrank it."""

    period_start: dt.date
    period_end: dt.date = Field(description="last day of the period, inclusive")
    active_people: Count | None = None
    mean_daily_active_people: Number | None = Field(None, ge=0)
    logins: Count | None = None
    actions: Count | None = None
    api_requests: Count | None = None
    storage_gb: Number | None = Field(None, ge=0, description="gigabytes")
    features_used: list[Line] | None = Field(None, max_length=200)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "UsageReported":
        if self.period_end < self.period_start:
            raise ValueError("period_end lies before period_start")
        return self


PAYLOADS: dict[str, type[Payload]] = {
    "usage.recorded": UsageRecorded,
    "login.recorded": LoginRecorded,
    "usage.reported": UsageReported,
}
"""Every `ce_type` of this topic."""
