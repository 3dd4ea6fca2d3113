"""Stripe's invoices, payments that failed or were given back, disputes and credit notes. Pure."""

from collections.abc import Sequence
from typing import Any

from services.ingest.sources.drafts import Draft, Key, account_key, line, read
from services.ingest.sources.stripe_money import in_units, seconds
from services.ingest.sources.stripe_objects import Charge, ChargeLink, CreditNote, Data, Dispute, Invoice, id_of
from shared.clock import DAY_US

_CHARGE = "stripe:charge"
_INVOICE_ORDER = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 4}
_DISPUTE_ORDER = {"created": 0, "closed": 2}
_VERDICTS = {"won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost"}


def on_invoice(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """Its whole state. One that is charged automatically is due a day after it is final. What is upcoming is none."""
    if happened == "upcoming":
        return ()
    invoice = read(data.object, Invoice)
    status = "void" if happened == "deleted" else invoice.status or "draft"
    finalized = invoice.status_transitions.finalized_at
    due = invoice.due_date
    if due is None and finalized is not None and invoice.collection_method == "charge_automatically":
        due = finalized + DAY_US // 1_000_000
    fields = {
        "invoice_id": invoice.id,
        "status": status,
        **_money(invoice.total, invoice.currency),
        "issued_at": seconds(invoice.created),
        "due_at": seconds(due),
        "paid_at": seconds(invoice.status_transitions.paid_at),
        "subscription_id": invoice.bills(),
    }
    key = account_key("stripe", id_of(invoice.customer))
    return [Draft("invoice.updated", key, created * 1_000_000, _INVOICE_ORDER.get(status, 0), fields)]


def on_charge(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """A failed attempt, or all that was given back of one charge; and whose charge it is, for disputes name no
    customer. Charges of nobody whom we could know say nothing."""
    charge = read(data.object, Charge)
    link = _links(charge.id, id_of(charge.customer), created)
    if happened == "succeeded":
        return link
    key = _payer(charge)
    if key is None:
        return ()
    if happened == "failed":
        reason = line(charge.failure_code) or line(charge.failure_message)
        fields = {"payment_id": charge.id, **_money(charge.amount, charge.currency), "reason": reason}
        return [Draft("payment.failed", key, created * 1_000_000, 0, fields)]
    given_back = {"refund_id": charge.id, **_money(charge.amount_refunded, charge.currency)}
    return [Draft("payment.refunded", key, created * 1_000_000, max(charge.amount_refunded, 0), given_back), *link]


def _links(charge: str, customer: str | None, created: int) -> list[Draft]:
    """That the charge is the customer's."""
    if customer is None:
        return []
    link = {"source": _CHARGE, "external_id": charge, "reason": "the charge's customer in Stripe"}
    return [Draft("identity.linked", account_key("stripe", customer), created * 1_000_000, 0, link)]


def _payer(charge: Charge) -> Key | None:
    """The customer, else the person by their e-mail address; None for a guest without one."""
    customer = id_of(charge.customer)
    email = charge.billing_details.email if charge.billing_details is not None else None
    return account_key("stripe", customer, email) if customer or email else None


def on_dispute(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """Its whole state."""
    dispute = read(data.object, Dispute)
    fields = {
        "dispute_id": dispute.id,
        "status": _VERDICTS.get(dispute.status, "open"),
        **_money(dispute.amount, dispute.currency),
        "reason": line(dispute.reason),
    }
    return [Draft("dispute.updated", _disputant(dispute), created * 1_000_000, _DISPUTE_ORDER.get(happened, 1), fields)]


def _disputant(dispute: Dispute) -> Key:
    """Disputes name no customer: that of the charge, where it is expanded; else the person by the e-mail address in the
    evidence; else the charge itself, which waits until its own event says whose it is. Raises Rejection where there is
    none of them."""
    charge, evidence = dispute.charge, dispute.evidence
    customer = id_of(charge.customer) if isinstance(charge, ChargeLink) else None
    email = evidence.customer_email_address if evidence is not None else None
    if customer or email or not charge:
        return account_key("stripe", customer, email or None)
    return _CHARGE, account_key("stripe", charge.id if isinstance(charge, ChargeLink) else charge)[1]


def on_credit_note(data: Data, happened: str, created: int) -> Sequence[Draft]:
    """Its whole state."""
    note = read(data.object, CreditNote)
    fields = {"credit_note_id": note.id, "status": note.status, **_money(note.amount, note.currency)}
    key = account_key("stripe", id_of(note.customer))
    sequence = {"created": 0, "voided": 2}.get(happened, 1)
    return [Draft("credit_note.updated", key, created * 1_000_000, sequence, fields)]


def _money(minor: int, currency: str) -> dict[str, Any]:
    """Never below 0: a credit is worth nothing here."""
    return {"amount": str(max(in_units(minor, currency), 0)), "currency": currency.upper()}
