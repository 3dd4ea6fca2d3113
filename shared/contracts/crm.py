"""Payloads of crm.events: who the customer is, who works there, what passes between them and us."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.words import Count, Currency, Id, Line, Money, Payload, Prose, Sentiment


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


PAYLOADS: dict[str, type[Payload]] = {
    "account.updated": AccountUpdated,
    "person.updated": PersonUpdated,
    "person.left": PersonLeft,
    "meeting.updated": MeetingUpdated,
    "outreach.sent": OutreachSent,
    "reply.received": ReplyReceived,
    "sponsor.updated": SponsorUpdated,
    "feedback.given": FeedbackGiven,
}
"""Every `ce_type` of this topic."""
