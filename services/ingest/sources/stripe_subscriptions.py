"""Stripe's subscriptions, what is taken off them, what is planned for them, and who asks to leave. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.ingest.sources.drafts import Draft, account_key, prose, read
from services.ingest.sources.stripe_money import discounts_of, is_once, items_of, seconds, terms_of
from services.ingest.sources.stripe_objects import Data, Discount, Schedule, Subscription, id_of
from shared.native import decode_body
from shared.revenue.price import interval_price

REASONS = {
    "too_expensive": "cost",
    "switched_service": "competitor",
    "missing_features": "missing_feature",
    "too_complex": "usability",
    "customer_service": "support",
    "unused": "no_need",
}
"""Stripe's feedback in the words of the exit interview (PB-12, DOC-13)."""

_STATUSES = {"canceled": "cancelled", "incomplete_expired": "incomplete"}
_AFTER_OTHERS = {"created": 0, "deleted": 2}
_PLANNED = frozenset({"not_started", "active", "completed"})


def on_subscription(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """Its whole state; a wish to leave or to stay after all; at its end why, where the customer said so."""
    subscription = read(data.object, Subscription)
    key = account_key("stripe", id_of(subscription.customer))
    at, sequence = created * 1_000_000, _AFTER_OTHERS.get(happened, 1)
    ended = created if happened == "deleted" else None
    drafts = [Draft("subscription.updated", key, at, sequence, _fields(subscription, created, ended))]
    signal = _cancel_signal(data.previous_attributes or {}, subscription) if happened == "updated" else None
    if signal is not None:
        drafts.append(Draft(signal, key, at, sequence, _cancel_fields(signal, subscription)))
    if ended is not None and _asked({}, subscription):
        drafts.append(Draft("exit_interview.recorded", key, at, sequence, _exit_fields(subscription)))
    return drafts


def _fields(subscription: Subscription, created: int, ended: int | None) -> dict[str, Any]:
    price = subscription.leading_price()
    recurring = price.recurring if price is not None else None
    renews_at = subscription.period_end()
    ends_at = subscription.ended_at or subscription.cancel_at
    if ends_at is None and subscription.cancel_at_period_end:
        ends_at = renews_at
    fields = {
        "subscription_id": subscription.id,
        "status": "cancelled" if ended is not None else _STATUSES.get(subscription.status, subscription.status),
        "plan": price.label() if price is not None else None,
        "currency": subscription.currency.upper(),
        "interval": recurring.interval if recurring is not None else "month",
        "interval_count": recurring.interval_count if recurring is not None else 1,
        "seats": subscription.seats(),
        "started_at": seconds(subscription.start_date),
        "renews_at": seconds(renews_at),
        "ends_at": seconds(ends_at if ends_at is not None else ended),
        "cancel_at_period_end": subscription.cancel_at_period_end,
        # Paused for want of a payment method after a trial: nothing is sold, so nothing recurs.
        "items": [] if subscription.status == "paused" else items_of(subscription),
        "discounts": discounts_of(subscription),
        "trial_ends_at": seconds(subscription.trial_end),
        "payer_id": id_of(subscription.customer),
    }
    body = decode_body("subscription.updated", msgspec.json.encode(fields))
    return fields | {"amount": str(interval_price(body, created * 1_000_000))}


# --- leaving --------------------------------------------------------------------------------------


def _cancel_signal(before: dict[str, Any], now: Subscription) -> str | None:
    """`cancel_at_period_end` has just become true, or false again. Newer accounts set `cancel_at` instead, which
    counts where it was the customer's wish."""
    was_leaving = before.get("cancel_at_period_end", now.cancel_at_period_end) or (
        before.get("cancel_at", now.cancel_at) is not None and _asked(before, now)
    )
    is_leaving = now.cancel_at_period_end or (now.cancel_at is not None and _asked({}, now))
    if is_leaving == bool(was_leaving) or now.status == "canceled":
        return None
    return "cancel.requested" if is_leaving else "cancel.withdrawn"


def _asked(before: dict[str, Any], now: Subscription) -> bool:
    details = before.get("cancellation_details")
    reason = now.cancellation_details.reason if now.cancellation_details is not None else None
    if isinstance(details, dict):
        reason = details.get("reason", reason)
    return reason == "cancellation_requested"


def _cancel_fields(signal: str, subscription: Subscription) -> dict[str, Any]:
    fields: dict[str, Any] = {"subscription_id": subscription.id}
    details = subscription.cancellation_details
    if signal == "cancel.requested" and details is not None:
        fields["reason"] = REASONS.get(details.feedback or "", details.feedback)
        fields["comment"] = prose(details.comment)
    return fields


def _exit_fields(subscription: Subscription) -> dict[str, Any]:
    """One interview a subscription; feedback without a word of ours is `other`."""
    details = subscription.cancellation_details
    feedback = details.feedback or "" if details is not None else ""
    comment = prose(details.comment) if details is not None else None
    return {"interview_id": subscription.id, "reason": REASONS.get(feedback, "other"), "comment": comment}


# --- discounts and schedules ----------------------------------------------------------------------


def on_discount(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """Its terms, for the subscriptions that name it by its id, or, where it is the customer's, for all of theirs that
    name none; none where Stripe keeps them to itself. One that is for one invoice alone takes nothing off what
    recurs."""
    discount = read(data.object, Discount)
    terms = {"percent": "0"} if is_once(discount) else dict(terms_of(discount))
    if not terms or not discount.id:
        return ()
    end = discount.end
    if happened == "deleted":
        end = created if end is None else min(end, created)
    times = {"starts_at": seconds(discount.start), "ends_at": seconds(end)}
    fields = {"discount_id": discount.id, **terms, **times, "payer_id": discount.payer()}
    key = account_key("stripe", id_of(discount.customer))
    return [Draft("discount.updated", key, created * 1_000_000, _AFTER_OTHERS.get(happened, 1), fields)]


def on_schedule(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """When the plan ends the subscription. What later phases will cost is not told: their prices are mere ids."""
    schedule = read(data.object, Schedule)
    ends = [phase.end_date for phase in schedule.phases if phase.end_date is not None]
    is_end = schedule.end_behavior == "cancel" and schedule.status in _PLANNED and ends
    fields = {
        "schedule_id": schedule.id,
        "subscription_id": id_of(schedule.subscription) or id_of(schedule.released_subscription),
        "status": _STATUSES.get(schedule.status, schedule.status),
        "ends_at": seconds(max(ends)) if is_end else None,
    }
    sequence = {"created": 0, "updated": 1, "expiring": 1}.get(happened, 2)
    key = account_key("stripe", id_of(schedule.customer))
    return [Draft("schedule.updated", key, created * 1_000_000, sequence, fields)]
