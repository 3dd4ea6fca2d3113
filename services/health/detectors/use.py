"""What of the use of the product is told by features or reports alone (TR-S0-2, TR-S3-11)."""

from collections.abc import Iterator

from services.health.detectors.finding import Detector, Finding, Scope
from services.health.measures.days import USED, length, reach_back
from services.health.measures.features import days_of_use
from shared.clock import DAY_US
from shared.facts import Facts, UsageReport

_SIMILAR = 3


def feature_down(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """Each feature (all, or those of `features`) by how much less it was used in the window than in the one before, by
    whole days that ended yesterday. None where it was used on fewer than `least_days` before: that would be chance."""
    days, least = scope.days, scope.params["least_days"]
    first = now // DAY_US - days
    if not reach_back(facts, first - days):
        return
    for name in scope.params["features"] or facts.features:
        lately, before = days_of_use(facts.features[name], first, days) if name in facts.features else (0, 0)
        if lately < before >= least:
            change = lately / before - 1
            words = f"{name} was used on {round(-100 * change)} % fewer days than in the {days} days before"
            yield Finding(name, -change, words, measures={"key_feature_change": change})


def requests_up(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How much more the API was asked than in the period before, a day, by the two newest reports that ended within the
    window."""
    today = now // DAY_US
    told = [r for r in facts.reports.values() if r.api_requests is not None and r.end <= today < r.end + scope.days]
    for later in sorted(told, key=lambda r: r.stamp, reverse=True):
        earlier = _before(facts, later)
        if earlier is not None:
            more = _a_day(later) / _a_day(earlier) - 1
            if more > 0:
                words = f"Requests to the API are up {round(100 * more)} %"
                yield Finding("", more, words, (later.event,), later.at)
            return


def _before(facts: Facts, later: UsageReport) -> UsageReport | None:
    """The report of a like period that ended the day before, with requests in it."""
    for one in facts.reports.values():
        if one.end + 1 == later.start and one.api_requests and abs(length(one) - length(later)) <= _SIMILAR:
            return one
    return None


def _a_day(report: UsageReport) -> float:
    return (report.api_requests or 0) / length(report)


DETECTORS = (
    Detector(
        "feature_down",
        "a feature was used on fewer days in the window than in the one before, by whole days; on at least `least_days`"
        " before",
        "by which share less",
        feature_down,
        USED,
        lambda facts: facts.features,
        {"features": (), "least_days": 8},
    ),
    Detector(
        "requests_up",
        "the API was asked more than in the period before, by reports; the newest ended within the window",
        "by which share more",
        requests_up,
        frozenset({"usage.reported"}),
        lambda facts: facts.reports,
    ),
)
