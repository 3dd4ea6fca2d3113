"""Whether the product is used more or less than before (HM-4b, HM-7, ERR-6): a window against the one before."""

from services.health.measures.days import USED, WINDOW, change, length
from services.health.measures.measure import Measure, Params
from shared.facts import WINDOW_DAYS, Facts, UsageReport

_REACH = WINDOW_DAYS // 2


def usage_trend(facts: Facts, now: int, params: Params) -> float | None:
    """Actions of the 28 UTC days ending today against the 28 before, as a change."""
    return change(facts, now, params, _actions, _actions_a_day)


def _actions(facts: Facts, first: int, last: int) -> float:
    return float(sum(facts.over_days(facts.actions, first, last)))


def _actions_a_day(report: UsageReport) -> float | None:
    return None if report.actions is None else report.actions / length(report)


def frequency_trend(facts: Facts, now: int, params: Params) -> float | None:
    """How often people come: days of all people together, of the 28 UTC days ending today against the 28 before."""
    return change(facts, now, params, _visits, _logins_a_day)


def _visits(facts: Facts, first: int, last: int) -> float:
    return float(sum(facts.over_days(facts.active_people, first, last)))


def _logins_a_day(report: UsageReport) -> float | None:
    return None if report.logins is None else report.logins / length(report)


def user_growth(facts: Facts, now: int, params: Params) -> float | None:
    """How many people come: those of each week's busiest day, on average over the 28 UTC days ending today, against the
    28 before. Who came in the days before is not kept beyond a count by day, so the busiest day stands for a week."""
    return change(facts, now, params, _busiest, lambda report: report.active_people)


def _busiest(facts: Facts, first: int, last: int) -> float:
    """Sum over the weeks, the last of which ends on `last`, of the most people on one day."""
    days = facts.over_days(facts.active_people, first, last)
    if last > facts.newest_day:
        days = [0] * (last - facts.newest_day) + days
    return float(sum([max(days[i : i + 7]) for i in range(0, len(days), 7)]))


def usage_growth(facts: Facts, now: int, params: Params) -> float | None:
    """Actions of the 60 UTC days ending today against the 60 before: growth is slower than a trend."""
    return change(facts, now, params, _actions, _actions_a_day)


_NEW = "no data on use, or none of the window before"

MEASURES = (
    Measure(
        name="usage_trend",
        label="Usage trend",
        unit="change",
        bounds=(-1, 1e12),
        sources=("HM-7", "TR-S2-5", "ERR-6"),
        doc="actions of the 28 UTC days ending today against the 28 before, as a change",
        unknown=_NEW,
        reads=USED,
        value=usage_trend,
        params=WINDOW,
        reach_days=_REACH,
    ),
    Measure(
        name="frequency_trend",
        label="Usage frequency trend",
        unit="change",
        bounds=(-1, 1e12),
        sources=("HM-7", "ERR-6"),
        doc="how often people came in the 28 UTC days ending today against the 28 before, as a change",
        unknown=_NEW,
        reads=USED,
        value=frequency_trend,
        params=WINDOW,
        reach_days=_REACH,
    ),
    Measure(
        name="user_growth",
        label="User growth",
        unit="change",
        bounds=(-1, 1e12),
        sources=("HM-4b",),
        doc="people on the busiest day of a week, on average over the 28 UTC days ending today, against the 28 before",
        unknown=_NEW,
        reads=USED,
        value=user_growth,
        params=WINDOW,
        reach_days=_REACH,
    ),
    Measure(
        name="usage_growth",
        label="Usage growth",
        unit="change",
        bounds=(-1, 1e12),
        sources=("HM-4b",),
        doc="actions of the 60 UTC days ending today against the 60 before, as a change",
        unknown=_NEW,
        reads=USED,
        value=usage_growth,
        params={**WINDOW, "days": 60},
        reach_days=_REACH,
    ),
)
