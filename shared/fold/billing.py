"""What billing.events do to the facts."""

from shared.contracts import billing
from shared.facts import (
    MOST_STATES,
    MOST_SUBSCRIPTION_STATES,
    Cancellation,
    CreditNote,
    Discount,
    Dispute,
    Event,
    Facts,
    FailedPayment,
    Invoice,
    Refund,
    Schedule,
    Subscription,
)
from shared.fold.stamped import Rule, put, stamp, us
from shared.revenue.price import micros, resolved, state_of


def _on_cancel(facts: Facts, event: Event) -> None:
    requested = event.type == "cancel.requested"
    item = Cancellation(*stamp(event), requested, event.body.reason if requested else None)
    if facts.cancellation is None or facts.cancellation.stamp < item.stamp:
        facts.cancellation = item


def _on_subscription(facts: Facts, event: Event) -> None:
    name = event.body.subscription_id
    states = [*facts.subscriptions.get(name, []), resolved(state_of(event), facts.discounts)]
    states.sort(key=lambda s: s.stamp, reverse=True)
    facts.subscriptions[name] = states[:MOST_SUBSCRIPTION_STATES]
    if sum(map(len, facts.subscriptions.values())) > MOST_STATES:
        _forget_a_state(facts.subscriptions)


def _forget_a_state(subscriptions: dict[str, list[Subscription]]) -> None:
    """Drops the oldest state of the subscription that has most, so that the choice does not depend on arrival."""
    longest = min(subscriptions, key=lambda name: (-len(subscriptions[name]), subscriptions[name][-1].stamp))
    left = subscriptions[longest][:-1]
    if left:
        subscriptions[longest] = left
    else:
        del subscriptions[longest]


def _on_discount(facts: Facts, event: Event) -> None:
    """Terms may come after the subscription that names them, so all that names any is reckoned again."""
    body: billing.DiscountUpdated = event.body
    percent, amount = (None if number is None else str(number) for number in (body.percent, body.amount))
    item = Discount(*stamp(event), percent, amount, us(body.ends_at), us(body.starts_at), body.payer_id)
    put(facts.discounts, body.discount_id, item)
    for name, states in facts.subscriptions.items():
        if any(state.terms is not None for state in states):
            facts.subscriptions[name] = [resolved(state, facts.discounts) for state in states]


def _on_schedule(facts: Facts, event: Event) -> None:
    body: billing.ScheduleUpdated = event.body
    item = Schedule(*stamp(event), body.subscription_id, body.status, us(body.ends_at))
    put(facts.schedules, body.schedule_id, item)


def _on_invoice(facts: Facts, event: Event) -> None:
    body: billing.InvoiceUpdated = event.body
    item = Invoice(
        *stamp(event), body.status, micros(body.amount), body.currency,
        us(body.issued_at), us(body.due_at), us(body.paid_at), body.subscription_id,
    )  # fmt: skip
    put(facts.invoices, body.invoice_id, item)


def _on_failure(facts: Facts, event: Event) -> None:
    body: billing.PaymentFailed = event.body
    item = FailedPayment(*stamp(event), micros(body.amount), body.currency, body.reason)
    put(facts.failed_payments, body.payment_id, item)


def _on_refund(facts: Facts, event: Event) -> None:
    body: billing.PaymentRefunded = event.body
    put(facts.refunds, body.refund_id, Refund(*stamp(event), micros(body.amount), body.currency))


def _on_dispute(facts: Facts, event: Event) -> None:
    body: billing.DisputeUpdated = event.body
    item = Dispute(*stamp(event), body.status, micros(body.amount), body.currency, body.reason)
    put(facts.disputes, body.dispute_id, item)


def _on_credit_note(facts: Facts, event: Event) -> None:
    body: billing.CreditNoteUpdated = event.body
    item = CreditNote(*stamp(event), body.status, micros(body.amount), body.currency)
    put(facts.credit_notes, body.credit_note_id, item)


RULES: dict[str, Rule] = {
    "subscription.updated": _on_subscription,
    "invoice.updated": _on_invoice,
    "discount.updated": _on_discount,
    "schedule.updated": _on_schedule,
    "payment.failed": _on_failure,
    "payment.refunded": _on_refund,
    "dispute.updated": _on_dispute,
    "credit_note.updated": _on_credit_note,
    "cancel.requested": _on_cancel,
    "cancel.withdrawn": _on_cancel,
}
