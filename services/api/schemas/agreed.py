"""What the API shows of what passed between an account and us, and what was agreed; each as its newest event says."""

import datetime as dt

from pydantic import Field

from services.api.schemas.wire import Schema


class Opportunity(Schema):
    """A deal."""

    opportunity_id: str
    name: str | None
    kind: str = Field(description="new, renewal, expansion")
    stage: str | None
    status: str = Field(description="open, won, lost")
    amount: float | None
    currency: str | None
    closes_on: dt.date | None
    probability: float | None = Field(description="0 to 1")


class Survey(Schema):
    """An answer to a survey."""

    survey_id: str
    kind: str = Field(examples=["nps"])
    score: float
    scale_min: float
    scale_max: float
    comment: str | None
    person_id: str | None
    answered_at: dt.datetime


class Interaction(Schema):
    """A meeting, outreach, reply, note, feedback, or talk of a competitor."""

    interaction_id: str
    kind: str = Field(description="meeting, outreach, reply, note, feedback, mention")
    at: dt.datetime
    what: str | None = Field(description="kind of a meeting, channel of outreach, competitor of a mention …")
    status: str | None
    subject: str | None
    words: str | None
    person_ids: list[str]
    absent_ids: list[str] = Field(description="those of them who did not come")
    author: str | None
    ends_at: dt.datetime | None


class Return(Schema):
    """A return that was promised, and what came of it."""

    roi_id: str
    name: str | None
    promised: float | None
    actual: float | None
    currency: str
    confirmed: bool = Field(description="by the account")
    updated_at: dt.datetime


class Handoff(Schema):
    """The handoff from sales."""

    handoff_id: str
    sales_owner: str | None
    status: str = Field(description="draft, complete")
    goals: str | None
    commitments: str | None
    risks: str | None
    updated_at: dt.datetime


class ExitInterview(Schema):
    """Why the account left."""

    interview_id: str
    reason: str
    competitor: str | None
    comment: str | None
    would_return: bool | None
    held_at: dt.datetime


class Advocacy(Schema):
    """The account spoke for us."""

    advocacy_id: str
    kind: str
    person_id: str | None
    at: dt.datetime


class Capacity(Schema):
    """What an account may use and uses, as last told."""

    licensed_seats: int | None
    used_seats: int | None
    storage_gb: float | None
    storage_limit_gb: float | None
    api_requests: int | None
    api_limit: int | None
