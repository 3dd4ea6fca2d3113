"""What growth and segments ask of recurring revenue. What it is: shared/revenue. Money is millionths of its unit."""

from shared.facts import Facts
from shared.revenue.ledger import instants


def main_currency(*totals: dict[str, int]) -> str | None:
    """The currency with the most revenue in all `totals` together, the first by name among equals."""
    named: set[str] = set().union(*totals)
    if len(named) < 2:
        return next(iter(named), None)
    summed: dict[str, int] = {}
    for total in totals:
        for currency, mrr in total.items():
            summed[currency] = summed.get(currency, 0) + mrr
    return min(summed, key=lambda currency: (-summed[currency], currency), default=None)


def next_change(facts: Facts, now: int) -> int | None:
    """The first instant after `now` at which revenue can change by itself, or None."""
    return min((instant for instant in instants(facts) if instant > now), default=None)
