"""How the account pays and whether it grows (HM-6)."""

from services.health.measures.measure import Measure, Params, first_instant
from services.health.measures.revenue import main_currency, next_change
from shared.clock import DAY_US
from shared.facts import Facts, Invoice
from shared.revenue.ledger import instants, mrr_at


def payment_history(facts: Facts, now: int, params: Params) -> float | None:
    """Late payments of the 365 UTC days ending today; None before an invoice of theirs was paid or fell due.

    A payment is late from the day after its due day (UTC). An uncollectible invoice is late. Drafts and voided
    invoices are none.
    """
    if not facts.invoices:
        return None
    since, today = first_instant(now, params["days"]), first_instant(now, 1)
    late = judged = 0
    for invoice in facts.invoices.values():
        if (invoice.due_at or invoice.issued_at or invoice.at) >= since:
            verdict = _was_late(invoice, today)
            if verdict is not None:
                judged += 1
                late += verdict
    return float(late) if judged else None


def _was_late(invoice: Invoice, today: int) -> bool | None:
    """Whether it was paid late, or is overdue; None if that is still open. `today` is the day's first instant."""
    status, due = invoice.status, invoice.due_at
    if status == "paid":
        return due is not None and (invoice.paid_at or invoice.at) // DAY_US > due // DAY_US
    if status == "open":
        return True if due is not None and due < today else None
    return True if status == "uncollectible" else None


def growth_trajectory(facts: Facts, now: int, params: Params) -> float | None:
    """Revenue now against 90 UTC days ago, as a change: 0.1 is ten percent more; None before any revenue.

    Younger accounts are compared with the beginning of their first revenue. Revenue is the one in the main currency
    of both instants; where there was none then, any is all of it (1).
    """
    if not facts.subscriptions:
        return None
    present = mrr_at(facts, now)
    past = _revenue_then(facts, first_instant(now, params["days"] + 1), now)
    currency = main_currency(present, past)
    if currency is None:
        return None
    then, today = past.get(currency, 0), present.get(currency, 0)
    return (today - then) / then if then else 1.0


def _revenue_then(facts: Facts, then: int, now: int) -> dict[str, int]:
    """Revenue at `then`, or the account's first revenue, if that began later."""
    found = mrr_at(facts, then)
    if found:
        return found
    for instant in sorted(at for at in instants(facts) if at <= now):
        found = mrr_at(facts, instant)
        if found:
            return found if instant > then else {}
    return {}


MEASURES = (
    Measure(
        name="payment_history",
        label="Payment history",
        unit="invoices",
        bounds=(0, 100_000),
        sources=("HM-6",),
        doc="invoices of the 365 UTC days ending today that were paid late, are overdue or uncollectible",
        unknown="none was paid or fell due",
        reads=frozenset({"invoice.updated"}),
        value=payment_history,
        params={"days": 365},
    ),
    Measure(
        name="growth_trajectory",
        label="Growth trajectory",
        unit="change",
        bounds=(-1, 1e9),
        sources=("HM-6",),
        doc="monthly recurring revenue now against 90 UTC days ago, or against the first there was, as a change",
        unknown="no revenue then or now",
        reads=frozenset({"subscription.updated", "invoice.updated", "discount.updated", "schedule.updated"}),
        value=growth_trajectory,
        params={"days": 90},
        next=next_change,
    ),
)
