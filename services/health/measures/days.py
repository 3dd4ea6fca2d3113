"""Windows of UTC days over the daily events of use, or over reports where there are none. People are never invented.

Daily events tell of every day that they cover, reports of the other days of the window (`Facts.tellers`). Where no
daily event falls into the window, a report serves while it is recent; otherwise past daily events mean that nobody
came, and no data at all means nothing is known.
"""

from collections.abc import Callable

from services.health.measures.measure import Params
from shared.clock import DAY_US
from shared.facts import Facts, UsageReport

WINDOW = {"days": 28, "report_valid_days": 45}
USED = frozenset({"usage.recorded", "login.recorded", "usage.reported"})

OfDays = Callable[[Facts, int, int], float | None]
"""The value over the days from the second argument to the third, inclusive, by daily events."""
OfReport = Callable[[UsageReport], float | None]
"""The value of a report; None where it does not say."""


def by_day_or_report(
    facts: Facts, now: int, params: Params, of_days: Callable[[Facts, int, int], float], of_report: OfReport, *,
    distinct: bool = False,
) -> float | None:  # fmt: skip
    """The value over the `days` ending today, by daily events if any fall into them, and by reports for the days that
    those do not cover; else by the newest report that says it and ended less than `report_valid_days` ago; 0 where
    there once were daily events, else None. `of_days` counts 0 for a day without events, so that shares of days add
    up; of `distinct` people the greater number counts instead, of reports that tell of half of the days or more."""
    today = now // DAY_US
    first = today - params["days"] + 1
    if facts.newest_day >= first and facts.active_people:
        own = of_days(facts, first, today)
        if not facts.reports:
            return own
        reported = facts.tellers(first, today).reported
        told = [(value, days) for report, days in reported if (value := of_report(report)) is not None]
        if distinct:
            return max([own, *(value for value, days in told if 2 * days >= params["days"])])
        shares: float = sum([value * days for value, days in told]) / params["days"]
        return own + shares
    for report in recent_reports(facts, today, params["report_valid_days"]):
        value = of_report(report)
        if value is not None:
            return value
    return 0.0 if facts.active_people else None


def change(facts: Facts, now: int, params: Params, of_days: OfDays, of_report: OfReport) -> float | None:
    """The value over the `days` ending today against the as many days before, as a change: −0.4 is forty percent less.

    None where daily events do not reach back over both (the first weeks of an account are no growth) and there are no
    two reports, one after the other and about as long; None where both values are 0.
    """
    today, days = now // DAY_US, params["days"]
    first = today - days + 1
    reaches = reach_back(facts, first - days)
    if not (reaches and facts.newest_day >= first):
        for later, earlier in _pairs(facts, today, params["report_valid_days"]):
            present, past = of_report(later), of_report(earlier)
            if present is not None and past is not None:
                return relative(present, past)
    return relative(of_days(facts, first, today), of_days(facts, first - days, first - 1)) if reaches else None


def relative(present: float | None, past: float | None) -> float | None:
    """The change from `past` to `present`: 1 where there was nothing before, None where there is nothing now either."""
    if past:
        return ((present or 0.0) - past) / past
    return 1.0 if present else None


def reach_back(facts: Facts, day: int) -> bool:
    """Whether daily events reach back to this day."""
    return bool(facts.active_people) and facts.newest_day - len(facts.active_people) < day


def people_since(facts: Facts, first: int) -> int:
    """Distinct people who were active on day `first` or later."""
    return sum(facts.last_active[: facts.newest_day - first + 1]) if first <= facts.newest_day else 0


def recent_reports(facts: Facts, today: int, valid_days: int) -> list[UsageReport]:
    """Reports that began, and ended less than `valid_days` ago; the latest end first."""
    if not facts.reports:
        return []
    recent = [r for r in facts.reports.values() if r.start <= today < r.end + valid_days]
    return sorted(recent, key=lambda r: (r.end, r.start, r.stamp), reverse=True)


def reported_features(facts: Facts, first: int, today: int) -> set[str]:
    """Features that reports tell of, on days that daily events do not cover."""
    if not facts.reports:
        return set()
    return {name for report, _ in facts.tellers(first, today).reported for name in report.features or ()}


def length(report: UsageReport) -> int:
    """Days that the report tells of."""
    return report.end - report.start + 1


def _pairs(facts: Facts, today: int, valid_days: int) -> list[tuple[UsageReport, UsageReport]]:
    """Recent reports with one that ended the day before they began: of lengths like those of two months."""
    return [
        (later, earlier)
        for later in recent_reports(facts, today, valid_days)
        for earlier in facts.reports.values()
        if earlier.end + 1 == later.start and abs(length(later) - length(earlier)) <= 3
    ]
