"""What the account gets out of us: returns, goals, milestones, value (HM-7, HM-11, MT-ROI).

Of success plans those count that are active or achieved.
"""

from math import fsum

from services.health.measures.measure import Measure, Params
from services.health.measures.revenue import main_currency, next_change
from shared.clock import DAY_US
from shared.facts import Facts, SuccessPlan
from shared.facts.plans import Objective
from shared.revenue.ledger import mrr_at


def roi_achieved(facts: Facts, now: int, params: Params) -> float | None:
    """Returns that came ÷ returns that were promised, of those of which both are known, in the currency in which most
    was promised: 1 is all of it."""
    if not facts.record.roi:
        return None
    promised: dict[str, int] = {}
    actual: dict[str, int] = {}
    for item in facts.record.roi.values():
        if item.promised and item.actual is not None:
            promised[item.currency] = promised.get(item.currency, 0) + item.promised
            actual[item.currency] = actual.get(item.currency, 0) + item.actual
    currency = main_currency(promised)
    return None if currency is None else actual[currency] / promised[currency]


def value_realisation(facts: Facts, now: int, params: Params) -> float | None:
    """Returns that came ÷ what they pay us a year, in the currency of most revenue: how many times its price they have
    got back (ERR-2). None without returns or revenue in it."""
    returns = [item for item in facts.record.roi.values() if item.actual is not None]
    if not returns:
        return None
    revenue = mrr_at(facts, now)
    currency = main_currency(revenue)
    came = [item.actual or 0 for item in returns if item.currency == currency]
    return sum(came) / (12 * revenue[currency]) if currency is not None and came else None


def kpi_improvement(facts: Facts, now: int, params: Params) -> float | None:
    """How far the objectives have come from where they began to their targets, on average: 0 to 1."""
    if not facts.record.plans:
        return None
    progress = [way for plan in _plans(facts) for goal in plan.objectives if (way := goal.progress) is not None]
    return fsum(progress) / len(progress) if progress else None


def goals_met(facts: Facts, now: int, params: Params) -> float | None:
    """Objectives that are met (at their target, or the account says so) ÷ those that are met or whose day is past. One
    without a day counts once its numbers are known."""
    if not facts.record.plans:
        return None
    today = now // DAY_US
    verdicts = [
        verdict for plan in _plans(facts) for goal in plan.objectives if (verdict := _met(goal, today)) is not None
    ]
    return sum(verdicts) / len(verdicts) if verdicts else None


def _met(goal: Objective, today: int) -> bool | None:
    progress = goal.progress
    if goal.confirmed or progress == 1:
        return True
    is_due = progress is not None if goal.due_on is None else goal.due_on < today
    return False if is_due else None


def milestones_met(facts: Facts, now: int, params: Params) -> float | None:
    """Milestones of success plans that are done ÷ those that are done or whose day is past."""
    today = now // DAY_US
    done = past = 0
    for plan in _plans(facts):
        for milestone in plan.milestones:
            done += milestone.done_on is not None
            past += milestone.done_on is None and milestone.due_on is not None and milestone.due_on < today
    return done / (done + past) if done or past else None


def _plans(facts: Facts) -> list[SuccessPlan]:
    return [plan for plan in facts.record.plans.values() if plan.status in {"active", "achieved"}]


_ROI = frozenset({"roi.recorded"})
_PLANS = frozenset({"success_plan.updated"})

MEASURES = (
    Measure(
        name="roi_achieved",
        label="ROI achieved against promised",
        unit="share",
        bounds=(0, 1e21),
        sources=("HM-7", "HM-11"),
        doc="returns that came, divided by those promised, in the currency in which most was promised",
        unknown="of no return both numbers are known",
        reads=_ROI,
        value=roi_achieved,
    ),
    Measure(
        name="value_realisation",
        label="Value realisation",
        unit="times",
        bounds=(0, 1e21),
        sources=("HM-7", "ERR-2"),
        doc="returns that came, divided by what the account pays a year",
        unknown="no return came, or no revenue in its currency",
        reads=_ROI | {"subscription.updated", "invoice.updated", "discount.updated", "schedule.updated"},
        value=value_realisation,
        next=next_change,
    ),
    Measure(
        name="kpi_improvement",
        label="KPI improvement",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="how far the objectives of active and achieved success plans have come towards their targets, on average",
        unknown="no objective with numbers",
        reads=_PLANS,
        value=kpi_improvement,
    ),
    Measure(
        name="goals_met",
        label="Goals met",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="objectives that are met, divided by those that are met or due",
        unknown="no objective is met or due",
        reads=_PLANS,
        value=goals_met,
    ),
    Measure(
        name="milestones_met",
        label="Milestones reached",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="milestones of success plans that are done, divided by those that are done or whose day is past",
        unknown="no milestone is done or past",
        reads=_PLANS,
        value=milestones_met,
    ),
)
