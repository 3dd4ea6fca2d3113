"""Stripe: webhook bodies, verified at the door and carried raw, become native events. FORMATS 5.2.

Stripe delivers at least once, in any order, with times of one second. Each body holds the whole object, so the
newest wins; within one second `sequence` says which state is the later one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.ingest.sources import drafts as common
from services.ingest.sources.doors import TOLERANCE, body_of, remedy
from services.ingest.sources.drafts import is_id, read
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.stripe_objects import (
    Customer,
    Data,
    Envelope,
    Invoice,
    Subscription,
    amount_of,
    in_units,
    seats_of,
)
from shared.broker import Record
from shared.clock import DAY_US
from shared.contracts import STRIPE_RECORD, Topic
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event

NAME = "stripe"
SECRET = "stripe_webhook_secret"  # noqa: S105  # the name of the setting

REASONS = {
    "too_expensive": "cost",
    "switched_service": "competitor",
    "missing_features": "missing_feature",
    "too_complex": "usability",
}
"""Stripe's feedback in the words of the exit interview (PB-12, DOC-13); other words stay as they are."""

_SUBSCRIPTION_TYPES = frozenset({"created", "updated", "deleted", "paused", "resumed"})
_STATUSES = {"canceled": "cancelled", "incomplete_expired": "incomplete"}
_AFTER_OTHERS = {"created": 0, "deleted": 2}
_INVOICE_ORDER = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 4}


class Draft(NamedTuple):
    """A native event before it has its envelope."""

    type: str
    customer: str
    sequence: int
    fields: dict[str, Any]


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of a webhook body; none for types and thin events that we have no use for. Customers are
    told of only where the source may create accounts. Raises Rejection."""
    event = read(record.value, Envelope)
    if event.object == "v2.core.event":
        return ()
    if event.data is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the event has no `data`")
    drafts = _drafts(event, event.data, options.creates_accounts)
    at = _created(event) * 1_000_000
    return common.events(
        NAME, event.id, (common.Draft(d.type, (NAME, d.customer), at, d.sequence, d.fields) for d in drafts)
    )


def _drafts(event: Envelope, data: Data, creates_accounts: bool) -> Sequence[Draft]:
    subject, _, happened = event.type.rpartition(".")
    if subject == "customer.subscription" and happened in _SUBSCRIPTION_TYPES:
        return _on_subscription(data, happened, _created(event))
    if subject == "invoice" and happened != "upcoming":
        return _on_invoice(data, deleted=happened == "deleted")
    if subject == "customer" and happened in {"created", "updated"} and creates_accounts:
        return _on_customer(data)
    return ()


def _on_customer(data: Data) -> Sequence[Draft]:
    customer = read(data.object, Customer)
    fields: dict[str, Any] = {}
    if customer.name:
        fields["name"] = customer.name[:300]
    if customer.address is not None and customer.address.country:
        fields["country"] = customer.address.country.upper()
    return [Draft("account.updated", _known(customer.id), 0, fields)]


def _on_subscription(data: Data, happened: str, created: int) -> Sequence[Draft]:
    subscription = read(data.object, Subscription)
    customer = _customer(subscription)
    sequence = _AFTER_OTHERS.get(happened, 1)
    ended = created if happened == "deleted" else None
    drafts = [Draft("subscription.updated", customer, sequence, _subscription_fields(subscription, ended))]
    signal = _cancel_signal(data.previous_attributes or {}, subscription) if happened == "updated" else None
    if signal is not None:
        drafts.append(Draft(signal, customer, sequence, _cancel_fields(signal, subscription)))
    return drafts


def _subscription_fields(subscription: Subscription, ended: int | None) -> dict[str, Any]:
    price = subscription.leading_price()
    recurring = price.recurring if price is not None else None
    renews_at = subscription.period_end()
    ends_at = subscription.ended_at or subscription.cancel_at
    if ends_at is None and subscription.cancel_at_period_end:
        ends_at = renews_at
    status = "cancelled" if ended is not None else _STATUSES.get(subscription.status, subscription.status)
    return {
        "subscription_id": subscription.id,
        "status": status,
        "plan": price.label() if price is not None else None,
        "amount": str(amount_of(subscription)),
        "currency": subscription.currency.upper(),
        "interval": recurring.interval if recurring is not None else "month",
        "interval_count": recurring.interval_count if recurring is not None else 1,
        "seats": seats_of(subscription),
        "started_at": _instant(subscription.start_date),
        "renews_at": _instant(renews_at),
        "ends_at": _instant(ends_at if ends_at is not None else ended),
        "cancel_at_period_end": subscription.cancel_at_period_end,
    }


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
        fields["comment"] = details.comment and details.comment[:4000]
    return fields


def _on_invoice(data: Data, deleted: bool) -> Sequence[Draft]:
    invoice = read(data.object, Invoice)
    status = "void" if deleted else invoice.status or "draft"
    finalized = invoice.status_transitions.finalized_at
    due = invoice.due_date
    if due is None and finalized is not None and invoice.collection_method == "charge_automatically":
        due = finalized + DAY_US // 1_000_000
    fields = {
        "invoice_id": invoice.id,
        "status": status,
        "amount": str(max(in_units(invoice.total, invoice.currency), 0)),
        "currency": invoice.currency.upper(),
        "issued_at": _instant(invoice.created),
        "due_at": _instant(due),
        "paid_at": _instant(invoice.status_transitions.paid_at),
    }
    return [Draft("invoice.updated", _customer(invoice), _INVOICE_ORDER.get(status, 0), fields)]


def _created(event: Envelope) -> int:
    if not isinstance(event.created, int):
        raise Rejection(Reason.MISSING_TIME, "the event has no `created` in seconds")
    return event.created


def _customer(thing: Subscription | Invoice) -> str:
    return _known(thing.customer if isinstance(thing.customer, str) else getattr(thing.customer, "id", ""))


def _known(customer: str) -> str:
    if not is_id(customer):
        raise Rejection(Reason.MISSING_ACCOUNT, "the object has no customer")
    return customer


def _instant(seconds: int | None) -> str | None:
    """A time of Stripe, in seconds, as text."""
    return None if seconds is None else common.instant(seconds * 1_000_000)


# --- the door -----------------------------------------------------------------------------------------


def verify(posted: Posted, secret: str, now: dt.datetime) -> None:
    """Checks `Stripe-Signature` by Stripe's own library, and its age (300 s) on our clock. Raises Malformed."""
    from stripe import SignatureVerificationError, WebhookSignature  # noqa: PLC0415  # takes a second, the door alone

    signature = posted.headers.get("stripe-signature", "")
    try:
        if not signature.isascii():
            raise ValueError("not ASCII")
        WebhookSignature.verify_header(posted.body, signature, secret)
        signed_at = int(next(part for part in signature.split(",") if part.startswith("t="))[2:])
    except (SignatureVerificationError, ValueError) as error:
        words = "The Stripe-Signature header is missing or does not match this body."
        raise Malformed(words, remedy(SECRET)) from error
    if abs(now.timestamp() - signed_at) > TOLERANCE.total_seconds():
        raise Malformed("The Stripe-Signature is more than 300 seconds old or ahead of the clock.", remedy(SECRET))


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The one event of a body, keyed by the customer where it names one. Raises Malformed."""
    event = body_of(posted.body)
    if not isinstance(event, dict) or not is_id(event.get("id")):
        raise Malformed("The signed body is not a Stripe event: it has no id.")
    return [Wrapped(event["id"], _named(event), posted.body)]


def _named(event: Mapping[str, Any]) -> str | None:
    """The customer's id: the object itself, or what it belongs to, expanded or not."""
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        return None
    named = thing.get("id") if thing.get("object") == "customer" else thing.get("customer")
    found = named.get("id") if isinstance(named, dict) else named
    return found if is_id(found) else None


SOURCE = Source(NAME, STRIPE_RECORD, Topic.BILLING, translate, Door(SECRET, verify, unwrap))
