"""The models that the sources give: weights, bands, labels and examples, to the digit, named by their ids."""

import pytest

from services.health.assess import Context, assess
from services.health.model import UNKNOWN, Model, load_models
from services.health.scoring import ONE, rounded
from shared.clock import DAY_US
from tests.health.stories import CORE, NOON, answered, facts_of, invoice, met, said, subscribed, ticket, used

MODELS = load_models()
HM1, HM3, HM4 = MODELS["hm-1"], MODELS["hm-3"], MODELS["hm-4"]
HM5 = {touch: MODELS[f"hm-5-{touch}-touch"] for touch in ("high", "low", "tech")}


def raw_of(model: Model, *groups: float) -> float:
    """The sum of a model whose groups have these points of their own, before it is rounded."""
    points = [round(own * ONE) for group, own in zip(model.groups, groups, strict=True) for _ in group.leaves]
    weighed = model.plan.weigh(tuple(points))
    assert weighed.coverage == ONE
    return sum(weighed.parts or ()) / ONE


def told(model: Model, *groups: float) -> tuple[int, str, str]:
    """Score, band and action of groups with these points."""
    band = model.band_of(rounded(round(raw_of(model, *groups) * ONE)))
    return rounded(round(raw_of(model, *groups) * ONE)), band.name, band.action


def weights(model: Model) -> dict[str, int]:
    """The weight of every group."""
    return {group.name: group.weight for group in model.groups}


def bands(model: Model) -> list[tuple[str, int]]:
    """Name and lower bound of every band."""
    return [(band.name, band.lower) for band in model.bands]


# --- HM-1 ---------------------------------------------------------------------------------------------


def test_hm_1_has_five_pillars_and_three_bands_with_their_actions() -> None:
    assert weights(HM1) == {
        "product_usage": 30, "engagement": 25, "support_metrics": 20, "business_outcomes": 15,
        "relationship_strength": 10,
    }  # fmt: skip
    assert [(*band, one.action) for band, one in zip(bands(HM1), HM1.bands, strict=True)] == [
        ("green", 80, "expand"), ("yellow", 50, "nurture"), ("red", 0, "save"),
    ]  # fmt: skip


def test_fx_1_five_pillars_make_65() -> None:
    assert raw_of(HM1, 80, 70, 60, 50, 40) == 24 + 17.5 + 12 + 7.5 + 4
    assert told(HM1, 80, 70, 60, 50, 40) == (65, "yellow", "nurture")


def test_fx_2_all_and_nothing() -> None:
    assert told(HM1, 100, 100, 100, 100, 100) == (100, "green", "expand")
    assert told(HM1, 0, 0, 0, 0, 0) == (0, "red", "save")


@pytest.mark.parametrize(("own", "score", "band"), [(79.5, 80, "green"), (49.5, 50, "yellow"), (80.5, 81, "green")])
def test_fx_3_halves_go_up_before_they_are_banded(own: float, score: int, band: str) -> None:
    assert told(HM1, own, own, own, own, own)[:2] == (score, band)


def test_fx_4_78_and_a_quarter_is_78() -> None:
    assert raw_of(HM1, 85, 75, 90, 60, 70) == 78.25
    assert told(HM1, 85, 75, 90, 60, 70)[:2] == (78, "yellow")


HM_7 = {
    "product_usage": (
        ["dau_mau_ratio", "feature_adoption", "frequency_trend", "active_seats"],
        ["Usage exceeds benchmarks", "Healthy usage patterns", "Below average usage", "At risk - low engagement"],
    ),
    "engagement": (
        ["meeting_attendance", "response_rate", "training_completion", "community_participation", "survey_responses"],
        ["Highly engaged champion", "Regular engagement", "Sporadic engagement", "Disengaged - outreach needed"],
    ),
    "support_metrics": (
        ["ticket_trend", "escalations", "resolution_satisfaction", "self_service"],
        [
            "Minimal support needs, high CSAT", "Normal support pattern", "Elevated issues",
            "Critical - many unresolved issues",
        ],
    ),
    "business_outcomes": (
        ["roi_achieved", "kpi_improvement", "goals_met", "value_realisation"],
        [
            "Exceeding expected outcomes", "On track to meet goals", "Partial value realization",
            "Not achieving expected value",
        ],
    ),
    "relationship_strength": (
        ["sponsor_engaged", "threads", "champion_strength", "competitor_mentions"],
        [
            "Strong multi-threaded relationship", "Good sponsor relationship", "Single-threaded",
            "No executive access",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "said_of_it"), HM_7.items())
def test_hm_7_every_pillar_has_its_metrics_and_its_four_labels(
    name: str, said_of_it: tuple[list[str], list[str]]
) -> None:
    metrics, labels = said_of_it
    pillar = next(group for group in HM1.groups if group.name == name)
    assert [leaf.measure for leaf in pillar.leaves] == metrics
    found = [pillar.label_of(points * ONE) for points in (100, 90, 89, 70, 69, 50, 49, 0)]
    assert found == [label for label in labels for _ in range(2)]


def test_hm_7_a_pillars_label_is_by_its_rounded_points() -> None:
    usage = HM1.groups[0]
    assert usage.label_of(round(89.5 * ONE)) == "Usage exceeds benchmarks"
    assert usage.own_points((100 * ONE, None, 50 * ONE, None)) == 75 * ONE
    assert usage.own_points((None,) * 4) is None
    assert HM4.groups[0].label_of(50 * ONE) is None


# --- HM-3 ---------------------------------------------------------------------------------------------


def test_hm_3_has_four_components_and_three_bands() -> None:
    assert weights(HM3) == {"engagement": 40, "product": 30, "relationship": 20, "business": 10}
    assert bands(HM3) == [("green", 80), ("yellow", 60), ("red", 0)]
    words = ("Thriving, expansion ready", "At risk, needs attention", "High churn risk, intervention needed")
    assert all(band.action.startswith(word) for band, word in zip(HM3.bands, words, strict=True))


def test_fx_7_rounding_comes_before_banding() -> None:
    assert told(HM3, 80, 80, 80, 80)[:2] == (80, "green")
    assert (raw_of(HM3, 59.9, 59.9, 59.9, 59.9), told(HM3, 59.9, 59.9, 59.9, 59.9)[:2]) == (59.9, (60, "yellow"))
    assert told(HM3, 59.4, 59.4, 59.4, 59.4)[:2] == (59, "red")


def test_hm_11_every_metric_of_the_lists_is_a_measure() -> None:
    assert {group.name: [leaf.measure for leaf in group.leaves] for group in HM3.groups} == {
        "engagement": ["login_frequency", "depth_of_use", "active_share", "session_length", "ticket_volume"],
        "product": ["feature_adoption", "workflow_completion", "data_quality", "integration_use"],
        "relationship": ["sponsor_engaged", "qbr_attendance", "nps_mean", "csat_score"],
        "business": ["roi_achieved", "renewal_likelihood", "expansion_potential"],
    }


# --- HM-4 ---------------------------------------------------------------------------------------------

FIVE_BANDS = [("healthy", 80), ("stable", 60), ("at_risk", 40), ("critical", 20), ("emergency", 0)]


def test_hm_4_has_five_components_and_five_bands_with_their_actions() -> None:
    assert weights(HM4) == {"product_usage": 30, "engagement": 25, "relationship": 20, "support": 15, "growth": 10}
    assert bands(HM4) == FIVE_BANDS
    assert [band.action for band in HM4.bands] == [
        "Expansion focus.", "Monitor, optimize.", "Proactive intervention.", "Executive escalation.",
        "All-hands save attempt.",
    ]  # fmt: skip


def test_hm_4b_every_leaf_has_its_share_of_a_hundred() -> None:
    assert {leaf.measure: leaf.weight for leaf in HM4.leaves} == {
        "login_frequency": 10, "feature_breadth": 10, "depth_of_use": 10, "sessions_per_person": 10,
        "time_in_product": 10, "active_share": 5, "nps_mean": 10, "relationship_strength": 5,
        "executive_engagement": 5, "ticket_trend": 5, "sentiment_trend": 5, "resolution_satisfaction": 5,
        "user_growth": 5, "usage_growth": 5,
    }  # fmt: skip
    assert all(sum(leaf.weight for leaf in group.leaves) == group.weight for group in HM4.groups)
    assert sum(group.weight for group in HM4.groups) == 100


@pytest.mark.parametrize(
    ("logins", "points"),
    [
        (0, 20),
        (1, 20),
        (2, 40),
        (4, 40),
        (5, 60),
        (7, 60),
        (10, 60),
        (11, 80),
        (19, 80),
        (20, 80),
        (21, 100),
        (99, 100),
    ],
)
def test_hm_4c_err_3_logins_a_month_have_their_points_and_20_is_80(logins: int, points: int) -> None:
    for model in (HM4, HM3, *HM5.values()):
        (curve,) = [leaf.curve for leaf in model.leaves if leaf.words == "Login frequency"]
        assert curve.rate()(logins, None) == points * ONE


def test_fx_9_seven_logins_alone_are_60_on_a_tenth_of_the_weight_and_no_score() -> None:
    seven = facts_of(*[said("login.recorded", day, person_id="mia") for day in range(7)])
    only = [leaf.measure for leaf in HM4.leaves].index("login_frequency")
    points = HM4.leaves[only].curve.rate()(HM4.plan.reads[only](seven, NOON) or 0, None)
    weighed = HM4.plan.weigh(tuple(points if i == only else None for i in range(len(HM4.leaves))))
    assert (points, sum(weighed.parts or ()), weighed.coverage) == (60 * ONE, 60 * ONE, 100_000)
    assessment = assess(HM4, seven, Context(), NOON)
    assert (assessment.score, assessment.band) == (None, UNKNOWN)


# --- HM-5 and HM-9 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("touch", "expected"),
    [("high", (30, 25, 15, 15, 15)), ("low", (35, 15, 20, 15, 15)), ("tech", (50, 5, 25, 10, 10))],
)
def test_hm_5_weighs_each_component_by_segment(touch: str, expected: tuple[int, ...]) -> None:
    names = ("product_usage", "relationship", "support", "growth_signals", "financial")
    assert weights(HM5[touch]) == dict(zip(names, expected, strict=True))
    assert sum(expected) == 100
    assert bands(HM5[touch]) == FIVE_BANDS


@pytest.mark.parametrize(
    ("touch", "score", "band"), [("high", 62, "stable"), ("low", 59, "at_risk"), ("tech", 53, "at_risk")]
)
def test_fx_8_one_account_has_another_score_in_another_segment(touch: str, score: int, band: str) -> None:
    points = {"product_usage": 40, "relationship": 80, "support": 60, "growth_signals": 50, "financial": 90}
    groups = [points[group.name] for group in HM5[touch].groups]
    assert raw_of(HM5[touch], *groups) == score
    assert told(HM5[touch], *groups)[:2] == (score, band)


def test_hm_5_has_the_leaves_of_hm_4b_with_their_weights_and_two_of_its_own() -> None:
    known = {leaf.measure: leaf.weight for leaf in HM4.leaves} | {"logins_per_person": 10}
    for model in HM5.values():
        *others, financial = model.groups
        assert [leaf.measure for leaf in financial.leaves] == ["payment_history", "growth_trajectory"]
        inside = {leaf.measure: leaf.weight for group in others for leaf in group.leaves}
        assert inside == {measure: known[measure] for measure in known if measure != "login_frequency"}


def test_hm_5_segments_differ_in_weights_alone() -> None:
    without_weights = [
        model.model_dump(exclude={"name": True, "words": True, "groups": {"__all__": {"weight"}}})
        for model in HM5.values()
    ]
    assert without_weights[0] == without_weights[1] == without_weights[2]


WITH_RED_ZONE = [MODELS["hm-2"], *HM5.values()]


PAID_AND_FRIENDLY = [
    subscribed(300, 100), subscribed(30, 120), invoice(40, 41), answered(9, 10),
    said("sponsor.updated", identified=True, engaged=True), met(3), ticket(9, sentiment="positive", satisfaction=5),
]  # fmt: skip


@pytest.mark.parametrize("model", WITH_RED_ZONE, ids=lambda model: model.name)
def test_hm_9_fourteen_days_without_a_login_are_the_red_zone(model: Model) -> None:
    use = [event for day in range(13, 70) for event in used(day, "mia", feature="dashboards")]
    quiet, red = (assess(model, facts_of(*use, *PAID_AND_FRIENDLY), Context(), NOON + days * DAY_US) for days in (0, 1))
    assert quiet.exception != red.exception == "Nobody has signed in for 14 days"
    assert (red.score or 0) <= 39


@pytest.mark.parametrize("model", WITH_RED_ZONE, ids=lambda model: model.name)
@pytest.mark.parametrize(("days_of_use", "is_red"), [(12, True), (13, False)])
def test_hm_9_key_features_down_by_40_percent_are_the_red_zone(model: Model, days_of_use: int, is_red: bool) -> None:
    before = [event for day in range(28, 48) for event in used(day, "mia", feature="dashboards")]
    now = [event for day in range(days_of_use) for event in used(day, "mia", feature="dashboards")]
    rest = [event for day in range(60) for event in used(day, "mia", feature=CORE[3])]
    assessment = assess(model, facts_of(*before, *now, *rest, *PAID_AND_FRIENDLY), Context(), NOON)
    assert (assessment.exception == "Use of the key features is down by 40 % or more") == is_red
    assert ((assessment.score or 0) <= 39) == is_red


# --- all of them --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_err_18_every_curve_says_where_its_numbers_come_from(model: Model) -> None:
    assert all(len(leaf.curve.reason) > 10 for leaf in model.leaves)
    assert {gap.id for gap in model.gaps} & {"ERR-4", "ERR-18"}


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_err_5_err_8_bands_are_the_models_own_and_take_whole_points(model: Model) -> None:
    assert [model.plan.bands[band.lower] for band in model.bands] == [band.name for band in model.bands]
    assert [model.plan.bands[band.lower - 1] for band in model.bands[:-1]] == [band.name for band in model.bands[1:]]
