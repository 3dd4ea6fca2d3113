"""What we read of Stripe's objects, and what a subscription costs. Pure. FORMATS 5.2.

Amounts arrive in a currency's minor units; they leave in its units, to six decimals.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

import msgspec

from shared.errors import Reason, Rejection

ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
"""Currencies without minor units. ISK and UGX have none either, but Stripe still writes them with two decimals."""

THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

_MONTHS = {"day": Decimal(12) / 365, "week": Decimal(12) / 52, "month": Decimal(1), "year": Decimal(12)}
_LARGEST = Decimal(10) ** 15
_MICRO = Decimal("0.000001")

Whole = Annotated[int, msgspec.Meta(ge=1)]


class _Read(msgspec.Struct, frozen=True):
    """Strict about the fields that it names, indifferent to all others."""


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


class Address(_Read, frozen=True):
    country: str | None = None


class Customer(_Read, frozen=True):
    id: str
    name: str | None = None
    address: Address | None = None


class Coupon(_Read, frozen=True):
    percent_off: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    amount_off: int | None = None
    duration: str = "forever"


class DiscountSource(_Read, frozen=True):
    coupon: str | Coupon | None = None


class Discount(_Read, frozen=True):
    coupon: str | Coupon | None = None
    source: DiscountSource | None = None

    def terms(self) -> Coupon | None:
        """The coupon where it is expanded and lasts; one that is used once says nothing about what recurs."""
        coupon = self.coupon if self.source is None else self.source.coupon
        return coupon if isinstance(coupon, Coupon) and coupon.duration != "once" else None


class Recurring(_Read, frozen=True):
    interval: Literal["day", "week", "month", "year"]
    interval_count: Whole = 1
    usage_type: str = "licensed"


class Packages(_Read, frozen=True):
    """Seats are sold in packages of `divide_by`."""

    divide_by: Whole
    round: Literal["up", "down"] = "up"


class Price(_Read, frozen=True):
    id: str = ""
    nickname: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None
    recurring: Recurring | None = None
    transform_quantity: Packages | None = None

    def label(self) -> str | None:
        """How people call it."""
        return (self.nickname or self.id)[:300] or None


class Item(_Read, frozen=True):
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


class CancellationDetails(_Read, frozen=True):
    reason: str | None = None
    feedback: str | None = None
    comment: str | None = None


class Subscription(_Read, frozen=True):
    id: str
    status: str
    currency: str
    customer: str | Expanded | None = None
    items: Items = Items()
    discounts: Sequence[str | Discount] = ()
    discount: Discount | None = None
    start_date: int | None = None
    current_period_end: int | None = None
    cancel_at: int | None = None
    ended_at: int | None = None
    cancel_at_period_end: bool = False
    cancellation_details: CancellationDetails | None = None

    def licensed(self) -> list[Item]:
        """The items whose price is known in advance."""
        return [item for item in self.items.data if item.licensed]

    def leading_price(self) -> Price | None:
        """The first licensed item's price: its interval is the subscription's."""
        licensed = self.licensed()
        return licensed[0].price if licensed else None

    def period_end(self) -> int | None:
        """When the present period ends: the earliest of the items, else the subscription's own (older accounts)."""
        ends = [item.current_period_end for item in self.items.data if item.current_period_end is not None]
        return min(ends) if ends else self.current_period_end


class Transitions(_Read, frozen=True):
    finalized_at: int | None = None
    paid_at: int | None = None


class Invoice(_Read, frozen=True):
    id: str
    currency: str
    total: int
    status: str | None = None
    customer: str | Expanded | None = None
    created: int | None = None
    due_date: int | None = None
    collection_method: str = "charge_automatically"
    status_transitions: Transitions = Transitions()


def in_units(minor: int | Decimal, currency: str) -> Decimal:
    """An amount of minor units in the currency's unit, to six decimals. Raises Rejection for absurd ones."""
    amount = Decimal(minor)
    if not amount.is_finite() or abs(amount) > _LARGEST:
        raise Rejection(Reason.INVALID_PAYLOAD, "an amount is not a number of money")
    code = currency.upper()
    places = 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2
    return amount.scaleb(-places).quantize(_MICRO, rounding=ROUND_HALF_UP)


def seats_of(subscription: Subscription) -> int | None:
    """All licensed quantities together; None where there are none."""
    quantities = [item.quantity for item in subscription.licensed() if item.quantity is not None]
    return sum(quantities) if quantities else None


def amount_of(subscription: Subscription) -> Decimal:
    """The price of one interval of the leading price in the currency's unit: the sum over licensed items, each
    brought to that interval, less expanded discounts. 0 while Stripe has paused it for want of a payment method."""
    leading = subscription.leading_price()
    if leading is None or leading.recurring is None or subscription.status == "paused":
        return Decimal(0)
    span = _MONTHS[leading.recurring.interval] * leading.recurring.interval_count
    minor = sum((_item_amount(item, span) for item in subscription.licensed()), Decimal(0))
    discounts: Sequence[str | Discount] = subscription.discounts
    if subscription.discount is not None and not any(isinstance(d, Discount) for d in discounts):
        discounts = [subscription.discount]
    return in_units(_less(minor, discounts), subscription.currency)


def _item_amount(item: Item, span: Decimal) -> Decimal:
    """One item's minor units in an interval of `span` months. Tiered prices have no unit amount and count 0."""
    price = item.price
    if price is None or price.recurring is None:
        return Decimal(0)
    unit = price.unit_amount_decimal if price.unit_amount_decimal is not None else Decimal(price.unit_amount or 0)
    quantity = 1 if item.quantity is None else item.quantity
    if not unit.is_finite() or abs(unit) > _LARGEST or abs(quantity) > _LARGEST:
        raise Rejection(Reason.INVALID_PAYLOAD, "an item's price or quantity is absurd")
    own = _less(unit * _packages(price, quantity), item.discounts)
    return own * span / (_MONTHS[price.recurring.interval] * price.recurring.interval_count)


def _packages(price: Price, quantity: int) -> Decimal:
    packages = price.transform_quantity
    if packages is None:
        return Decimal(quantity)
    rounding = ROUND_CEILING if packages.round == "up" else ROUND_FLOOR
    return (Decimal(quantity) / packages.divide_by).quantize(Decimal(1), rounding=rounding)


def _less(minor: Decimal, discounts: Iterable[str | Discount]) -> Decimal:
    """Minor units after the discounts in their order, never below 0."""
    for discount in discounts:
        coupon = discount.terms() if isinstance(discount, Discount) else None
        if coupon is not None:
            minor *= 1 - Decimal(str(coupon.percent_off or 0)) / 100
            minor -= coupon.amount_off or 0
    return max(minor, Decimal(0))
