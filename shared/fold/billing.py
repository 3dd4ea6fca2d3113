"""What billing.events do to the facts."""

from decimal import ROUND_HALF_UP, Decimal

from shared.contracts import billing
from shared.facts import (
    MOST_MICROS,
    MOST_STATES,
    MOST_SUBSCRIPTION_STATES,
    Cancellation,
    Event,
    Facts,
    Invoice,
    Subscription,
)
from shared.fold.stamped import Rule, put, stamp, us

_PAYING = frozenset({"active", "past_due", "unpaid", "paused"})
_MONTHS = {"day": Decimal(12) / 365, "week": Decimal(12) / 52, "month": Decimal(1), "year": Decimal(12)}


def months(interval: str, count: int) -> Decimal:
    """Months in a billing interval: a week is 12/52 and a day 12/365 of one."""
    return _MONTHS[interval] * count


def micros(amount: Decimal) -> int:
    """Money as millionths of its unit, half up, at most MOST_MICROS."""
    return min(int((amount * 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_UP)), MOST_MICROS)


def _on_cancel(facts: Facts, event: Event) -> None:
    requested = event.type == "cancel.requested"
    item = Cancellation(*stamp(event), requested, event.body.reason if requested else None)
    if facts.cancellation is None or facts.cancellation.stamp < item.stamp:
        facts.cancellation = item


def _on_subscription(facts: Facts, event: Event) -> None:
    body: billing.SubscriptionUpdated = event.body
    monthly = body.amount / months(body.interval, body.interval_count) if body.status in _PAYING else Decimal(0)
    state = Subscription(
        *stamp(event), body.status, micros(monthly), body.currency, body.plan, body.seats,
        us(body.started_at), us(body.renews_at), us(body.ends_at), body.cancel_at_period_end,
    )  # fmt: skip
    states = [*facts.subscriptions.get(body.subscription_id, []), state]
    states.sort(key=lambda s: s.stamp, reverse=True)
    facts.subscriptions[body.subscription_id] = states[:MOST_SUBSCRIPTION_STATES]
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


def _on_invoice(facts: Facts, event: Event) -> None:
    body: billing.InvoiceUpdated = event.body
    item = Invoice(
        *stamp(event), body.status, micros(body.amount), body.currency,
        us(body.issued_at), us(body.due_at), us(body.paid_at),
    )  # fmt: skip
    put(facts.invoices, body.invoice_id, item)


RULES: dict[str, Rule] = {
    "subscription.updated": _on_subscription,
    "invoice.updated": _on_invoice,
    "cancel.requested": _on_cancel,
    "cancel.withdrawn": _on_cancel,
}
