"""What a subscription is worth a month. Pure, exact; see docs/events.md, `subscription.updated`.

Each item: its price by the months of its interval (a year 12, a week 12/52, a day 12/365), metered ones apart. Then the
item's discounts, then the subscription's, in their order, each until it ends; never below 0. One rounding, at the end.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest

import msgspec

from shared.clock import to_us
from shared.contracts.billing import SubscriptionDiscount, SubscriptionItem, SubscriptionUpdated
from shared.facts import MOST_MICROS, Discount, Event, Subscription
from shared.facts.terms import Off, Part, Terms

PAYING = frozenset({"active", "past_due", "paused"})
"""Statuses that are revenue. `past_due` is until it is cancelled or given up, which is `unpaid`."""

_MONTHS = {"day": Fraction(12, 365), "week": Fraction(12, 52), "month": Fraction(1), "year": Fraction(12)}


def months(interval: str, count: int) -> Fraction:
    """Months in a billing interval: a week is 12/52 and a day 12/365 of one."""
    return _MONTHS[interval] * count


def micros(amount: Decimal | Fraction) -> int:
    """Money as millionths of its unit, half up, at most MOST_MICROS."""
    return min(math.floor(Fraction(amount) * 1_000_000 + Fraction(1, 2)), MOST_MICROS)


def state_of(event: Event) -> Subscription:
    """What a `subscription.updated` says, reckoned without discounts whose terms it does not tell."""
    body: SubscriptionUpdated = event.body
    pays = body.status in PAYING
    mrr, later, terms = 0, list[tuple[int, int]](), None
    if pays and (body.discounts or body.payer_id):
        terms = terms_of(body)
        mrr, later = steps(terms, event.occurred_at)
    elif pays:
        mrr = micros(_gross(body))
    offs = terms.offs() if terms is not None else []
    named = any(not off.is_known for off in offs)
    missing = any(off.is_missing for off in offs)
    return Subscription(
        event.occurred_at, event.sequence, event.id, body.status, mrr, body.currency, body.plan, body.seats,
        _us(body.started_at), _us(body.renews_at), _us(body.ends_at), body.cancel_at_period_end,
        later, _us(body.trial_ends_at), _metered(body), pays and (missing or not _is_priced(body)),
        terms if named else None,
    )  # fmt: skip


def _gross(body: SubscriptionUpdated) -> Fraction:
    """What it comes to a month before discounts."""
    if body.items is None:
        return Fraction(body.amount) / months(body.interval, body.interval_count)
    return sum((_monthly_price(item) for item in body.items if not item.metered), Fraction(0))


def _is_priced(body: SubscriptionUpdated) -> bool:
    return all(_price(item) is not None for item in body.items or () if not item.metered)


def _monthly_price(item: SubscriptionItem) -> Fraction:
    return (_price(item) or Fraction(0)) / months(item.interval, item.interval_count)


def resolved(state: Subscription, known: Mapping[str, Discount]) -> Subscription:
    """The state, reckoned with the terms of the discounts that it names by id alone, as far as they are known."""
    if state.terms is None:
        return state
    terms = state.terms
    parts = [Part(part.monthly, part.months, _known(part.discounts, known)) for part in terms.parts]
    found = Terms(parts, terms.months, _known(terms.discounts, known), terms.priced)
    mrr, later = steps(found, state.at)
    uncertain = not found.priced or any(off.is_missing for off in found.offs())
    return msgspec.structs.replace(state, mrr=mrr, later=later, uncertain=uncertain)


def _known(discounts: Sequence[Off], known: Mapping[str, Discount]) -> list[Off]:
    found: list[Off] = []
    for off in discounts:
        told = known.get(off.id)
        if off.payer is not None:
            found += _of_payer(off.payer, known)
        elif off.is_known or told is None:
            found.append(off)
        else:
            found.append(Off(off.id, told.percent, told.amount, _first(off.ends_at, told.ends_at), told.starts_at))
    return found


def _of_payer(payer: str, known: Mapping[str, Discount]) -> list[Off]:
    """A payer's discounts. There is one at a time: each lasts until the next begins."""
    own = sorted((told.starts_at or 0, told.stamp, id_) for id_, told in known.items() if told.payer == payer)
    following = [starts_at for starts_at, _, _ in own[1:]]
    return [
        Off(id_, known[id_].percent, known[id_].amount, _first(known[id_].ends_at, until), starts_at)
        for (starts_at, _, id_), until in zip_longest(own, following)
    ]


def _first(*instants: int | None) -> int | None:
    return min((at for at in instants if at is not None), default=None)


def terms_of(body: SubscriptionUpdated) -> Terms:
    """What is recurring of a subscription. Its items decide, where it tells of any list of them."""
    span = months(body.interval, body.interval_count)
    own = [_off(discount) for discount in body.discounts if discount.item_id is None]
    if body.payer_id is not None and not body.discounts:
        own = [Off("", None, None, None, payer=body.payer_id)]
    if body.items is None:
        return Terms([Part(str(_gross(body)), "1", [])], str(span), own, True)
    licensed = [item for item in body.items if not item.metered]
    return Terms(_parts(licensed, body.discounts), str(span), own, _is_priced(body))


def _parts(items: Sequence[SubscriptionItem], discounts: Sequence[SubscriptionDiscount]) -> list[Part]:
    """One part for all items without discounts of their own, and one for each of the others."""
    plain, parts = Fraction(0), []
    for item in items:
        price = _monthly_price(item)
        own = [_off(discount) for discount in discounts if discount.item_id == item.item_id]
        if own:
            parts.append(Part(str(price), str(months(item.interval, item.interval_count)), own))
        else:
            plain += price
    return [Part(str(plain), "1", []), *parts]


def _price(item: SubscriptionItem) -> Fraction | None:
    """Of one interval, the whole quantity together; None where it is not known."""
    if item.unit_amount is not None:
        return Fraction(item.unit_amount) * item.quantity
    return None if item.amount is None else Fraction(item.amount)


def _off(discount: SubscriptionDiscount) -> Off:
    percent, amount = discount.percent, discount.amount
    return Off(discount.discount_id, _text(percent), _text(amount), _us(discount.ends_at))


def _us(at: dt.datetime | None) -> int | None:
    return None if at is None else to_us(at)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def steps(terms: Terms, at: int) -> tuple[int, list[tuple[int, int]]]:
    """(worth a month at an instant, the later instants at which it changes by itself and what it is worth from
    then on), millionths."""
    named = {instant for off in terms.offs() for instant in (off.starts_at, off.ends_at) if instant is not None}
    turns = sorted(instant for instant in named if instant > at)
    worth = [micros(monthly(terms, instant)) for instant in (at, *turns)]
    changed = zip(turns, worth, worth[1:], strict=False)
    return worth[0], [(instant, after) for instant, before, after in changed if after != before]


def monthly(terms: Terms, at: int) -> Fraction:
    """What they come to a month at an instant, exactly, in the currency's unit."""
    whole = sum((_less(Fraction(p.monthly), p.discounts, p.months, at) for p in terms.parts), Fraction(0))
    return _less(whole, terms.discounts, terms.months, at)


def interval_price(body: SubscriptionUpdated, at: int) -> Decimal:
    """What one interval of the subscription comes to at an instant, in the currency's unit, to six decimals."""
    return Decimal(micros(monthly(terms_of(body), at) * months(body.interval, body.interval_count))) / 1_000_000


def _less(price: Fraction, discounts: Sequence[Off], span: str, at: int) -> Fraction:
    for off in discounts:
        if (off.ends_at is not None and off.ends_at <= at) or (off.starts_at is not None and off.starts_at > at):
            continue
        if off.percent is not None:
            price -= price * Fraction(off.percent) / 100
        elif off.amount is not None:
            price -= Fraction(off.amount) / Fraction(span)
    return max(price, Fraction(0))


def _metered(body: SubscriptionUpdated) -> int:
    """What the metered items that have a price cost a month, millionths: kept apart."""
    if body.status not in PAYING or not body.items:
        return 0
    return micros(sum((_monthly_price(item) for item in body.items if item.metered), Fraction(0)))
