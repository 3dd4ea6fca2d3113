"""Stripe's amounts, and what of a subscription's items and discounts recurs. Pure. FORMATS 5.2.

Amounts arrive in a currency's minor units, some with decimals; they leave in its units, as texts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from services.ingest.sources.drafts import instant
from services.ingest.sources.stripe_objects import Discount, Item, Price, Subscription, Tier
from shared.errors import Reason, Rejection

ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
"""Currencies without minor units. ISK and UGX have none either, but Stripe still writes them with two decimals."""

THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

_LARGEST = Decimal(10) ** 15
_MICRO = Decimal("0.000001")
_UNIT_PLACES = Decimal("1e-14")


def in_units(minor: int | Decimal, currency: str, places: Decimal = _MICRO) -> Decimal:
    """An amount of minor units in the currency's unit, to six decimals. Raises Rejection for absurd ones."""
    amount = Decimal(minor)
    if not amount.is_finite() or abs(amount) > _LARGEST:
        raise Rejection(Reason.INVALID_PAYLOAD, "an amount is not a number of money")
    code = currency.upper()
    shift = 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2
    return amount.scaleb(-shift).quantize(places, rounding=ROUND_HALF_UP)


def seconds(at: int | None) -> str | None:
    """A time of Stripe, in seconds, as text."""
    return None if at is None else instant(at * 1_000_000)


# --- items ----------------------------------------------------------------------------------------


def items_of(subscription: Subscription) -> list[dict[str, Any]]:
    """The items that recur, as `subscription.updated` tells them. Where Stripe has cut the list short, one more stands
    for the rest, with a price that is not known."""
    told = [
        _item(item, item.price, own_id, subscription.currency)
        for own_id, item in _numbered(subscription)
        if item.price is not None
    ]
    return [*told, {"item_id": "more"}] if subscription.items.has_more else told


def _numbered(subscription: Subscription) -> Iterator[tuple[str, Item]]:
    for number, item in enumerate(subscription.items.data, start=1):
        if item.price is not None and item.price.recurring is not None:
            yield item.id or str(number), item


def _item(item: Item, price: Price, own_id: str, currency: str) -> dict[str, Any]:
    recurring = price.recurring
    quantity = 1 if item.quantity is None else item.quantity
    if abs(quantity) > _LARGEST:
        raise Rejection(Reason.INVALID_PAYLOAD, "an item's quantity is absurd")
    return {
        "item_id": own_id,
        "plan": price.label(),
        "quantity": quantity,
        "interval": recurring.interval if recurring is not None else "month",
        "interval_count": recurring.interval_count if recurring is not None else 1,
        "metered": not item.licensed,
        **_priced(price, quantity, currency),
    }


def _priced(price: Price, quantity: int, currency: str) -> dict[str, str]:
    """The item's price, or nothing where Stripe does not tell it (tiers that are not expanded)."""
    unit = _minor(price.unit_amount_decimal, price.unit_amount)
    if unit is not None and price.transform_quantity is None:
        return {"unit_amount": format(in_units(unit, currency, _UNIT_PLACES), "f")}
    if unit is not None:
        return {"amount": str(in_units(unit * _packages(price, quantity), currency))}
    if price.tiers:
        return {"amount": str(in_units(_tiered(price.tiers, price.tiers_mode, quantity), currency))}
    return {}


def _minor(exact: Decimal | None, whole: int | None) -> Decimal | None:
    minor = exact if exact is not None else None if whole is None else Decimal(whole)
    if minor is not None and (not minor.is_finite() or abs(minor) > _LARGEST):
        raise Rejection(Reason.INVALID_PAYLOAD, "an item's price is absurd")
    return minor


def _packages(price: Price, quantity: int) -> Decimal:
    packages = price.transform_quantity
    if packages is None:
        return Decimal(quantity)
    rounding = ROUND_CEILING if packages.round == "up" else ROUND_FLOOR
    return (Decimal(quantity) / packages.divide_by).quantize(Decimal(1), rounding=rounding)


def _tiered(tiers: Sequence[Tier], mode: str | None, quantity: int) -> Decimal:
    """Minor units: by `volume` the tier that the quantity lies in prices all units; else each tier prices its own."""
    total, below = Decimal(0), 0
    for tier in tiers:
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        is_last = tier.up_to is None or quantity <= tier.up_to
        unit = _minor(tier.unit_amount_decimal, tier.unit_amount) or Decimal(0)
        flat = _minor(tier.flat_amount_decimal, tier.flat_amount) or Decimal(0)
        if mode == "volume" and is_last:
            return unit * quantity + flat
        if mode != "volume":
            total += unit * max(top - below, 0) + flat
        if is_last:
            break
        below = top
    return total


# --- discounts ------------------------------------------------------------------------------------


def discounts_of(subscription: Subscription) -> list[dict[str, Any]]:
    """The discounts that last, the items' first. Ids that are not expanded are told without terms: nobody guesses."""
    own: Sequence[str | Discount] = subscription.discounts
    single = subscription.discount
    if single is not None:
        own = [single if one == single.id else one for one in own] or [single]
    told = [
        {"item_id": item_id, **fields}
        for item_id, item in _numbered(subscription)
        for fields in _lasting(item.discounts, subscription.currency, item_id)
    ]
    return told + _lasting(own, subscription.currency, "all")


def _lasting(discounts: Iterable[str | Discount], currency: str, where: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for number, discount in enumerate(discounts, start=1):
        if isinstance(discount, str):
            told.append({"discount_id": discount})
        elif not is_once(discount):
            own_id = discount.id or f"{where}:{number}"
            told.append({"discount_id": own_id, **terms_of(discount, currency), "ends_at": seconds(discount.end)})
    return told


def is_once(discount: Discount) -> bool:
    """Whether it is for one invoice alone, and says nothing about what recurs."""
    coupon = discount.terms()
    return coupon is not None and coupon.duration == "once"


def terms_of(discount: Discount, currency: str | None = None) -> Mapping[str, str]:
    """Its percentage or amount; nothing where the coupon is not expanded, or off another currency than this one."""
    coupon = discount.terms()
    if coupon is None:
        return {}
    if coupon.percent_off is not None:
        return {"percent": format(Decimal(str(coupon.percent_off)).quantize(_MICRO), "f")}
    code = coupon.currency or currency
    if coupon.amount_off is None or code is None or (currency is not None and code.upper() != currency.upper()):
        return {}
    return {"amount": str(in_units(coupon.amount_off, code))}
