"""Payloads of crm.events: who the customer is, who works there, what passes between them and us."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.contracts import plans
from shared.contracts.words import Count, Currency, Id, Line, Money, Name, Payload, Prose, Sentiment

Points = Annotated[int, Field(ge=0, le=100)]

RELATIONSHIP = (
    "5 strong: advocate, multi-level access (references, expansion, executive access); 4 good: engaged, responsive,"
    " supportive (regular calls, positive feedback); 3 neutral: functional, transactional (responds when contacted);"
    " 2 weak: disengaged, hard to reach (missed meetings, slow responses); 1 at risk: negative, avoiding (complaints,"
    " no engagement)"
)
"""What a rating of a relationship says, and by what one sees it (HM-8)."""


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
    parent_id: Id | None = Field(None, description="the parent company's account id, in the same source")
    website: Line | None = None
    plan: Line | None = Field(None, description="what it has bought, by name, where no subscriptions come")
    strategic: bool | None = Field(None, description="counts for more than its revenue")
    complexity: Points | None = Field(None, description="how complex it is to serve, 0 simple to 100")
    growth_potential: Points | None = Field(None, description="how much it may grow with us, 0 to 100")
    strategic_value: Points | None = Field(None, description="what it is worth beside its revenue, 0 to 100")
    annual_revenue: Money | None = Field(None, description="what the company itself turns over a year")
    transformation_goals: bool | None = Field(None, description="has clear goals of digital transformation")
    process_owner: bool | None = Field(None, description="has people of its own for the process, not just executives")
    bottleneck: Line | None = Field(None, description="what costs it time or money now that we solve")


class AccountDeleted(Payload):
    """The source has deleted the account. Its history stays; a later `account.updated` brings it back."""


class RefreshNeeded(Payload):
    """The source has lost changes of the account. What is known stays, marked, until `account.refreshed`."""

    reason: Line | None = None


class AccountRefreshed(Payload):
    """All that the source knows of the account was told anew, by a whole export say: what was lost is made up for."""

    reason: Line | None = None


class PersonUpdated(Payload):
    """A human at the account is new or has changed. Only the fields that are named change."""

    person_id: Id
    name: Line | None = None
    first_name: Line | None = Field(None, description="where the source has no whole `name`")
    last_name: Line | None = None
    email: Line | None = None
    title: Line | None = None
    role: Literal["champion", "executive_sponsor", "economic_buyer", "influencer", "end_user", "blocker",
                  "technical_owner"] | None = None  # fmt: skip
    department: Line | None = None
    level: Literal["c_level", "vp", "director", "manager", "individual"] | None = None
    relationship_strength: Annotated[int, Field(ge=1, le=5)] | None = Field(None, description=RELATIONSHIP)
    engaged: bool | None = Field(None, description="takes part: answers, comes to meetings")
    email_bounced: bool | None = Field(None, description="mail to this person comes back for good: they count as gone")


class PersonLeft(Payload):
    """A human has left the account."""

    person_id: Id
    reason: Literal["left", "bounced", "removed", "moved"] = "left"


class MilestoneReached(Payload):
    """The account has come to a point of its life with us for the first time, or once more."""

    milestone: Name
    person_id: Id | None = None


class MeetingUpdated(Payload):
    """A meeting with the account is planned, was held or was missed."""

    meeting_id: Id
    kind: Literal["check_in", "qbr", "ebr", "kickoff", "training", "other"] = "check_in"
    status: Literal["scheduled", "held", "missed", "cancelled"]
    starts_at: AwareDatetime
    person_ids: list[Id] = Field([], max_length=50, description="who of the account was invited, or came")
    subject: Line | None = None
    ends_at: AwareDatetime | None = None
    absent_ids: list[Id] = Field([], max_length=50, description="those of `person_ids` who did not come")


class MeetingChanged(Payload):
    """Some of the state of one meeting, from a source that tells a field at a time. Only the fields that are named
    change."""

    meeting_id: Id
    kind: Literal["check_in", "qbr", "ebr", "kickoff", "training", "other"] | None = None
    status: Literal["scheduled", "held", "missed", "cancelled"] | None = None
    starts_at: AwareDatetime | None = None
    person_ids: list[Id] | None = Field(None, max_length=50, description="who of the account was invited, or came")
    subject: Line | None = None
    ends_at: AwareDatetime | None = None
    absent_ids: list[Id] | None = Field(None, max_length=50, description="those of `person_ids` who did not come")


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


class NoteAdded(Payload):
    """One of us wrote something down about the account."""

    note_id: Id
    text: Prose
    author: Line | None = Field(None, description="e-mail address of the writer")


class CompetitorMentioned(Payload):
    """The account spoke of a competitor."""

    mention_id: Id
    competitor: Line
    context: Prose | None = None


class CommunityRecorded(Payload):
    """Somebody of the account took part in the community once."""

    person_id: Id | None = None
    kind: Literal["post", "answer", "event", "other"] = "other"


PAYLOADS: dict[str, type[Payload]] = {
    "account.updated": AccountUpdated,
    "account.deleted": AccountDeleted,
    "account.refresh_needed": RefreshNeeded,
    "account.refreshed": AccountRefreshed,
    "person.updated": PersonUpdated,
    "person.left": PersonLeft,
    "milestone.reached": MilestoneReached,
    "meeting.updated": MeetingUpdated,
    "meeting.changed": MeetingChanged,
    "outreach.sent": OutreachSent,
    "reply.received": ReplyReceived,
    "sponsor.updated": SponsorUpdated,
    "feedback.given": FeedbackGiven,
    "note.added": NoteAdded,
    "competitor.mentioned": CompetitorMentioned,
    "community.recorded": CommunityRecorded,
    **plans.PAYLOADS,
}
"""Every `ce_type` of this topic."""
