"""Payloads of billing.events: what the customer has bought, owes and pays."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from shared.contracts.words import Count, Currency, Id, Line, Money, Payload, Prose


def _in_calendar(at: dt.datetime) -> dt.datetime:
    try:
        early = at.astimezone(dt.UTC).year < 1900
    except OverflowError:
        early = True
    if early:
        raise ValueError("lies outside the years 1900 to 9999")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
"""A time inside a list, where nobody else looks at its year."""

UnitPrice = Annotated[Decimal, Field(ge=0, max_digits=26, decimal_places=14, allow_inf_nan=False)]
"""A price of one unit, which may be a small part of a cent."""

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=10, decimal_places=6, allow_inf_nan=False)]
Interval = Literal["day", "week", "month", "year"]
Intervals = Annotated[int, Field(ge=1, le=120)]


class SubscriptionItem(Payload):
    """One thing that a subscription consists of. Neither `amount` nor `unit_amount`: its price is not known."""

    item_id: Id
    plan: Line | None = None
    amount: Money | None = Field(None, description="price of one interval, the whole quantity together, tiers reckoned")
    unit_amount: UnitPrice | None = Field(None, description="price of one interval and one unit")
    quantity: Count = 1
    interval: Interval = "month"
    interval_count: Intervals = 1
    metered: bool = Field(False, description="billed afterwards by what was used: kept apart, no recurring revenue")

    @model_validator(mode="after")
    def _has_one_price(self) -> "SubscriptionItem":
        if self.amount is not None and self.unit_amount is not None:
            raise ValueError("has both amount and unit_amount")
        return self


class SubscriptionDiscount(Payload):
    """What is taken off, while it lasts. Neither `percent` nor `amount`: its terms are not known."""

    discount_id: Id
    percent: Percent | None = None
    amount: Money | None = Field(None, description="off the price of one interval")
    ends_at: Instant | None = Field(None, description="the instant from which it no longer counts; else for ever")
    item_id: Id | None = Field(None, description="the one item that it is for; else the whole subscription")

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "SubscriptionDiscount":
        if self.percent is not None and self.amount is not None:
            raise ValueError("has both percent and amount")
        return self


class SubscriptionUpdated(Payload):
    """The whole present state of one subscription."""

    subscription_id: Id
    status: Literal["trialing", "active", "past_due", "paused", "cancelled", "unpaid", "incomplete"]
    plan: Line | None = None
    amount: Money = Field(Decimal(0), description="price of one interval in `currency`, all seats together")
    currency: Currency = "USD"
    interval: Interval = "month"
    interval_count: Intervals = 1
    seats: Count | None = None
    started_at: AwareDatetime | None = None
    renews_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = Field(None, description="when it ended or is scheduled to end")
    cancel_at_period_end: bool = False
    items: list[SubscriptionItem] | None = Field(None, max_length=100, description="what it consists of")
    discounts: list[SubscriptionDiscount] = Field([], max_length=100, description="in the order they are taken off")
    trial_ends_at: AwareDatetime | None = Field(None, description="until then it is a trial")
    payer_id: Id | None = Field(None, description="who pays, by the source's id, where payers have discounts")


class InvoiceUpdated(Payload):
    """The whole present state of one invoice."""

    invoice_id: Id
    status: Literal["draft", "open", "paid", "void", "uncollectible"]
    amount: Money = Field(description="total in `currency`")
    currency: Currency = "USD"
    issued_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None
    subscription_id: Id | None = Field(None, description="the subscription that it bills")


class DiscountUpdated(Payload):
    """The terms of one discount, for subscriptions that name it without its terms, or for all of a payer's."""

    discount_id: Id
    percent: Percent | None = None
    amount: Money | None = Field(None, description="off the price of one interval")
    ends_at: AwareDatetime | None = Field(None, description="the instant from which it no longer counts")
    starts_at: AwareDatetime | None = Field(None, description="the instant from which it counts; else ever")
    payer_id: Id | None = Field(
        None, description="taken off all subscriptions of this payer that name no discount of their own"
    )

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "DiscountUpdated":
        if (self.percent is None) == (self.amount is None):
            raise ValueError("needs either percent or amount")
        return self


class ScheduleUpdated(Payload):
    """The whole present state of what is planned for one subscription."""

    schedule_id: Id
    subscription_id: Id | None = None
    status: Literal["not_started", "active", "completed", "released", "cancelled"]
    ends_at: AwareDatetime | None = Field(None, description="when it ends the subscription; None: it goes on")


class PaymentFailed(Payload):
    """A payment did not go through."""

    payment_id: Id
    amount: Money
    currency: Currency = "USD"
    reason: Line | None = None


class PaymentRefunded(Payload):
    """The whole of what was given back of one payment."""

    refund_id: Id
    amount: Money = Field(description="given back so far, in `currency`")
    currency: Currency = "USD"


class DisputeUpdated(Payload):
    """The whole present state of one dispute about a payment."""

    dispute_id: Id
    status: Literal["open", "won", "lost"]
    amount: Money
    currency: Currency = "USD"
    reason: Line | None = None


class CreditNoteUpdated(Payload):
    """The whole present state of one credit note."""

    credit_note_id: Id
    status: Literal["issued", "void"]
    amount: Money
    currency: Currency = "USD"


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
    "discount.updated": DiscountUpdated,
    "schedule.updated": ScheduleUpdated,
    "payment.failed": PaymentFailed,
    "payment.refunded": PaymentRefunded,
    "dispute.updated": DisputeUpdated,
    "credit_note.updated": CreditNoteUpdated,
    "cancel.requested": CancelRequested,
    "cancel.withdrawn": CancelWithdrawn,
}
"""Every `ce_type` of this topic."""
