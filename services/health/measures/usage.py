"""How much the product is used, and by how many (HM-6)."""

from services.health.measures.days import (
    USED,
    WINDOW,
    by_day_or_report,
    people_since,
    recent_reports,
    reported_features,
)
from services.health.measures.measure import Measure, Params
from shared.clock import DAY_US
from shared.facts import WINDOW_DAYS, Facts, UsageReport
from shared.facts.days import since

# --- DAU/MAU ------------------------------------------------------------------------------------------


def dau_mau_ratio(facts: Facts, now: int, params: Params) -> float | None:
    """Mean daily active people over the 28 UTC days ending today ÷ distinct people active in them (ERR-16)."""
    return by_day_or_report(facts, now, params, _ratio_by_day, _ratio_reported)


def _ratio_by_day(facts: Facts, first: int, today: int) -> float:
    people = people_since(facts, first)
    active = sum(facts.over_days(facts.active_people, first, today))
    return active / (people * (today - first + 1)) if people else 0.0


def _ratio_reported(report: UsageReport) -> float | None:
    """A report says it only if it names both numbers, for four weeks or a month: fewer people come in shorter ones."""
    people, daily = report.active_people, report.mean_daily_active_people
    if people == 0:
        return 0.0
    if people is None or daily is None or not 28 <= report.end - report.start + 1 <= 31:
        return None
    return min(daily / people, 1.0)


# --- feature adoption ---------------------------------------------------------------------------------


def feature_adoption(facts: Facts, now: int, params: Params) -> float | None:
    """Core features used in the 28 UTC days ending today ÷ core features of the model (HM-6); None if it lists none."""
    core = params["core_features"]
    if not core:
        return None
    today = now // DAY_US
    first = today - params["days"] + 1
    if facts.features and facts.newest_day >= first:
        told = reported_features(facts, first, today)
        used = [name for name in core if name in told or (name in facts.features and facts.features[name][0] >= first)]
        return len(used) / len(core)
    for report in recent_reports(facts, today, params["report_valid_days"]):
        if report.features is not None:
            return len(set(core).intersection(report.features)) / len(core)
    return 0.0 if facts.features else None


# --- depth of use -------------------------------------------------------------------------------------


def depth_of_use(facts: Facts, now: int, params: Params) -> float | None:
    """Actions per active person and week, over the 28 UTC days ending today (HM-6)."""
    return by_day_or_report(facts, now, params, _depth_by_day, _depth_reported)


def _depth_by_day(facts: Facts, first: int, today: int) -> float:
    people = people_since(facts, first)
    actions = sum(facts.over_days(facts.actions, first, today))
    return 7 * actions / (people * (today - first + 1)) if people else 0.0


def _depth_reported(report: UsageReport) -> float | None:
    if report.active_people == 0:
        return 0.0
    if report.actions is None or report.active_people is None:
        return None
    return 7 * report.actions / (report.active_people * (report.end - report.start + 1))


# --- silence ------------------------------------------------------------------------------------------


def days_since_last_login(facts: Facts, now: int, params: Params) -> float | None:
    """UTC days since anybody signed in or used the product, as far as the data reach (HM-9, TR-S0-1).

    Daily events reach until today: their silence is silence. A report reaches until the end of its period: an
    account last seen in a report has been silent only for as long as later reports say so.
    """
    today = now // DAY_US
    seen = facts.last_seen[0] // DAY_US if facts.last_seen else None
    told = [report.end for report in facts.reports.values() if report.logins or report.active_people]
    if not told or (seen is not None and seen >= max(told)):
        return None if seen is None else float(since(today, seen))
    reach = min(max(report.end for report in facts.reports.values()), today)
    return float(since(reach, max(told)))


MEASURES = (
    Measure(
        name="dau_mau_ratio",
        label="DAU/MAU ratio",
        unit="people share",
        bounds=(0, 1),
        sources=("HM-6", "ERR-16"),
        doc="mean daily active people over the 28 UTC days ending today, divided by the distinct people in them",
        unknown="no data on use",
        reads=USED,
        value=dau_mau_ratio,
        params=WINDOW,
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="feature_adoption",
        label="Feature adoption",
        unit="share",
        bounds=(0, 1),
        sources=("HM-6",),
        doc="core features used in the 28 UTC days ending today, divided by the core features that the model lists",
        unknown="no data on features",
        reads=USED,
        value=feature_adoption,
        params={**WINDOW, "core_features": ()},
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="depth_of_use",
        label="Depth of use",
        unit="per person and week",
        bounds=(0, 1e9),
        sources=("HM-6", "ERR-4"),
        doc="actions per active person and week over the 28 UTC days ending today",
        unknown="no data on use",
        reads=USED,
        value=depth_of_use,
        params=WINDOW,
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="days_since_last_login",
        label="Days since last login",
        unit="days",
        bounds=(0, 100_000),
        sources=("HM-9", "TR-S0-1"),
        doc="UTC days since anybody signed in or used the product, as far as the data reach",
        unknown="nobody was ever seen",
        reads=USED,
        value=days_since_last_login,
    ),
)
