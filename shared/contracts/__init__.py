"""What Steward's parts, and the systems around it, say to each other.

A native event is a CloudEvents 1.0 envelope around one of the payloads below. `NATIVE` is the whole
catalogue: it feeds validation, the published JSON Schemas and docs/events.md, which a test compares.
Payloads are strict about what they name and tolerant of what they do not: unknown fields are kept out,
never refused.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts import billing, crm, product, steward, support
from shared.contracts.derived import (
    AccountsChanged,
    Cause,
    Crossing,
    OverrideChanged,
    PlaybookEvent,
    Signal,
    Transition,
)
from shared.contracts.topics import SOURCE_TOPICS, Topic
from shared.contracts.words import Id, Payload, without_nul

__all__ = [
    "NATIVE", "SOURCE_TOPICS", "STRIPE_RECORD", "AccountsChanged", "Cause", "CloudEvent", "Crossing", "OverrideChanged",
    "Payload", "PlaybookEvent", "Signal", "Topic", "Transition",
]  # fmt: skip

NATIVE: dict[str, tuple[Topic, type[Payload]]] = {
    kind: (topic, payload)
    for topic, room in (
        (Topic.CRM, crm), (Topic.CRM, steward), (Topic.PRODUCT, product), (Topic.BILLING, billing),
        (Topic.SUPPORT, support),
    )
    for kind, payload in room.PAYLOADS.items()
}  # fmt: skip
"""Every native `ce_type`, the topic it travels on and its payload."""

STRIPE_RECORD = "stripe.event"
"""`ce_type` of a verified Stripe webhook body, wrapped raw; topic billing.events."""


class CloudEvent(BaseModel):
    """A CloudEvents 1.0 envelope in structured mode. `subject` is the account's id in its source."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_nul)]
    type: Annotated[str, Field(min_length=1, max_length=200)]
    subject: Id | None = None
    time: str | None = None
    sequence: str | None = Field(None, description="orders events of the same source and instant; an integer")
    datacontenttype: str | None = None
    data: Any = None
