"""The arithmetic of scores: exact, in integers, the same in numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.health.scoring import (
    MOST_GROUPS,
    MOST_LEAVES,
    MOST_POINTS,
    MOST_WEIGHT,
    ONE,
    Groups,
    Rated,
    contributions,
    coverage,
    rounded,
    share,
)
from services.health.scoring import weighing as weighing_of
from services.health.vector import weighing

HM2_COMPONENTS: Groups = ((40, (1,)), (25, (1,)), (20, (1,)), (15, (1,)))


def total(groups: Groups, *points: float | None) -> float | None:
    """The raw score, in points."""
    parts = contributions(groups, tuple(None if p is None else round(p * ONE) for p in points))
    return None if parts is None else sum(parts) / ONE


@pytest.mark.parametrize(("raw", "score"), [(79.5, 80), (49.5, 50), (80.5, 81), (79.499999, 79), (0, 0), (100, 100)])
def test_fx_3_scores_round_half_up(raw: float, score: int) -> None:
    assert rounded(round(raw * ONE)) == score


def test_fx_5_four_components_make_82_5() -> None:
    assert total(HM2_COMPONENTS, 90, 70, 100, 60) == 82.5


def test_fx_6_four_components_make_36_5() -> None:
    assert total(HM2_COMPONENTS, 40, 30, 50, 20) == 36.5


FX_9 = ((30, (10, 10, 10)), (25, (10, 10, 5)), (20, (10, 5, 5)), (15, (5, 5, 5)), (10, (5, 5)))
"""The leaves of HM-4b; the first is the login curve of HM-4c."""


def test_fx_9_one_leaf_of_fourteen_scores_60_with_a_coverage_of_a_tenth() -> None:
    rated = (60 * ONE, *[None] * 13)
    assert sum(contributions(FX_9, rated) or ()) == 60 * ONE
    assert coverage(FX_9, rated) == 100_000


def test_nothing_known_is_no_score() -> None:
    assert contributions(HM2_COMPONENTS, (None,) * 4) is None
    assert coverage(HM2_COMPONENTS, (None,) * 4) == 0


def test_excluded_weight_goes_to_the_group_first() -> None:
    groups = ((50, (1, 1)), (50, (1,)))
    assert total(groups, 100, None, 0) == 50
    assert total(groups, None, None, 30) == 30


def test_a_third_each_is_shared_out_to_the_last_millionth() -> None:
    assert share([100 * ONE] * 3, 3) == [33_333_334, 33_333_333, 33_333_333]
    assert contributions(((1, (1, 1, 1)),), (100 * ONE,) * 3) == (33_333_334, 33_333_333, 33_333_333)


def test_stand_ins_weigh_and_do_not_cover() -> None:
    weigh = weighing_of(((1, (1, 1)),), (None, 50 * ONE))
    weighed = weigh((100 * ONE, None))
    assert weighed.points == (100 * ONE, 50 * ONE)
    assert (sum(weighed.parts or ()), weighed.coverage) == (75 * ONE, 500_000)


# --- properties ---------------------------------------------------------------------------------------

_weights = st.integers(1, MOST_WEIGHT)
_groups = st.lists(st.tuples(_weights, st.lists(_weights, min_size=1, max_size=6).map(tuple)), min_size=1, max_size=5)
_points = st.integers(0, MOST_POINTS)


@st.composite
def weighed(draw: st.DrawFn) -> tuple[Groups, Rated]:
    """Groups and their points, some of them missing."""
    groups = draw(_groups)
    leaves = sum(len(leaf_weights) for _, leaf_weights in groups)
    return groups, tuple(draw(st.lists(_points | st.none(), min_size=leaves, max_size=leaves)))


@given(weighed())
def test_contributions_add_up_to_a_score_between_the_least_and_the_most_points(case: tuple[Groups, Rated]) -> None:
    groups, points = case
    parts = contributions(groups, points)
    known = [p for p in points if p is not None]
    if parts is None:
        assert not known
        return
    assert min(known) <= sum(parts) <= max(known)
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, p in zip(parts, points, strict=True) if not p)


@given(weighed())
def test_each_contribution_is_within_two_millionths_of_its_share(case: tuple[Groups, Rated]) -> None:
    groups, points = case
    parts = contributions(groups, points) or ()
    present = [sum(w for w, p in zip(ws, own, strict=True) if p is not None) for (_, ws), own in _by_group(case)]
    all_weight = sum(weight for (weight, _), kept in zip(groups, present, strict=True) if kept)
    exact = [
        weight * w * (p or 0) / (kept * all_weight) if kept else 0
        for ((weight, ws), own), kept in zip(_by_group(case), present, strict=True)
        for w, p in zip(ws, own, strict=True)
    ]
    assert all(abs(part - share_of) < 2.001 for part, share_of in zip(parts, exact, strict=False))


def _by_group(case: tuple[Groups, Rated]) -> list[tuple[tuple[int, tuple[int, ...]], Rated]]:
    groups, points = case
    found, start = [], 0
    for weight, leaf_weights in groups:
        found.append(((weight, tuple(leaf_weights)), points[start : start + len(leaf_weights)]))
        start += len(leaf_weights)
    return found


def in_numpy(points: Rated) -> weighing.Ints:
    """The points as a matrix of one row."""
    return np.array([[weighing.NO_POINTS if p is None else p for p in points]], np.int64)


@given(weighed())
def test_numpy_gives_the_same_digits(case: tuple[Groups, Rated]) -> None:
    groups, points = case
    parts, row = contributions(groups, points), in_numpy(points)
    raw, any_ = weighing.raw_scores(groups, row)
    assert any_[0] == (parts is not None)
    assert weighing.contributions(groups, row)[0].tolist() == list(parts or (0,) * len(points))
    assert (raw[0], weighing.coverage(groups, row)[0]) == (sum(parts or ()), coverage(groups, points))


@pytest.mark.parametrize("points", [MOST_POINTS, MOST_POINTS - 1])
def test_the_largest_model_stays_inside_64_bits(points: int) -> None:
    groups = ((MOST_WEIGHT, (MOST_WEIGHT,) * MOST_LEAVES),) * MOST_GROUPS
    rated = (points,) * (MOST_GROUPS * MOST_LEAVES)
    assert weighing.contributions(groups, in_numpy(rated))[0].tolist() == list(contributions(groups, rated) or ())
    inside_a_group = 2 * MOST_LEAVES * MOST_WEIGHT * MOST_POINTS + MOST_LEAVES * MOST_WEIGHT
    over_groups = 2 * MOST_GROUPS * MOST_WEIGHT * MOST_LEAVES * MOST_POINTS + MOST_GROUPS * MOST_WEIGHT
    of_coverage = 2 * ONE * MOST_GROUPS * MOST_WEIGHT * MOST_LEAVES * MOST_WEIGHT
    assert max(inside_a_group, over_groups, of_coverage) < 2**63
