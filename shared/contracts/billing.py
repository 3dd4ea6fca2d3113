"""Payloads of billing.events: what the customer has bought, owes and pays."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.words import Count, Currency, Id, Line, Money, Payload, Prose


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


PAYLOADS: dict[str, type[Payload]] = {
    "subscription.updated": SubscriptionUpdated,
    "invoice.updated": InvoiceUpdated,
    "cancel.requested": CancelRequested,
    "cancel.withdrawn": CancelWithdrawn,
}
"""Every `ce_type` of this topic."""
