"""What a draft would say: who would change band, and the crossings it would have made."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.health import crossings
from services.health.crossings import Standing as Stood
from services.health.model import Model
from services.health.vector.score import Peers, bands_of, score
from services.health.whatif.compare import Standing, compare, depth
from services.health.whatif.walk import Walk, _assessment
from shared.clock import DAY_US
from tests.health.stories import HM2

NPS_ONLY = HM2.model_copy(update={"name": "nps-only", "minimum_coverage": 0.0})


def draft(**changed: Any) -> Model:
    """The shipped model, changed."""
    return Model.model_validate({**HM2.model_dump(), **changed})


def answers(*values: float | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows in which only the NPS answer is known."""
    rows = np.full((len(values), len(HM2.measures)), np.nan)
    rows[:, HM2.measures.index("nps_score")] = [np.nan if value is None else value for value in values]
    return rows


def standing(account: int, score: int | None, segment: str = "low_touch") -> Standing:
    """An account as it stands by the shipped model."""
    band = "unknown" if score is None else HM2.band_of(score).name
    return Standing(account, segment, score, band, depth(HM2, band))


# --- now ----------------------------------------------------------------------------------------------


def test_who_would_change_band_is_listed_both_ways_deepest_fall_first() -> None:
    before = [standing(1, 90), standing(2, 65, "high_touch"), standing(3, 65), standing(4, None), standing(5, 70)]
    compared = compare(before, score(NPS_ONLY, answers(3, 10, 8, 7, None), Peers()))
    assert [(m.account, m.from_band, m.to_band, m.direction) for m in compared.moves] == [
        (1, "healthy", "critical", "down"),
        (5, "stable", "unknown", "unknown"),
        (2, "stable", "healthy", "up"),
        (4, "unknown", "stable", "known"),
    ]
    assert [compared.count(way) for way in ("up", "down", "known", "unknown")] == [1, 1, 1, 1]


def test_the_spread_before_and_after_adds_up_over_segments() -> None:
    before = [standing(1, 90), standing(2, 65, "high_touch"), standing(3, 65)]
    compared = compare(before, score(NPS_ONLY, answers(3, 10, 8), Peers()))
    assert compared.spread.before == {"healthy": 1, "stable": 2}
    assert compared.spread.after == {"critical": 1, "healthy": 1, "stable": 1}
    assert list(compared.segments) == ["high_touch", "low_touch"]
    assert compared.segments["high_touch"].after == {"healthy": 1}


def test_a_border_that_moves_under_the_same_score_has_a_direction() -> None:
    lower = [{**band, "lower": 75} if band["name"] == "stable" else band for band in HM2.model_dump()["bands"]]
    stricter = draft(name="nps-only", minimum_coverage=0, bands=lower)
    (move,) = compare([standing(1, 70)], score(stricter, answers(8), Peers())).moves
    assert (move.from_score, move.to_score, move.to_band, move.direction) == (70, 70, "at_risk", "down")


# --- every day ----------------------------------------------------------------------------------------

_days = st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=25)


@settings(deadline=None)  # a model is made for every example
@given(_days, st.integers(0, 10), st.sampled_from([0, 24, 36, 72]), st.booleans())
def test_a_walk_makes_the_crossings_of_the_live_machine(
    scores: list[int | None], margin: int, dwell: int, other: bool
) -> None:
    model = draft(upward_margin=margin, dwell_hours=dwell)
    walk, stood = Walk(model, [7, 8], ["low_touch"]), Stood()
    for day, one in enumerate(scores):
        at, number = day * DAY_US, -1 if one is None else one
        rows = np.array([0, 1] if other else [0])
        both = np.array([number, 50][: len(rows)])
        found = walk.close(at, rows, both, bands_of(model, both), np.zeros(len(rows), np.int64))
        stood, crossing = crossings.cross(stood, model, _assessment(model, "low_touch", number), 7, at)
        assert [(c.account, c.crossing) for c in found] == ([(7, crossing)] if crossing else [])


def test_a_crossing_knows_the_score_before_and_a_new_segment_makes_none() -> None:
    walk = Walk(HM2, [7], ["low_touch", "high_touch"])

    def close(day: int, score: int, segment: int = 0) -> list[Any]:
        scores = np.array([score])
        return walk.close(day * DAY_US, np.array([0]), scores, bands_of(HM2, scores), np.array([segment]))

    assert close(1, 70) == []
    (crossed,) = close(2, 30)
    assert (crossed.score, crossed.previous_score, crossed.crossing.to_band) == (30, 70, "critical")
    assert close(3, 90, segment=1) == []
    (crossed,) = close(4, 50, segment=1)
    assert (crossed.crossing.from_band, crossed.segment) == ("healthy", "high_touch")
