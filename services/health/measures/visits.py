"""Who comes, and how often (HM-4b, HM-4c, HM-7, HM-11).

A person who signs in or uses the product several times on a day has come once: how often a program asks for a password
says nothing of the account. Reports tell sign-ins as they were counted.
"""

from services.health.measures.days import USED, WINDOW, by_day_or_report, length, people_since
from services.health.measures.limits import purchased_seats
from services.health.measures.measure import Measure, Params
from shared.facts import WINDOW_DAYS, Facts, UsageReport

MONTH = 30
_SEATS = frozenset({"capacity.reported", "subscription.updated"})


def login_frequency(facts: Facts, now: int, params: Params) -> float | None:
    """Sign-ins of all people together over the 30 UTC days ending today, brought to 30 days (HM-4c)."""
    return by_day_or_report(facts, now, params, _visits_a_month, _logins_a_month)


def _visits_a_month(facts: Facts, first: int, today: int) -> float:
    return sum(facts.over_days(facts.active_people, first, today)) * MONTH / (today - first + 1)


def _logins_a_month(report: UsageReport) -> float | None:
    return None if report.logins is None else report.logins * MONTH / length(report)


def logins_per_person(facts: Facts, now: int, params: Params) -> float | None:
    """The same for each person who was active in these days; 0 where nobody was."""
    return by_day_or_report(facts, now, params, _visits_of_one, _logins_of_one)


def _visits_of_one(facts: Facts, first: int, today: int) -> float:
    people = people_since(facts, first)
    return _visits_a_month(facts, first, today) / people if people else 0.0


def _logins_of_one(report: UsageReport) -> float | None:
    logins = _logins_a_month(report)
    if report.active_people == 0 or logins == 0:
        return 0.0
    return logins / report.active_people if logins is not None and report.active_people else None


def weekly_active_people(facts: Facts, now: int, params: Params) -> float | None:
    """Distinct people active in the 7 UTC days ending today; of a report, if its period is a week."""
    return by_day_or_report(facts, now, params, _distinct, _people_of_a_week, distinct=True)


def _people_of_a_week(report: UsageReport) -> float | None:
    return report.active_people if length(report) == 7 else None


def _distinct(facts: Facts, first: int, today: int) -> float:
    return float(people_since(facts, first))


def active_share(facts: Facts, now: int, params: Params) -> float | None:
    """People active in the 28 UTC days ending today ÷ those who could be: the seats in use, as last told, else all who
    were active in 90 days. At most 1. Of a report, if the seats in use are told."""
    if not facts.active_people and not facts.reports:
        return None
    seats = facts.record.capacity and facts.record.capacity.used_seats

    def of_days(facts: Facts, first: int, today: int) -> float:
        return min(people_since(facts, first) / (seats or people_since(facts, today - params["known_days"] + 1)), 1.0)

    def of_report(report: UsageReport) -> float | None:
        return min(report.active_people / seats, 1.0) if seats and report.active_people is not None else None

    return by_day_or_report(facts, now, params, of_days, of_report, distinct=True)


def active_seats(facts: Facts, now: int, params: Params) -> float | None:
    """People active in the 28 UTC days ending today ÷ seats that were bought; above 1 where more people came. None
    where nobody has said how many were bought."""
    bought = purchased_seats(facts, now)
    if not bought:
        return None
    people = by_day_or_report(facts, now, params, _distinct, lambda report: report.active_people, distinct=True)
    return None if people is None else people / bought


MEASURES = (
    Measure(
        name="login_frequency",
        label="Logins",
        unit="logins a month",
        bounds=(0, 1e12),
        sources=("HM-4b", "HM-4c", "HM-11"),
        doc="sign-ins of all people in the 30 UTC days ending today; each person counts once a day",
        unknown="no data on use",
        reads=USED,
        value=login_frequency,
        params={**WINDOW, "days": MONTH},
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="logins_per_person",
        label="Logins per person",
        unit="logins a month",
        bounds=(0, 1e12),
        sources=("HM-4b", "HM-4c"),
        doc="the same, for each person who was active in these days",
        unknown="no data on use",
        reads=USED,
        value=logins_per_person,
        params={**WINDOW, "days": MONTH},
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="weekly_active_people",
        label="Weekly active people",
        unit="people",
        bounds=(0, 1e9),
        sources=("HM-7",),
        doc="distinct people active in the 7 UTC days ending today",
        unknown="no data on use",
        reads=USED,
        value=weekly_active_people,
        params={**WINDOW, "days": 7},
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="active_share",
        label="Active people",
        unit="share",
        bounds=(0, 1),
        sources=("HM-4b", "HM-11"),
        doc="people active in the 28 UTC days ending today, divided by the seats in use, else by all who were active in"
        " 90 days",
        unknown="no data on use",
        reads=USED | {"capacity.reported"},
        value=active_share,
        params={**WINDOW, "known_days": 90},
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="active_seats",
        label="Active seats against purchased",
        unit="share",
        bounds=(0, 1e9),
        sources=("HM-7",),
        doc="people active in the 28 UTC days ending today, divided by the seats that were bought",
        unknown="no data on use, or nobody has said how many seats were bought",
        reads=USED | _SEATS,
        value=active_seats,
        params=WINDOW,
        reach_days=WINDOW_DAYS,
    ),
)
