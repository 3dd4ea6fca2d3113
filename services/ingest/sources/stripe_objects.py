"""What we read of Stripe's objects. Pure. FORMATS 5.2.

Strict about the fields that are named here, indifferent to all others. What is expandable is an id or an object.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=1)]


class _Read(msgspec.Struct, frozen=True):
    """A JSON object."""


class Data(_Read, frozen=True):
    """The object as it is now, and what its changed attributes were before."""

    object: msgspec.Raw
    previous_attributes: dict[str, Any] | None = None


class Envelope(_Read, frozen=True):
    """A webhook body. Thin events have neither `data` nor a time in seconds."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    type: str
    data: Data | None = None
    object: str = "event"
    created: int | str | None = None


class Expanded(_Read, frozen=True):
    """An object in the place of its id."""

    id: str


Link = str | Expanded | None


def id_of(link: Link) -> str | None:
    """The id of what a link leads to; None where it leads nowhere."""
    return link.id if isinstance(link, Expanded) else link


class Address(_Read, frozen=True):
    country: str | None = None


class Customer(_Read, frozen=True):
    id: str
    name: str | None = None
    address: Address | None = None
    email: str | None = None
    metadata: dict[str, Any] | None = None


# --- subscriptions --------------------------------------------------------------------------------


class Coupon(_Read, frozen=True):
    percent_off: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration: str = "forever"


class DiscountSource(_Read, frozen=True):
    coupon: str | Coupon | None = None


class Discount(_Read, frozen=True):
    id: str = ""
    coupon: str | Coupon | None = None
    source: DiscountSource | None = None
    end: int | None = None
    start: int | None = None
    customer: Link = None
    subscription: Link = None
    subscription_item: Link = None
    invoice: Link = None
    invoice_item: Link = None

    def payer(self) -> str | None:
        """Whose it is, where it is off all that a customer pays for."""
        narrower = (self.subscription, self.subscription_item, self.invoice, self.invoice_item)
        return None if any(link is not None for link in narrower) else id_of(self.customer)

    def terms(self) -> Coupon | None:
        """The coupon, where it is expanded."""
        coupon = self.coupon if self.source is None else self.source.coupon
        return coupon if isinstance(coupon, Coupon) else None


class Recurring(_Read, frozen=True):
    interval: Literal["day", "week", "month", "year"]
    interval_count: Whole = 1
    usage_type: str = "licensed"


class Packages(_Read, frozen=True):
    """Seats are sold in packages of `divide_by`."""

    divide_by: Whole
    round: Literal["up", "down"] = "up"


class Tier(_Read, frozen=True):
    """Up to so many units, or all the rest."""

    up_to: int | None = None
    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None
    flat_amount: int | None = None
    flat_amount_decimal: Decimal | None = None


class Price(_Read, frozen=True):
    id: str = ""
    nickname: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None
    recurring: Recurring | None = None
    transform_quantity: Packages | None = None
    tiers_mode: str | None = None
    tiers: Sequence[Tier] | None = None

    def label(self) -> str | None:
        """How people call it."""
        return (self.nickname or self.id)[:300] or None


class Item(_Read, frozen=True):
    id: str = ""
    price: Price | None = None
    quantity: int | None = None
    current_period_end: int | None = None
    discounts: Sequence[str | Discount] = ()

    @property
    def licensed(self) -> bool:
        """Has a price known in advance; metered usage is billed afterwards and is no recurring revenue."""
        recurring = self.price.recurring if self.price is not None else None
        return recurring is not None and recurring.usage_type == "licensed"


class Items(_Read, frozen=True):
    data: Sequence[Item] = ()
    has_more: bool = False


class CancellationDetails(_Read, frozen=True):
    reason: str | None = None
    feedback: str | None = None
    comment: str | None = None


class Subscription(_Read, frozen=True):
    id: str
    status: str
    currency: str
    customer: Link = None
    items: Items = Items()
    discounts: Sequence[str | Discount] = ()
    discount: Discount | None = None
    start_date: int | None = None
    trial_end: int | None = None
    current_period_end: int | None = None
    cancel_at: int | None = None
    ended_at: int | None = None
    cancel_at_period_end: bool = False
    cancellation_details: CancellationDetails | None = None

    def leading_price(self) -> Price | None:
        """The first licensed item's price: its interval is the subscription's."""
        return next((item.price for item in self.items.data if item.licensed), None)

    def period_end(self) -> int | None:
        """When the present period ends: the earliest of the items, else the subscription's own (older accounts)."""
        ends = [item.current_period_end for item in self.items.data if item.current_period_end is not None]
        return min(ends) if ends else self.current_period_end

    def seats(self) -> int | None:
        """All licensed quantities together; None where there are none."""
        quantities = [item.quantity for item in self.items.data if item.licensed and item.quantity is not None]
        return sum(quantities) if quantities else None


class Phase(_Read, frozen=True):
    end_date: int | None = None


class Schedule(_Read, frozen=True):
    id: str
    status: Literal["not_started", "active", "completed", "released", "canceled"]
    customer: Link = None
    subscription: Link = None
    released_subscription: Link = None
    end_behavior: str = "release"
    phases: Sequence[Phase] = ()


# --- money that is owed, paid and given back ------------------------------------------------------


class Transitions(_Read, frozen=True):
    finalized_at: int | None = None
    paid_at: int | None = None


class SubscriptionDetails(_Read, frozen=True):
    subscription: Link = None


class Parent(_Read, frozen=True):
    subscription_details: SubscriptionDetails | None = None


class Invoice(_Read, frozen=True):
    id: str
    currency: str
    total: int
    status: str | None = None
    customer: Link = None
    created: int | None = None
    due_date: int | None = None
    collection_method: str = "charge_automatically"
    status_transitions: Transitions = Transitions()
    subscription: Link = None
    parent: Parent | None = None

    def bills(self) -> str | None:
        """The subscription that it bills: newer accounts name it under `parent`."""
        details = self.parent.subscription_details if self.parent is not None else None
        return id_of(details.subscription) if details is not None else id_of(self.subscription)


class BillingDetails(_Read, frozen=True):
    email: str | None = None


class Charge(_Read, frozen=True):
    id: str
    amount: int
    currency: str
    amount_refunded: int = 0
    customer: Link = None
    billing_details: BillingDetails | None = None
    failure_code: str | None = None
    failure_message: str | None = None


class ChargeLink(_Read, frozen=True):
    """A charge in the place of its id, with the customer it belongs to."""

    id: str
    customer: Link = None


class Evidence(_Read, frozen=True):
    customer_email_address: str | None = None


class Dispute(_Read, frozen=True):
    id: str
    amount: int
    currency: str
    status: str
    reason: str | None = None
    charge: str | ChargeLink | None = None
    evidence: Evidence | None = None


class CreditNote(_Read, frozen=True):
    id: str
    amount: int
    currency: str
    status: Literal["issued", "void"]
    customer: Link = None
