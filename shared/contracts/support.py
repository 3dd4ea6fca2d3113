"""Payloads of support.events: what the customer asks for, and how they rate us."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from shared.contracts.words import Count, Id, Line, Number, Payload, Prose, Sentiment


class TicketUpdated(Payload):
    """The whole present state of one support ticket."""

    ticket_id: Id
    status: Literal["new", "open", "pending", "on_hold", "solved", "closed"]
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    subject: Line | None = None
    sentiment: Sentiment | None = None
    escalated: bool = False
    opened_at: AwareDatetime
    resolved_at: AwareDatetime | None = None
    satisfaction: Annotated[float, Field(ge=1, le=5)] | None = Field(
        None, description="rating of the resolution, 1 to 5"
    )
    first_response_at: AwareDatetime | None = None
    requester_id: Id | None = Field(None, description="the person who asked")
    category: Line | None = None
    reopened: Count = Field(0, description="how often it has been opened again")

    @model_validator(mode="after")
    def _is_resolved_after_it_opened(self) -> "TicketUpdated":
        if self.resolved_at is not None and self.resolved_at < self.opened_at:
            raise ValueError("resolved_at lies before opened_at")
        return self


class TicketChanged(Payload):
    """Some of the state of one support ticket, from a source that tells a field at a time. Only the fields that are
    named change."""

    ticket_id: Id
    status: Literal["new", "open", "pending", "on_hold", "solved", "closed"] | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    subject: Line | None = None
    sentiment: Sentiment | None = None
    escalated: bool | None = None
    opened_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = Field(None, description="null: it is open again")
    satisfaction: Annotated[float, Field(ge=1, le=5)] | None = Field(
        None, description="rating of the resolution, 1 to 5"
    )
    first_response_at: AwareDatetime | None = None
    requester_id: Id | None = Field(None, description="the person who asked")
    category: Line | None = None
    reopens: bool = Field(False, description="it was solved or closed and is open again: counts once more")
    answers: bool = Field(False, description="one of us answers: the first is the first response where none is told")


class Respondent(Payload):
    """Who answered a survey."""

    email: Line | None = None
    external_id: Id | None = None


class SurveyResponse(Payload):
    """One answer to an NPS, CSAT or CES question, on the scale it was asked on."""

    survey_id: Id = Field(description="id of this answer in its source")
    survey_type: Literal["nps", "csat", "ces"]
    score: Number
    scale_min: Number = 0.0
    scale_max: Number = 10.0
    comment: Prose | None = None
    respondent: Respondent | None = None

    @model_validator(mode="after")
    def _lies_on_its_scale(self) -> "SurveyResponse":
        if not self.scale_min <= self.score <= self.scale_max or self.scale_min >= self.scale_max:
            raise ValueError("score lies outside its scale")
        return self


PAYLOADS: dict[str, type[Payload]] = {
    "ticket.updated": TicketUpdated,
    "ticket.changed": TicketChanged,
    "survey.response": SurveyResponse,
}
"""Every `ce_type` of this topic."""
