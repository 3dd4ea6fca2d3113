"""What lies ahead in money: the renewal and what might be bought beside it (HM-11, TR-S3-20)."""

from services.health.measures.measure import Measure, Params
from services.health.measures.revenue import main_currency, next_change
from shared.clock import DAY_US
from shared.facts import Facts, Opportunity, Subscription
from shared.revenue.ledger import mrr_at
from shared.revenue.price import PAYING


def days_to_renewal(facts: Facts, now: int, params: Params) -> float | None:
    """UTC days to the next renewal, or end, of a paying subscription; 0 on the day itself. None without one ahead."""
    today = now // DAY_US
    days = [
        day for state, *_ in facts.subscriptions.values() if (day := _renews_on(state)) is not None and day >= today
    ]
    return float(min(days) - today) if days else None


def _renews_on(state: Subscription) -> int | None:
    if state.status not in PAYING:
        return None
    ends, renews = state.ends_at, state.renews_at
    at = (ends if ends is not None else renews) if state.cancels else (renews if renews is not None else ends)
    return None if at is None else at // DAY_US


def renewal_likelihood(facts: Facts, now: int, params: Params) -> float | None:
    """The probability, 0 to 1, of the open renewal deal that closes first, as the CRM tells it."""
    deals = [deal for deal in _open(facts, "renewal") if deal.probability is not None]
    return min(deals, key=_closing).probability if deals else None


def _closing(deal: Opportunity) -> tuple[bool, int, tuple[int, int, bytes]]:
    return (deal.closes_on is None, deal.closes_on or 0, deal.stamp)


def expansion_potential(facts: Facts, now: int, params: Params) -> float | None:
    """Open expansion deals ÷ what the account pays a year, in the currency of most revenue (also of deals that name
    none); 0 where none is open. None before any expansion deal, and without revenue."""
    if not any(deal.kind == "expansion" for deal in facts.record.opportunities.values()):
        return None
    revenue = mrr_at(facts, now)
    currency = main_currency(revenue)
    if currency is None:
        return None
    amounts = [deal.amount or 0 for deal in _open(facts, "expansion") if deal.currency in {None, currency}]
    return sum(amounts) / (12 * revenue[currency])


def _open(facts: Facts, kind: str) -> list[Opportunity]:
    return [deal for deal in facts.record.opportunities.values() if deal.kind == kind and deal.status == "open"]


_REVENUE = frozenset({"subscription.updated", "invoice.updated", "discount.updated", "schedule.updated"})
_DEALS = frozenset({"opportunity.updated"})

MEASURES = (
    Measure(
        name="days_to_renewal",
        label="Days to renewal",
        unit="days",
        bounds=(0, 3_000_000),
        sources=("TR-S3-20",),
        doc="UTC days to the next renewal, or end, of a paying subscription",
        unknown="no such day ahead",
        reads=frozenset({"subscription.updated"}),
        value=days_to_renewal,
    ),
    Measure(
        name="renewal_likelihood",
        label="Renewal likelihood",
        unit="share",
        bounds=(0, 1),
        sources=("HM-11",),
        doc="probability of the open renewal deal that closes first, as the CRM tells it",
        unknown="no open renewal deal with a probability",
        reads=_DEALS,
        value=renewal_likelihood,
    ),
    Measure(
        name="expansion_potential",
        label="Expansion potential",
        unit="share",
        bounds=(0, 1e21),
        sources=("HM-11",),
        doc="open expansion deals, divided by what the account pays a year",
        unknown="there never was such a deal, or no revenue",
        reads=_DEALS | _REVENUE,
        value=expansion_potential,
        next=next_change,
    ),
)
