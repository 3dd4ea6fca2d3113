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
