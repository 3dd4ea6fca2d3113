"""What the calendar of the contract says: a renewal nobody talks about, anniversaries, value, milestones."""

from collections.abc import Iterator

from services.health.detectors.finding import Detector, Finding, Scope
from services.health.life import renewal, started, value_achieved
from services.health.measures.measure import first_instant
from shared.clock import DAY_US, date_of
from shared.facts import Facts, Opportunity

_YEAR = 365


def renewal_untalked(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How many days are left to a renewal within the window that no deal of it, open or won, tells of; a deal whose day
    is past tells of nothing any more."""
    day = _renewal_day(facts, now)
    today = now // DAY_US
    if day is None or day - today > scope.days:
        return
    deals = [deal for deal in facts.record.opportunities.values() if deal.kind == "renewal"]
    if not any(_talks(deal, today) for deal in deals):
        said = "the deal's day is past" if any(deal.status == "open" for deal in deals) else "no talk of it is known"
        yield Finding(
            f"renewal {date_of(day).isoformat()}", day - today, f"{_days(day - today)} to the renewal, and {said}"
        )


def _talks(deal: Opportunity, today: int) -> bool:
    """Whether it is about the coming renewal: open with its day ahead, or won in the last quarter of a year."""
    if deal.status == "open":
        return deal.closes_on is None or deal.closes_on >= today
    return deal.status == "won" and deal.at // DAY_US > today - 90


def _renewal_day(facts: Facts, now: int) -> int | None:
    ahead = renewal(facts, now)
    return None if ahead is None else ahead.at // DAY_US


def contract_age(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How many times `every` days have passed since the contract began, for the window after each time; only the first
    time where `once`."""
    begun = started(facts, now)
    if begun is None:
        return
    passed = now // DAY_US - begun.at // DAY_US
    times, every = passed // scope.params["every"], scope.params["every"]
    if times >= 1 and passed % every < scope.days and not (scope.params["once"] and times > 1):
        yield Finding(f"{times} × {every} days", times, f"{passed} days with us")


def value(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """A success plan was first achieved in the window, or the milestone `value_achieved` reached."""
    reached = value_achieved(facts, now)
    if reached is not None and reached.at >= first_instant(now, scope.days):
        plans = [(plan.at, plan.event) for plan in facts.record.plans.values() if plan.status == "achieved"]
        told = facts.record.lifecycle.get("value_achieved")
        plans += [(told.first, told.event)] if told else []
        yield Finding("", 1, "What was promised is achieved", (min(plans)[1],), reached.at)


def milestone(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """A milestone of one of the names was last reached in the window: what people tell, and other facts cannot."""
    since = first_instant(now, scope.days)
    for name in scope.params["names"]:
        told = facts.record.lifecycle.get(name)
        if told is not None and told.at >= since:
            yield Finding(name, told.times, f"It was told: {name.replace('_', ' ')}", (told.event,), told.at)


def _days(left: int) -> str:
    return "1 day" if left == 1 else f"{left} days"


def _lifecycle(facts: Facts) -> object:
    return facts.record.lifecycle


DETECTORS = (
    Detector(
        "renewal_untalked",
        "a renewal lies within the window, and no deal tells of it: none open with its day ahead, none won in 90 days",
        "days left",
        renewal_untalked,
        frozenset({"opportunity.updated"}),
        lambda facts: facts.subscriptions,
    ),
    Detector(
        "contract_age",
        "so many days, or a multiple of them, since the contract began; for the window after it",
        "how many times",
        contract_age,
        frozenset(),
        lambda facts: facts.subscriptions or facts.fields,
        {"every": _YEAR, "once": False},
    ),
    Detector(
        "value",
        "a success plan was achieved in the window, or `value_achieved` reached",
        "always 1",
        value,
        frozenset({"success_plan.updated", "milestone.reached"}),
        lambda facts: facts.record.plans or facts.record.lifecycle,
    ),
    Detector(
        "milestone",
        "a milestone of one of these names was reached in the window",
        "how many times",
        milestone,
        frozenset({"milestone.reached"}),
        _lifecycle,
        {"names": ()},
    ),
)
