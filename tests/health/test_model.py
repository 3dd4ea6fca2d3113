"""Model files: hm-2 as its source says it, and what a file may not say."""

import math
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from services.health.curves import Curve, Quartiles
from services.health.measures import MEASURES
from services.health.model import Leaf, Model, load_models, model_schema
from services.health.shipped import documents
from shared.contracts import NATIVE
from shared.errors import Invalid
from tests.health import measure_table
from tests.health.stories import HM2

LEAVES = {leaf.measure: leaf for leaf in HM2.leaves}
PEERS = Quartiles(2, 4, 6, 8)


def points(measure: str, value: float) -> float | None:
    """The points of a value, by the curve of hm-2."""
    rated = LEAVES[measure].curve.rate()(value, PEERS)
    return None if rated is None else rated / 1_000_000


def test_hm_2_has_four_components_with_these_weights() -> None:
    weights = {group.name: group.weight for group in HM2.groups}
    assert weights == {"product_engagement": 40, "relationship": 25, "financial": 20, "sentiment": 15}


def test_hm_2_has_these_bands() -> None:
    assert [(band.name, band.color, band.lower) for band in HM2.bands] == [
        ("healthy", "green", 80),
        ("stable", "yellow", 60),
        ("at_risk", "orange", 40),
        ("critical", "red", 0),
    ]


@pytest.mark.parametrize(
    ("score", "band"),
    [(100, "healthy"), (80, "healthy"), (79, "stable"), (60, "stable"), (59, "at_risk"), (40, "at_risk"),
     (39, "critical"), (0, "critical")],
)  # fmt: skip
def test_hm_2_bands_include_their_lower_bounds(score: int, band: str) -> None:
    assert HM2.band_of(score).name == band
    assert HM2.plan.bands[score] == band


def test_metrics_weigh_the_same_inside_a_component() -> None:
    relationship = {leaf.measure: leaf.weight for leaf in HM2.groups[1].leaves}
    engagement = relationship["regular_meetings"] + relationship["responsive_to_outreach"]
    sponsor = relationship["sponsor_identified"] + relationship["sponsor_engaged"]
    assert relationship["nps_score"] == engagement == sponsor
    assert all(len({leaf.weight for leaf in group.leaves}) == 1 for group in HM2.groups if group.name != "relationship")


HM_6 = [
    ("dau_mau_ratio", [(1, 100), (0.51, 100), (0.5, 70), (0.3, 70), (0.299999, 50), (0.1, 50), (0.0999, 20), (0, 20)]),
    ("feature_adoption", [(1, 100), (0.81, 100), (0.8, 70), (0.6, 70), (0.5999, 50), (0.4, 50), (0.3999, 20), (0, 20)]),
    ("depth_of_use", [(7, 100), (6, 100), (5.999, 70), (4, 70), (3.999, 50), (2, 50), (1.999, 20), (0, 20)]),
    ("nps_score", [(10, 100), (9, 100), (8.999, 70), (8, 70), (7, 70), (6.999, 20), (6, 20), (0, 20)]),
    ("regular_meetings", [(1, 100), (0, 20)]),
    ("responsive_to_outreach", [(1, 100), (0, 20)]),
    ("sponsor_identified", [(1, 100), (0, 20)]),
    ("sponsor_engaged", [(1, 100), (0, 20)]),
    ("payment_history", [(0, 100), (1, 70), (2, 50), (7, 50)]),
    ("growth_trajectory", [(0.2, 100), (1e-9, 100), (0, 70), (-1e-9, 50), (-1, 50)]),
    ("sentiment_trend", [(1, 100), (0.34, 100), (0.33, 70), (0, 70), (-0.33, 70), (-0.34, 20), (-1, 20)]),
    ("resolution_satisfaction", [(5, 100), (4.5, 100), (4.49, 70), (4, 70), (3.99, 50), (3, 50), (2.99, 20), (1, 20)]),
    ("product_feedback", [(1, 100), (0, 70), (-1, 20)]),
    ("feature_requests", [(1, 100), (0, 50)]),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "table"), HM_6)
def test_hm_6_every_threshold_and_its_neighbours(measure: str, table: list[tuple[float, float]]) -> None:
    assert [(value, points(measure, value)) for value, _ in table] == table


def test_hm_6_every_leaf_has_its_table() -> None:
    assert [measure for measure, _ in HM_6] == [leaf.measure for leaf in HM2.leaves]


def test_err_7_the_sources_own_sign_wins_at_the_boundary() -> None:
    assert (points("dau_mau_ratio", 0.5), points("feature_adoption", 0.8)) == (70, 70)
    assert (points("dau_mau_ratio", 0.3), points("feature_adoption", 0.6)) == (70, 70)


def test_depth_of_use_needs_eight_peers() -> None:
    rate = LEAVES["depth_of_use"].curve.rate()
    assert rate(9, None) is None
    assert rate(9, Quartiles(2, 4, 6, 7)) is None
    assert rate(9, Quartiles(2, 4, 6, 8)) == 100_000_000
    assert HM2.peer_measures == ("depth_of_use",)


def test_a_linear_curve_is_level_beyond_its_ends() -> None:
    rate = Curve.model_validate({"linear": [{"at": 1, "points": 10}, {"at": 3, "points": 90}], "reason": "ours"}).rate()
    assert [rate(value, None) for value in (0, 1, 1.5, 2, 3, 9)] == [
        10_000_000, 10_000_000, 30_000_000, 50_000_000, 90_000_000, 90_000_000,
    ]  # fmt: skip


def test_every_measure_says_what_it_is_and_reads_events_that_exist() -> None:
    for name, measure in MEASURES.items():
        assert name == measure.name
        assert measure.doc
        assert measure.label
        assert measure.sources
        assert measure.reads <= NATIVE.keys()


def test_what_is_recorded_includes_what_is_only_watched() -> None:
    assert HM2.measures == (*LEAVES, "days_since_last_login", "key_feature_change")


# --- files --------------------------------------------------------------------------------------------


def shipped() -> dict[str, Any]:
    """hm-2 as its file says it."""
    return next(deepcopy(found) for where, found in documents("models", None) if "hm-2" in where)


def test_shipped_models_fit_the_published_schema() -> None:
    for _, found in documents("models", None):
        jsonschema.validate(found, model_schema())


def test_a_file_of_ones_own_lies_over_the_shipped_one(tmp_path: Path) -> None:
    mine = {**shipped(), "version": 2, "minimum_coverage": 0.5}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "hm-2.yaml").write_text(yaml.safe_dump(mine))
    model = load_models(tmp_path)["hm-2"]
    assert (model.key, model.minimum_coverage) == ("hm-2@2", 0.5)


def test_a_directory_without_models_changes_nothing(tmp_path: Path) -> None:
    assert load_models(tmp_path) == load_models()


def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.yaml").write_text("name: mine\ncolour: red\n")
    with pytest.raises(Invalid, match=r"mine\.yaml: .*colour"):
        load_models(tmp_path)
    (tmp_path / "models" / "mine.yaml").write_text("name: [")
    with pytest.raises(Invalid, match="is not YAML"):
        load_models(tmp_path)


def leaf(**given: Any) -> dict[str, Any]:
    """A leaf that is right but for what is given."""
    curve = {"steps": [{"points": 20}, {"at": 1, "points": 100}], "reason": "ours"}
    return {"measure": "nps_score", "weight": 1, "curve": curve, **given}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (leaf(measure="luck"), "there is no measure 'luck'"),
        (leaf(weight=10_001), "less than or equal to 10000"),
        (leaf(weight=0), "greater than or equal to 1"),
        (leaf(params={"days": 3}), "does not know days"),
        (leaf(measure="regular_meetings", params={"days": 0}), "whole number from 1 to 3650"),
        (leaf(measure="dau_mau_ratio", params={"days": 129}), "whole number from 1 to 128"),
        (leaf(measure="feature_adoption"), "must list names"),
        (leaf(measure="feature_adoption", params={"core_features": ["a", "a"]}), "each once"),
        (leaf(measure="regular_meetings", valid_days=9), "cannot have valid_days"),
        (leaf(curve={"reason": "ours"}), "exactly one of"),
        (leaf(curve={"steps": [{"at": 1, "points": 1}], "reason": "ours"}), "first step must have no bound"),
        (
            leaf(curve={"steps": [{"points": 1}, {"at": 2, "points": 1}, {"at": 2, "points": 1}], "reason": "o"}),
            "must rise",
        ),
        (
            leaf(curve={"linear": [{"at": 1, "points": 1}, {"at": math.inf, "points": 1}], "reason": "o"}),
            "finite number",
        ),
        (leaf(curve={"steps": [{"points": 1}, {"at": 2, "above": 2, "points": 1}], "reason": "o"}), "not both"),
    ],
)
def test_a_leaf_that_cannot_be_meant_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Leaf.model_validate(wrong)


def labelled(*lowers: int) -> dict[str, Any]:
    """hm-2 whose first group has labels from these points on."""
    first, *others = shipped()["groups"]
    return {"groups": [{**first, "labels": [{"lower": lower, "words": "x"} for lower in lowers]}, *others]}


RULE = {"when": {"measure": "nps_score", "op": "<", "value": 1}, "words": "x", "reason": "y"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"bands": shipped()["bands"][:3]}, "down to the one that starts at 0"),
        ({"bands": [*shipped()["bands"][:3], {**shipped()["bands"][3], "name": "unknown"}]}, "none of them 'unknown'"),
        ({"upward_margin": 21}, "no score could reach"),
        (labelled(90, 50), "down to the one that starts at 0"),
        (labelled(50, 90, 0), "down to the one that starts at 0"),
        ({"watched": [{"measure": "nps_score"}]}, "only once"),
        ({"watched": [], "exceptions": shipped()["exceptions"]}, "neither weighs nor watches"),
        ({"exceptions": [RULE]}, "exactly one of at_most and at_least"),
        ({"exceptions": [{**RULE, "at_most": 1, "at_least": 1}]}, "exactly one of at_most and at_least"),
    ],
)
def test_a_model_that_cannot_be_meant_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Model.model_validate({**shipped(), **changed})


def test_the_catalogue_tells_of_every_measure() -> None:
    page = measure_table.PAGE.read_text(encoding="utf-8")
    assert measure_table.with_table(page) == page
    assert all(f"| `{name}` |" in page for name in MEASURES)
