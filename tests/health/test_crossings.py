"""Crossings: hysteresis, dwell, and what is unknown."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.health.assess import Assessment
from services.health.crossings import Crossing, Standing, cross, dwell_ends, rebase
from services.health.model import UNKNOWN, Model
from tests.health.stories import HM2, NOON

HOUR = 3_600_000_000
SLOW = HM2.model_copy(update={"dwell_hours": 24})


def scored(score: int | None) -> Assessment:
    """An assessment with this score."""
    band = UNKNOWN if score is None else HM2.band_of(score).name
    return Assessment(HM2.key, "tech_touch", score, None, 1_000_000, band, [], None, 0, 0)


def walk(scores: Iterable[int | None], model: Model = HM2) -> tuple[Standing, list[Crossing]]:
    """An account's standing after these scores, an hour apart, and all its crossings."""
    standing, crossings = Standing(), []
    for hour, score in enumerate(scores):
        standing, crossing = cross(standing, model, scored(score), 7, NOON + hour * HOUR)
        crossings += [crossing] if crossing else []
    return standing, crossings


def moves(scores: Iterable[int | None], model: Model = HM2) -> list[tuple[str, str, str]]:
    """From where to where an account with these scores crossed."""
    return [(c.from_band, c.to_band, c.direction) for c in walk(scores, model)[1]]


def test_the_first_score_opens_an_episode_without_a_crossing() -> None:
    standing, crossings = walk([35])
    assert standing.episode is not None
    assert (standing.episode.band, standing.episode.opened_at, crossings) == ("critical", NOON, [])


def test_downward_it_crosses_at_the_threshold() -> None:
    assert moves([60, 59]) == [("stable", "at_risk", "down")]
    assert moves([40, 39]) == [("at_risk", "critical", "down")]


def test_a_fall_through_two_bands_is_one_crossing() -> None:
    assert moves([85, 12]) == [("healthy", "critical", "down")]


def test_upward_it_crosses_with_the_margin_only() -> None:
    assert moves([59, 64]) == []
    assert moves([59, 65]) == [("at_risk", "stable", "up")]


def test_upward_it_reaches_the_best_band_whose_margin_it_has() -> None:
    assert moves([20, 62]) == [("critical", "at_risk", "up")]
    assert moves([20, 85]) == [("critical", "healthy", "up")]


def test_a_wobble_at_the_edge_is_one_crossing() -> None:
    assert moves([61, 59, 61, 60, 59, 64, 58, 62]) == [("stable", "at_risk", "down")]


def test_the_crossing_names_the_band_that_was_left() -> None:
    [crossing] = walk([70, 50])[1]
    assert (crossing.lower_bound, crossing.episode.band, crossing.episode.opened_at) == (60, "at_risk", NOON + HOUR)


def test_unknown_suspends_an_episode_and_a_score_resumes_it() -> None:
    opened, _ = walk([50])
    suspended, crossings = walk([50, None])
    resumed, more = walk([50, None, 63])
    assert suspended.suspended
    assert opened.episode == suspended.episode == resumed.episode
    assert not resumed.suspended
    assert crossings == more == []


def test_an_account_that_comes_back_worse_crosses() -> None:
    assert moves([70, None, None, 30]) == [("stable", "critical", "down")]


def test_an_account_that_begins_unknown_has_no_episode_until_its_first_score() -> None:
    assert walk([None])[0] == Standing(suspended=True)
    standing, crossings = walk([None, 30])
    assert standing.episode is not None
    assert (standing.episode.band, crossings) == ("critical", [])


def test_a_new_band_waits_out_its_dwell() -> None:
    assert moves([70] + [50] * 24, SLOW) == []
    assert moves([70] + [50] * 25, SLOW) == [("stable", "at_risk", "down")]
    standing, _ = walk([70, 50, 50], SLOW)
    assert (standing.pending_band, standing.pending_since) == ("at_risk", NOON + HOUR)
    assert dwell_ends(standing, SLOW) == NOON + 25 * HOUR


def test_a_visit_shorter_than_the_dwell_is_none() -> None:
    assert moves([70, 50, 50, 70] + [50] * 24, SLOW) == []
    assert dwell_ends(walk([70, 50, 70], SLOW)[0], SLOW) is None


def test_a_further_fall_begins_the_dwell_anew() -> None:
    assert moves([70, 50] + [30] * 24, SLOW) == []
    assert moves([70, 50] + [30] * 25, SLOW) == [("stable", "critical", "down")]


def test_ids_depend_on_account_model_instant_and_band_alone() -> None:
    [one], [same] = walk([70, 50])[1], walk([72, 41])[1]
    assert (one.id, one.episode.id) == (same.id, same.episode.id)
    [other] = walk([70, 30])[1]
    assert len({one.id, one.episode.id, other.id, other.episode.id}) == 4
    _, elsewhere = cross(Standing(walk([70])[0].episode), HM2, scored(50), 8, NOON + HOUR)
    assert elsewhere is not None
    assert elsewhere.id != one.id


def test_a_rebase_opens_an_episode_in_the_band_of_the_score() -> None:
    standing = rebase(HM2, scored(62), 7, NOON)
    assert standing.episode is not None
    assert standing.episode.band == "stable"
    assert rebase(HM2, scored(None), 7, NOON) == Standing(suspended=True)


def test_a_band_that_the_model_no_longer_has_is_rebased() -> None:
    renamed = HM2.model_copy(update={"bands": tuple(b.model_copy(update={"name": f"{b.name}_2"}) for b in HM2.bands)})
    moved = scored(30)
    standing, crossing = cross(walk([70])[0], renamed, moved, 7, NOON)
    assert standing == rebase(renamed, moved, 7, NOON)
    assert crossing is None


scores = st.lists(st.integers(0, 100) | st.none(), max_size=30)


@given(scores)
def test_crossings_form_a_chain_that_ends_in_the_standing(walked: list[int | None]) -> None:
    standing, crossings = walk(walked)
    first = next((HM2.band_of(score).name for score in walked if score is not None), None)
    bands = [first, *[crossing.to_band for crossing in crossings]]
    assert [crossing.from_band for crossing in crossings] == bands[:-1]
    assert bands[-1] == (standing.episode.band if standing.episode else None)


@given(scores, st.integers(0, 100))
def test_the_episode_is_never_better_than_the_score_nor_more_than_a_margin_behind(
    walked: list[int | None], last: int
) -> None:
    standing, _ = walk([*walked, last])
    held = HM2.band(standing.episode.band) if standing.episode else None
    assert held is not None
    assert HM2.band_of(max(last - HM2.upward_margin, 0)).lower <= held.lower <= last


@pytest.mark.parametrize("score", range(101))
def test_the_same_score_twice_never_crosses(score: int) -> None:
    assert moves([score, score, None, score]) == []
