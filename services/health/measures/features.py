"""What of the product is used: features, workflows, integrations; and how good the data in it are (HM-9, HM-11)."""

from services.health.measures.days import USED, WINDOW, reach_back, recent_reports, reported_features
from services.health.measures.measure import Measure, Params
from shared.clock import DAY_US
from shared.facts import WINDOW_DAYS, Facts


def feature_breadth(facts: Facts, now: int, params: Params) -> float | None:
    """Different features used in the 28 UTC days ending today, by daily events and, of other days, by reports."""
    today = now // DAY_US
    first = today - params["days"] + 1
    if facts.features and facts.newest_day >= first:
        used = [name for name, (last, _) in facts.features.items() if last >= first]
        return float(len(reported_features(facts, first, today).union(used)))
    for report in recent_reports(facts, today, params["report_valid_days"]):
        if report.features is not None:
            return float(len(set(report.features)))
    return 0.0 if facts.features else None


def key_feature_change(facts: Facts, now: int, params: Params) -> float | None:
    """Days on which the features that the model names were used, in the 28 UTC days ending today against the 28 before,
    as a change (HM-9, TR-S0-2). Of several features their days add up.

    None where they were used on fewer than 20 days before: a change of that would be chance.
    """
    today, days = now // DAY_US, params["days"]
    first = today - days + 1
    if not facts.features or not reach_back(facts, first - days):
        return None
    told = [days_of_use(facts.features[name], first, days) for name in params["features"] if name in facts.features]
    past = sum([before for _, before in told])
    return None if past < params["least_days"] else sum([lately for lately, _ in told]) / past - 1


def days_of_use(feature: tuple[int, bytes], first: int, days: int) -> tuple[int, int]:
    """On how many of the `days` from `first` on a feature was used, and on how many of the as many days before."""
    newest, mask = feature
    ago = first + days - 1 - newest
    if ago >= 2 * days:
        return 0, 0
    bits, window = int.from_bytes(mask, "little"), (1 << days) - 1
    by_day = bits << ago if ago >= 0 else bits >> -ago
    return (by_day & window).bit_count(), (by_day >> days & window).bit_count()


def workflow_completion(facts: Facts, now: int, params: Params) -> float | None:
    """Workflows gone through to their end ÷ those that were begun, in the 28 UTC days ending today."""
    today = now // DAY_US
    first = today - params["days"] + 1
    begun = facts.count("workflows", first, today)
    return (facts.count("workflows_completed", first, today) or 0) / begun if begun else None


def integration_use(facts: Facts, now: int, params: Params) -> float | None:
    """Integrations that are active."""
    told = facts.record.integrations
    return float(len([one for one in told.values() if one.status == "active"])) if told else None


def data_quality(facts: Facts, now: int, params: Params) -> float | None:
    """How good the account's data are, as last told: 0 bad to 100 good."""
    latest = _latest_quality(facts)
    return latest and latest[0]


def _latest_quality(facts: Facts) -> tuple[float, int] | None:
    told = facts.record.data_quality
    return None if told is None else (told.value, told.at)


MEASURES = (
    Measure(
        name="feature_breadth",
        label="Feature breadth",
        unit="features",
        bounds=(0, 1_000),
        sources=("HM-4b", "HM-9"),
        doc="different features used in the 28 UTC days ending today",
        unknown="no data on features",
        reads=USED,
        value=feature_breadth,
        params=WINDOW,
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="key_feature_change",
        label="Use of key features",
        unit="change",
        bounds=(-1, 1_000),
        sources=("HM-9", "TR-S0-2", "ERR-6"),
        doc="days on which the features that the model names were used, in the 28 UTC days ending today against the 28"
        " before, as a change",
        unknown="used on fewer than 20 days before, or no data on the window before",
        reads=USED,
        value=key_feature_change,
        params={"days": 28, "least_days": 20, "features": ()},
        reach_days=WINDOW_DAYS // 2,
    ),
    Measure(
        name="workflow_completion",
        label="Workflow completion",
        unit="share",
        bounds=(0, 1),
        sources=("HM-11",),
        doc="workflows gone through to their end, divided by those begun, in the 28 UTC days ending today",
        unknown="none was begun in these days",
        reads=frozenset({"workflow.recorded"}),
        value=workflow_completion,
        params={"days": 28},
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="integration_use",
        label="Integrations",
        unit="integrations",
        bounds=(0, 120),
        sources=("HM-11",),
        doc="integrations that are active",
        unknown="none was ever told of",
        reads=frozenset({"integration.updated"}),
        value=integration_use,
    ),
    Measure(
        name="data_quality",
        label="Data quality",
        unit="points of 100",
        bounds=(0, 100),
        sources=("HM-11",),
        doc="how good the account's data are, as last told",
        unknown="never told",
        reads=frozenset({"data_quality.reported"}),
        value=data_quality,
        latest=_latest_quality,
    ),
)
