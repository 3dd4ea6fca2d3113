"""Stripe: webhook bodies, verified at the door and carried raw, become native events. FORMATS 5.2.

Stripe delivers at least once, in any order, with times of one second. Each body holds the whole object, so the
newest wins; within one second `sequence` says which state is the later one.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.ingest.sources import drafts
from services.ingest.sources.doors import TOLERANCE, body_of, remedy
from services.ingest.sources.drafts import Draft, account_key, company_drafts, is_id, line, read, spelled
from services.ingest.sources.owners import ACCOUNT_NAMES, address, named
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.stripe_objects import Customer, Data, Envelope
from services.ingest.sources.stripe_payments import on_charge, on_credit_note, on_dispute, on_invoice
from services.ingest.sources.stripe_subscriptions import on_discount, on_schedule, on_subscription
from shared.broker import Record
from shared.contracts import STRIPE_RECORD, Topic
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event

NAME = "stripe"
SECRET = "stripe_webhook_secret"  # noqa: S105  # the name of the setting

_Told = Callable[[Data, str, int], Sequence[Draft]]
"""(what is told, what has happened to it, when in seconds) → native events."""

_READ: Mapping[str, tuple[_Told, frozenset[str] | None]] = {
    "customer.subscription": (
        on_subscription,
        frozenset({
            "created", "updated", "deleted", "paused", "resumed", "trial_will_end", "pending_update_applied",
            "pending_update_expired",
        }),
    ),
    "customer.discount": (on_discount, frozenset({"created", "updated", "deleted"})),
    "subscription_schedule": (
        on_schedule,
        frozenset({"created", "updated", "released", "canceled", "expiring", "completed", "aborted"}),
    ),
    "invoice": (on_invoice, None),
    "charge": (on_charge, frozenset({"failed", "refunded", "succeeded"})),
    "charge.dispute": (
        on_dispute, frozenset({"created", "updated", "closed", "funds_withdrawn", "funds_reinstated"})
    ),
    "credit_note": (on_credit_note, frozenset({"created", "updated", "voided"})),
}  # fmt: skip
"""What we read: the beginning of an event's type, and its last word (None: any). All else is of no use to us."""


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of a webhook body; none for types and thin events that we have no use for. Raises Rejection."""
    event = read(record.value, Envelope)
    if event.object == "v2.core.event":
        return ()
    if event.data is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the event has no `data`")
    return drafts.events(NAME, event.id, _drafts(event, event.data, options.creates_accounts))


def _drafts(event: Envelope, data: Data, creates_accounts: bool) -> Sequence[Draft]:
    subject, _, happened = event.type.rpartition(".")
    if subject == "customer":
        return _on_customer(data, happened, _created(event), creates_accounts)
    on_told, words = _READ.get(subject, (None, None))
    if on_told is None or (words is not None and happened not in words):
        return ()
    return on_told(data, happened, _created(event))


def _on_customer(data: Data, happened: str, created: int, creates_accounts: bool) -> Sequence[Draft]:
    """An account where Stripe may create them. Else, and where the customer's metadata name your own id of the account,
    it says whose customer it is: that account's, or, by the e-mail address, that of the person's."""
    if happened not in {"created", "updated", "deleted"}:
        return ()
    customer = read(data.object, Customer)
    key, at = account_key(NAME, customer.id), created * 1_000_000
    if happened == "deleted":
        return [Draft("account.deleted", key, at, 2, {})] if creates_accounts else ()
    ours = spelled(named(customer.metadata, ACCOUNT_NAMES))
    if ours is None and not creates_accounts:
        return _by_address(customer, at)
    fields: dict[str, Any] = {}
    if name := line(customer.name):
        fields["name"] = name
    if customer.address is not None and customer.address.country:
        fields["country"] = customer.address.country.upper()
    told = company_drafts(NAME, customer.id, ours, at, fields, creates=creates_accounts)
    return [draft._replace(sequence=0 if happened == "created" else 1) for draft in told]


def _by_address(customer: Customer, at: int) -> Sequence[Draft]:
    """Waits for the person to be known, and then claims the customer for the person's account."""
    email = address(customer.email)
    if email is None:
        return ()
    return [Draft("account.updated", (f"{NAME}:person", email), at, 0, {"external_ids": {NAME: customer.id}})]


def _created(event: Envelope) -> int:
    if not isinstance(event.created, int):
        raise Rejection(Reason.MISSING_TIME, "the event has no `created` in seconds")
    return event.created


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


SOURCE = Source(NAME, STRIPE_RECORD, Topic.BILLING, translate, Door(SECRET, verify, unwrap), may_create_accounts=True)
