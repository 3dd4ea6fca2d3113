"""What Steward's parts, and the systems around it, say to each other.

A native event is a CloudEvents 1.0 envelope around one of the payloads below. `NATIVE` is the whole
catalogue: it feeds validation, the published JSON Schemas and docs/events.md, which a test compares.
Payloads are strict about what they name and tolerant of what they do not: unknown fields are kept out,
never refused.
"""

import datetime as dt
import math
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Topic(StrEnum):
    """The topics. All have the same number of partitions, so that partition *i* meets partition *i*."""

    CRM = "crm.events"
    PRODUCT = "product.events"
    BILLING = "billing.events"
    SUPPORT = "support.events"
    CHANGES = "account.changes"
    CROSSINGS = "health.crossings"
    PLAYBOOKS = "playbook.events"


SOURCE_TOPICS = (Topic.CRM, Topic.PRODUCT, Topic.BILLING, Topic.SUPPORT)


def _spell_whole_number(value: Any) -> Any:
    """Sources send ids as numbers, also beyond 2^53; we keep their digits. Floats are not ids."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("text must not contain the NUL character, which PostgreSQL cannot store")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Id = Annotated[
    str, BeforeValidator(_spell_whole_number), Field(min_length=1, max_length=200), AfterValidator(_without_nul)
]
Line = Annotated[str, Field(max_length=300), AfterValidator(_without_nul)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_without_nul)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Number = Annotated[float, AfterValidator(_finite)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
Sentiment = Literal["positive", "neutral", "negative"]


class Payload(BaseModel):
    """The data of a native event."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# --- crm.events ---------------------------------------------------------------------------------------


class AccountUpdated(Payload):
    """A customer company is new or has changed. Only the fields that are named change; this creates accounts."""

    name: Line | None = None
    domain: Line | None = None
    industry: Line | None = None
    region: Line | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")] | None = None
    time_zone: Line | None = Field(None, description="IANA name, e.g. Europe/Berlin")
    employees: Count | None = None
    owner: Line | None = Field(None, description="e-mail address of the CSM who owns the account in the CRM")
    arr: Money | None = Field(None, description="annual recurring revenue in `currency`, where no subscriptions come")
    currency: Currency | None = None
    stage: Line | None = Field(None, description="lifecycle stage as the CRM names it")
    customer_since: dt.date | None = None
    external_ids: dict[Line, Id] | None = Field(
        None, max_length=20, description="the account's id in other sources, e.g. {'stripe': 'cus_9s6XKzkNRiz8i3'}"
    )


class PersonUpdated(Payload):
    """A human at the account is new or has changed."""

    person_id: Id
    name: Line | None = None
    email: Line | None = None
    title: Line | None = None
    role: Literal["champion", "executive_sponsor", "economic_buyer", "influencer", "end_user", "blocker",
                  "technical_owner"] | None = None  # fmt: skip


class PersonLeft(Payload):
    """A human has left the account."""

    person_id: Id


class MeetingUpdated(Payload):
    """A meeting with the account is planned, was held or was missed."""

    meeting_id: Id
    kind: Literal["check_in", "qbr", "ebr", "kickoff", "training", "other"] = "check_in"
    status: Literal["scheduled", "held", "missed", "cancelled"]
    starts_at: AwareDatetime


class OutreachSent(Payload):
    """We wrote to or called somebody at the account and hope for an answer."""

    outreach_id: Id
    channel: Literal["email", "call", "slack", "in_app", "other"] = "email"
    person_id: Id | None = None


class ReplyReceived(Payload):
    """Somebody at the account answered."""

    reply_id: Id
    outreach_id: Id | None = None
    person_id: Id | None = None


class SponsorUpdated(Payload):
    """Whether the account has an executive sponsor and whether that person takes part."""

    identified: bool
    engaged: bool | None = None
    person_id: Id | None = None


class FeedbackGiven(Payload):
    """Feedback on the product, or a request for a feature."""

    feedback_id: Id
    kind: Literal["product", "feature_request"] = "product"
    sentiment: Sentiment | None = None
    text: Prose | None = None


# --- product.events -----------------------------------------------------------------------------------


class UsageRecorded(Payload):
    """One person used the product. The day is the UTC day of the event's time."""

    person_id: Id
    feature: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_without_nul)] | None = None
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


# --- billing.events -----------------------------------------------------------------------------------


class SubscriptionUpdated(Payload):
    """The whole present state of one subscription."""

    subscription_id: Id
    status: Literal["trialing", "active", "past_due", "paused", "cancelled", "unpaid", "incomplete"]
    plan: Line | None = None
    amount: Money = Field(Decimal(0), description="price of one interval in `currency`, all seats together")
    currency: Currency = "USD"
    interval: Literal["day", "week", "month", "year"] = "month"
    interval_count: Annotated[int, Field(ge=1, le=120)] = 1
    seats: Count | None = None
    started_at: AwareDatetime | None = None
    renews_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = Field(None, description="when it ended or is scheduled to end")
    cancel_at_period_end: bool = False


class InvoiceUpdated(Payload):
    """The whole present state of one invoice."""

    invoice_id: Id
    status: Literal["draft", "open", "paid", "void", "uncollectible"]
    amount: Money = Field(description="total in `currency`")
    currency: Currency = "USD"
    issued_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None


class CancelRequested(Payload):
    """The account has said that it will leave."""

    subscription_id: Id | None = None
    reason: Line | None = None
    comment: Prose | None = None


class CancelWithdrawn(Payload):
    """The account has taken its cancellation back."""

    subscription_id: Id | None = None


# --- support.events -----------------------------------------------------------------------------------


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

    @model_validator(mode="after")
    def _is_resolved_after_it_opened(self) -> "TicketUpdated":
        if self.resolved_at is not None and self.resolved_at < self.opened_at:
            raise ValueError("resolved_at lies before opened_at")
        return self


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


NATIVE: dict[str, tuple[Topic, type[Payload]]] = {
    "account.updated": (Topic.CRM, AccountUpdated),
    "person.updated": (Topic.CRM, PersonUpdated),
    "person.left": (Topic.CRM, PersonLeft),
    "meeting.updated": (Topic.CRM, MeetingUpdated),
    "outreach.sent": (Topic.CRM, OutreachSent),
    "reply.received": (Topic.CRM, ReplyReceived),
    "sponsor.updated": (Topic.CRM, SponsorUpdated),
    "feedback.given": (Topic.CRM, FeedbackGiven),
    "usage.recorded": (Topic.PRODUCT, UsageRecorded),
    "login.recorded": (Topic.PRODUCT, LoginRecorded),
    "usage.reported": (Topic.PRODUCT, UsageReported),
    "subscription.updated": (Topic.BILLING, SubscriptionUpdated),
    "invoice.updated": (Topic.BILLING, InvoiceUpdated),
    "cancel.requested": (Topic.BILLING, CancelRequested),
    "cancel.withdrawn": (Topic.BILLING, CancelWithdrawn),
    "ticket.updated": (Topic.SUPPORT, TicketUpdated),
    "survey.response": (Topic.SUPPORT, SurveyResponse),
}
"""Every native `ce_type`, the topic it travels on and its payload."""

STRIPE_RECORD = "stripe.event"
"""`ce_type` of a verified Stripe webhook body, wrapped raw; topic billing.events."""


class CloudEvent(BaseModel):
    """A CloudEvents 1.0 envelope in structured mode. `subject` is the account's id in its source."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
    type: Annotated[str, Field(min_length=1, max_length=200)]
    subject: Id | None = None
    time: str | None = None
    sequence: str | None = Field(None, description="orders events of the same source and instant; an integer")
    datacontenttype: str | None = None
    data: Any = None


# --- derived topics -----------------------------------------------------------------------------------


class AccountsChanged(Payload):
    """`account.changes`: wakes health. One batch's touched accounts of one partition, with facts versions."""

    accounts: list[tuple[int, int]] = Field(description="(account id, facts version)")
    received_at: AwareDatetime = Field(description="arrival of the oldest event behind these changes")
    rebase: Literal["import"] | None = Field(
        None, description="set when history was imported: scores are set anew and start no run"
    )


class Cause(Payload):
    """One line of an explanation: a measure, the points it moved and the events that moved it."""

    measure: str
    label: str
    points: int = Field(description="millionths of a point")
    words: str
    events: list[str] = Field(default_factory=list, description="hexadecimal event ids, at most twenty")
    event_count: int = 0
    by_time: bool = Field(False, description="true when passing time alone moved it")


class Crossing(Payload):
    """`health.crossings`, type `health.crossing`: an episode opened because the account moved between bands."""

    crossing_id: str
    account_id: int
    episode_id: str
    model: str
    from_band: str | None
    to_band: str
    direction: Literal["down", "up"]
    score: int | None
    previous_score: int | None
    lower_bound: int | None = Field(description="lower bound of the band that was left, in points")
    at: AwareDatetime
    causes: list[Cause] = Field(default_factory=list)


class Signal(Payload):
    """`health.crossings`, type `health.signal`: something noticed about an account that is not its band."""

    signal_id: str
    account_id: int
    kind: Literal["cancel_requested"]
    severity: Literal["info", "warning", "critical"]
    words: str
    evidence: list[str] = Field(default_factory=list, description="hexadecimal event ids")
    score: int | None
    at: AwareDatetime


class PlaybookEvent(Payload):
    """`playbook.events`: what playbooks did, for whoever listens."""

    event_id: str
    kind: Literal["run.started", "run.finished", "task.opened", "task.closed", "alert.raised"]
    account_id: int
    playbook: str
    run_id: str
    words: str
    at: AwareDatetime
