"""What is shown of a group of measures: its own points and what the model calls them (HM-7)."""

import pytest

from services.api.queries.explained import explained
from services.health.assess import Context, assess
from services.health.model import load_models
from tests.cast import NOW
from tests.health.stories import NOON, facts_of, met, said


def test_hm_7_a_pillar_is_shown_with_its_points_and_its_label() -> None:
    model = load_models()["hm-1"].model_copy(update={"minimum_coverage": 0.0})
    told = [met(3), met(9), met(20, "missed"), said("community.recorded", kind="post")]
    groups = {one.group: one for one in explained(assess(model, facts_of(*told), Context(), NOON), model, NOW).groups}
    engagement, support = groups["engagement"], groups["support_metrics"]
    assert engagement.points == pytest.approx((50 + 20 * (2 / 3 - 0.5) / 0.25 + 70) / 2, abs=1e-6)
    assert engagement.verdict == "Sporadic engagement"
    assert (support.points, support.verdict) == (None, None)


def test_a_model_without_labels_has_points_and_no_words() -> None:
    model = load_models()["hm-4"].model_copy(update={"minimum_coverage": 0.0})
    assessment = assess(model, facts_of(said("login.recorded", person_id="mia")), Context(), NOON)
    usage = explained(assessment, model, NOW).groups[0]
    assert (usage.points, usage.verdict) == (20, None)
