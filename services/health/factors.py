"""What sorts accounts beyond their revenue: factors out of the facts, weighed into a score (HM-10, SEG-12). Pure."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import Field

from services.health.curves import Curve, Part, Rate
from services.health.scoring import MOST_WEIGHT, weighing
from shared.facts import Facts
from shared.revenue.ledger import mrr_at

MILLION = 1_000_000

FactorName = Literal[
    "arr", "complexity", "growth_potential", "strategic_value", "annual_revenue", "employees",
    "transformation_goals", "process_owner", "bottleneck",
]  # fmt: skip
"""`arr` is reckoned; the others are fields of the account. Yes is 1, no is 0; of a text, that there is one is 1."""


class Factor(Part):
    """One thing that counts: its weight and the points of its value. Without a value it gives its weight to the
    others, unless `without_data` is `zero`."""

    name: FactorName
    label: str
    weight: int = Field(ge=1, le=MOST_WEIGHT)
    curve: Curve
    without_data: Literal["exclude", "zero"] = "exclude"


def weighed(factors: tuple[Factor, ...]) -> Callable[[Facts, int], int | None]:
    """The score of facts at an instant, in millionths of a point; None where nothing is known. Made once."""
    rates: list[tuple[FactorName, Rate]] = [(factor.name, factor.curve.rate()) for factor in factors]
    stand_ins = tuple(0 if factor.without_data == "zero" else None for factor in factors)
    weigh = weighing(((1, tuple(factor.weight for factor in factors)),), stand_ins)

    def score(facts: Facts, now: int) -> int | None:
        values = [(value_of(name, facts, now), rate) for name, rate in rates]
        parts = weigh(tuple(None if value is None else rate(value, None) for value, rate in values)).parts
        return None if parts is None else sum(parts)

    return score


def value_of(name: FactorName, facts: Facts, now: int) -> float | None:
    """A factor's value at `now`; None where nobody has said."""
    if name == "arr":
        arr = arr_of(facts, now)
        return None if arr is None else arr / MILLION
    known = facts.field(name)
    if isinstance(known, str) and name == "bottleneck":
        return 1.0
    try:
        return None if known is None else float(known)
    except ValueError:
        return None


def arr_of(facts: Facts, now: int) -> int | None:
    """Annual recurring revenue in millionths of the main currency: twelve times the monthly revenue in force, else
    what the CRM says, else None."""
    total = mrr_at(facts, now)
    if total:
        return 12 * (max(total.values()))
    known = facts.field("arr")
    return None if known is None else _millionths(known)


def _millionths(amount: str | int) -> int | None:
    try:
        return int(Decimal(amount) * MILLION)
    except InvalidOperation:
        return None
