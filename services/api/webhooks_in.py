"""Webhooks: the signature is checked on the exact bytes, the body wrapped raw. Ingest alone translates. Pure."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from stripe import SignatureVerificationError, WebhookSignature

from services.api.events_in import RECEIVED_AT
from shared.broker import Outgoing
from shared.contracts import STRIPE_RECORD, Topic
from shared.errors import Malformed

TOLERANCE = dt.timedelta(seconds=300)
_REMEDY = "Check that STEWARD_STRIPE_WEBHOOK_SECRET is the signing secret of this very endpoint, and the clock."


def stripe_record(body: bytes, signature: str | None, secret: str, now: dt.datetime) -> Outgoing:
    """A verified Stripe body as a record, keyed by the customer where it names one.

    Raises Malformed if the signature is missing, wrong or older or newer than 300 s, or if the body is no event.
    """
    _verify(body, signature or "", secret, now)
    event = _event(body)
    customer = _customer(event)
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event["id"],
        "ce_source": "stripe",
        "ce_type": STRIPE_RECORD,
        **({"ce_subject": customer} if customer else {}),
        "content-type": "application/json",
        RECEIVED_AT: now.isoformat(),
    }
    key = customer.encode() if customer else None
    return Outgoing(Topic.BILLING, key, body, [(name, value.encode()) for name, value in headers.items()])


def _verify(body: bytes, signature: str, secret: str, now: dt.datetime) -> None:
    """The library compares the signatures; the age is measured on our clock."""
    try:
        if not signature.isascii():
            raise ValueError("not ASCII")
        WebhookSignature.verify_header(body, signature, secret)
        signed_at = int(next(part for part in signature.split(",") if part.startswith("t="))[2:])
    except (SignatureVerificationError, ValueError) as error:
        raise Malformed("The Stripe-Signature header is missing or does not match this body.", _REMEDY) from error
    if abs(now.timestamp() - signed_at) > TOLERANCE.total_seconds():
        raise Malformed("The Stripe-Signature is more than 300 seconds old or ahead of the clock.", _REMEDY)


def _event(body: bytes) -> Mapping[str, Any]:
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed("The signed body is not JSON.") from error
    if not isinstance(event, dict) or not _is_id(event.get("id")):
        raise Malformed("The signed body is not a Stripe event: it has no id.")
    return event


def _customer(event: Mapping[str, Any]) -> str | None:
    """The customer's id: the object itself, or what it belongs to, expanded or not."""
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        return None
    named = thing.get("id") if thing.get("object") == "customer" else thing.get("customer")
    found = named.get("id") if isinstance(named, dict) else named
    return found if _is_id(found) else None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and "\x00" not in value
