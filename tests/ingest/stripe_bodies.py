"""Bodies of Stripe's webhooks, in the shapes that Stripe sends, and what they are told as."""

import itertools
import json
from typing import Any

import pytest

from services.ingest.sources import settle, translate
from shared.broker import Partition, Record
from shared.errors import Reason, Rejection
from shared.native import decode_body

T = 1_772_000_000
DAY = 86_400
_evts = itertools.count(1)
CREATING = settle(["stripe"])


def item(
    amount: Any = "5000", quantity: int | None = 1, interval: str = "month", count: int = 1, **more: Any
) -> dict[str, Any]:
    recurring = {"interval": interval, "interval_count": count, "usage_type": more.pop("usage", "licensed")}
    price = {"id": "price_team", "nickname": "Team", "unit_amount_decimal": amount, "recurring": recurring}
    return {
        "object": "subscription_item", "quantity": quantity, "current_period_end": T + 20 * DAY,
        "price": {**price, **more.pop("price", {})}, **more,
    }  # fmt: skip


def subscription(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active", "currency": "usd",
        "start_date": T - 100 * DAY, "cancel_at": None, "cancel_at_period_end": False, "ended_at": None,
        "discounts": [], "cancellation_details": {"reason": None, "feedback": None, "comment": None},
        "items": {"object": "list", "data": list(items or [item()])}, **more,
    }  # fmt: skip


def invoice(**more: Any) -> dict[str, Any]:
    return {
        "id": "in_1", "object": "invoice", "customer": "cus_1", "status": "open", "currency": "usd", "total": 12_345,
        "created": T, "due_date": None, "collection_method": "send_invoice",
        "status_transitions": {"finalized_at": None, "paid_at": None}, **more,
    }  # fmt: skip


def hook(kind: str, thing: Any, *, before: dict[str, Any] | None = None, **more: Any) -> Record:
    """A webhook body as the API's door wraps it."""
    data = {"object": thing} | ({"previous_attributes": before} if before is not None else {})
    body = {"id": f"evt_{next(_evts)}", "object": "event", "type": kind, "created": T, "livemode": True, "data": data}
    return wrapped(json.dumps({**body, **more}).encode())


def wrapped(body: bytes, topic: str = "billing.events") -> Record:
    headers = [("ce_specversion", b"1.0"), ("ce_source", b"stripe"), ("ce_type", b"stripe.event")]
    return Record(Partition(topic, 0), 1, T * 1000, b"cus_1", body, headers)


def told(record: Record, **kwargs: Any) -> dict[str, Any]:
    """The one event's payload."""
    (event,) = translate(record, **kwargs)
    fields: dict[str, Any] = decode_body(event.type, event.raw).model_dump()
    return fields


def reason(record: Record) -> Reason:
    with pytest.raises(Rejection) as caught:
        translate(record)
    return caught.value.reason


def coupon(duration: str = "forever", **terms: Any) -> dict[str, Any]:
    return {"id": "co_1", "object": "coupon", "duration": duration, **terms}


def without(thing: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in thing.items() if key != name}


# --- whole bodies, as Stripe sends them --------------------------------------------------------------


def charge(**more: Any) -> dict[str, Any]:
    return {
        "id": "ch_3Qabc", "object": "charge", "amount": 4900, "amount_captured": 0, "amount_refunded": 0,
        "balance_transaction": None, "captured": True, "created": T, "currency": "eur", "customer": "cus_1",
        "billing_details": {"address": {"country": "DE"}, "email": "pay@acme.example", "name": "Acme GmbH"},
        "description": "Subscription update", "disputed": False, "failure_code": None, "failure_message": None,
        "outcome": {"network_status": "approved_by_network", "reason": None, "type": "authorized"}, "paid": True,
        "payment_intent": "pi_3Qabc", "refunded": False, "status": "succeeded", **more,
    }  # fmt: skip


def dispute(**more: Any) -> dict[str, Any]:
    return {
        "id": "dp_1Qabc", "object": "dispute", "amount": 4900, "charge": "ch_3Qabc", "created": T, "currency": "eur",
        "evidence": {"customer_email_address": None, "customer_name": None, "receipt": None},
        "evidence_details": {"due_by": T + 9 * DAY, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False, "livemode": True, "payment_intent": "pi_3Qabc", "reason": "fraudulent",
        "status": "needs_response", **more,
    }  # fmt: skip


def credit_note(**more: Any) -> dict[str, Any]:
    return {
        "id": "cn_1Qabc", "object": "credit_note", "amount": 1690, "created": T, "currency": "usd", "customer": "cus_1",
        "invoice": "in_1", "number": "ABCD-0001-CN-01", "reason": "product_unsatisfactory", "status": "issued",
        "subtotal": 1690, "total": 1690, "type": "post_payment", "voided_at": None, **more,
    }  # fmt: skip


def discount(**more: Any) -> dict[str, Any]:
    return {
        "id": "di_1Qabc", "object": "discount", "checkout_session": None, "coupon": coupon(percent_off=20.0),
        "customer": "cus_1", "end": T + 90 * DAY, "invoice": None, "promotion_code": None, "start": T,
        "subscription": "sub_1", "subscription_item": None, **more,
    }  # fmt: skip


def schedule(**more: Any) -> dict[str, Any]:
    phase = {"items": [{"price": "price_team", "quantity": 3}], "proration_behavior": "create_prorations"}
    return {
        "id": "sub_sched_1Qabc", "object": "subscription_schedule", "canceled_at": None, "completed_at": None,
        "created": T, "current_phase": {"start_date": T, "end_date": T + 30 * DAY}, "customer": "cus_1",
        "end_behavior": "cancel", "released_at": None, "released_subscription": None, "status": "active",
        "phases": [
            {"start_date": T, "end_date": T + 30 * DAY, **phase},
            {"start_date": T + 30 * DAY, "end_date": T + 395 * DAY, **phase},
        ],
        "subscription": "sub_1", **more,
    }  # fmt: skip


def tiers(mode: str, *steps: tuple[int | None, int | None, int | None]) -> dict[str, Any]:
    """A tiered price: (up to, minor units each, flat minor units)."""
    told = [
        {"up_to": up_to, "unit_amount": each, "unit_amount_decimal": None if each is None else str(each),
         "flat_amount": flat, "flat_amount_decimal": None if flat is None else str(flat)}
        for up_to, each, flat in steps
    ]  # fmt: skip
    return {
        "billing_scheme": "tiered", "tiers_mode": mode, "tiers": told, "unit_amount": None, "unit_amount_decimal": None
    }  # fmt: skip


LEAVING = {"reason": "cancellation_requested", "feedback": "too_expensive", "comment": "Budget 🙁"}

CUSTOMER = {"id": "cus_1", "object": "customer", "name": "Acme", "email": "x@acme.test", "address": {"country": "de"}}

RICH = subscription(
    item(
        id="si_1", discounts=[discount(subscription_item="si_1"), "di_2"],
        price={"transform_quantity": {"divide_by": 2, "round": "up"}},
    ),
    item(None, 12, id="si_2", price=tiers("graduated", (10, 500, 1000), (None, 300, None))),
    item(None, None, id="si_3", usage="metered", price=tiers("volume", (None, 1, None))),
    discounts=["di_3", {"id": "di_4", "source": {"type": "coupon", "coupon": coupon(amount_off=5)}, "end": T + DAY}],
    cancel_at_period_end=True, cancellation_details=LEAVING, trial_end=T - 90 * DAY,
)  # fmt: skip

CORPUS: list[tuple[str, dict[str, Any]]] = [
    *((f"customer.subscription.{word}", RICH) for word in ("created", "updated", "deleted", "paused", "resumed")),
    *((f"customer.subscription.{word}", RICH) for word in ("trial_will_end", "pending_update_applied")),
    ("customer.subscription.deleted", subscription(status="canceled", ended_at=T, cancellation_details=LEAVING)),
    *((f"customer.{word}", CUSTOMER) for word in ("created", "updated", "deleted")),
    *((f"customer.discount.{word}", discount()) for word in ("created", "updated", "deleted")),
    ("customer.discount.created",
     discount(coupon=None, source={"type": "coupon", "coupon": coupon(amount_off=500, currency="usd")})),
    *((f"subscription_schedule.{word}", schedule()) for word in ("created", "updated", "expiring", "aborted")),
    ("subscription_schedule.released",
     schedule(status="released", subscription=None, released_subscription="sub_1", released_at=T)),
    *((f"invoice.{word}", invoice(subscription="sub_1")) for word in ("created", "finalized", "sent")),
    ("invoice.paid", invoice(status="paid", parent={
        "type": "subscription_details", "subscription_details": {"metadata": {}, "subscription": "sub_1"}})),
    ("charge.failed", charge(status="failed", failure_code="card_declined", failure_message="Your card was declined.")),
    ("charge.refunded", charge(amount_refunded=4900, refunded=True)),
    *((f"charge.dispute.{word}", dispute(charge=charge())) for word in ("created", "updated", "closed")),
    ("charge.dispute.funds_withdrawn", dispute(evidence={"customer_email_address": "pay@acme.example"})),
    *((f"credit_note.{word}", credit_note()) for word in ("created", "updated", "voided")),
]  # fmt: skip
"""(type, object) of all that we read."""
