"""What can be learnt from who left, and what cannot."""

from typing import Any

import numpy as np
import pytest

from services.health.backtest.observe import Observations
from services.health.model import Model
from services.health.predict.features import features, scales
from services.health.predict.learn import _UNJUDGED, Lesson, learn, split
from services.health.predict.learnt import chances, reasons
from services.health.predict.nouns import Learnt
from services.health.predict.weights import suggested
from shared.errors import Refused
from tests.health.stories import HM2

COLUMNS = ("days_since_last_login", "nps_score", "payment_history")


def lesson(accounts: int = 400, *, truth: bool = True, seed: int = 3) -> Lesson:
    """Accounts at four cuts, forty days apart. Who has not signed in for long leaves, if `truth`; NPS says nothing and
    is missing at half of them; payment is always the same."""
    rng = np.random.default_rng(seed)
    idle = np.repeat(rng.gamma(2, 6, accounts), 4)
    nps = np.where(rng.random(4 * accounts) < 0.5, np.nan, rng.integers(0, 11, 4 * accounts))
    odds = -4 + 0.2 * idle if truth else np.full(4 * accounts, -1.5)
    left = rng.random(4 * accounts) < 1 / (1 + np.exp(-odds))
    who, days = np.repeat(np.arange(accounts), 4), np.tile([0, 40, 80, 120], accounts)
    scores = rng.integers(0, 101, 4 * accounts)
    segments = np.full(4 * accounts, "low_touch")
    seen = Observations(who, days, segments, scores, left, 100.0 - scores, np.ones(4 * accounts, bool))
    return Lesson(COLUMNS, np.stack([idle, nps, np.zeros(4 * accounts)], axis=1), seen)


@pytest.fixture(scope="module")
def taught() -> Learnt:
    return learn(lesson(), 40)


def test_it_finds_what_there_is_to_find_and_is_calibrated(taught: Learnt) -> None:
    assert taught.judged.auc.value > 0.8 > taught.judged.score_auc.value
    assert taught.judged.brier < taught.judged.brier_of_base
    later = lesson(seed=4)
    chance = chances(taught, later.values[:, :2])
    assert abs(chance.mean() - later.seen.left.mean()) < 0.03


def test_where_there_is_nothing_to_find_it_finds_nothing() -> None:
    judged = learn(lesson(truth=False), 40).judged
    assert judged.auc.low < 0.5 < judged.auc.high


def test_a_column_that_never_changes_is_not_learnt_from(taught: Learnt) -> None:
    assert taught.columns == ["days_since_last_login", "nps_score"]
    assert len(taught.gap_coefficients) == 1


def test_the_same_lesson_gives_the_same_model_and_another_another_digest(taught: Learnt) -> None:
    assert learn(lesson(), 40) == taught
    assert lesson(seed=4).digest != taught.digest


def test_reasons_name_what_raises_the_chance_and_nothing_else(taught: Learnt) -> None:
    (silent, lively) = reasons(taught, np.array([[40.0, np.nan], [0.0, 9.0]]))
    assert (silent[0].column, silent[0].value) == ("days_since_last_login", 40.0)
    assert silent[0].usual < 20
    assert all(reason.column != "days_since_last_login" for reason in lively)


def test_what_was_learnt_can_be_kept_as_text(taught: Learnt) -> None:
    import msgspec  # noqa: PLC0415

    assert msgspec.json.decode(msgspec.json.encode(taught), type=Learnt) == taught


def test_too_few_who_left_are_refused_with_the_number_that_is_needed() -> None:
    few = lesson()
    few.seen.left[30:] = False
    with pytest.raises(Refused, match=r"only \d+ accounts left within the horizon of a cut; a prediction needs 30"):
        learn(few, 40)


def test_what_is_judged_on_comes_after_all_that_was_known_when_it_was_taught() -> None:
    earlier, later = split(lesson(), 40)
    assert max(earlier.seen.days) + 40 <= min(later.seen.days)
    with pytest.raises(Refused, match="no time parts the outcomes"):
        split(lesson(), 200)


# --- features -----------------------------------------------------------------------------------------


def test_values_are_held_between_the_outer_hundredths_and_gaps_are_the_median() -> None:
    values = np.array([*np.arange(101.0), np.nan] * 3)[:, None]
    (scale,) = scales(["nps_score"], values)
    assert (scale.low, scale.usual, scale.high, scale.gaps) == (1, 50, 99, False)
    made = features([scale], np.array([[1e9], [np.nan], [99.0], [50.0]]))
    assert made[0] == made[2]
    assert made[1] == made[3]


# --- weights ------------------------------------------------------------------------------------------


def told(model: Model, **coefficients: float) -> dict[str, Any]:
    """Leaf → what is suggested, out of these coefficients."""
    using = [scale_of(column) for column in coefficients]
    learnt = Learnt(60, using, list(coefficients.values()), [], 0, 1, 0, 1, 0, 0, [], "", _UNJUDGED)
    return {one.measure: one for one in suggested(model, learnt)}


def scale_of(column: str) -> Any:
    """A scale as good as any."""
    return scales([column], np.arange(100.0)[:, None])[0]


def test_suggested_weights_share_out_what_those_leaves_have_now() -> None:
    found = told(HM2, dau_mau_ratio=-0.6, payment_history=0.2)
    now = found["dau_mau_ratio"].present + found["payment_history"].present
    assert found["dau_mau_ratio"].suggested + found["payment_history"].suggested == pytest.approx(now, abs=0.02)
    assert found["dau_mau_ratio"].suggested == pytest.approx(3 * found["payment_history"].suggested, abs=0.05)
    assert found["nps_score"].suggested is None
    assert sum(one.present for one in found.values()) == pytest.approx(100, abs=0.1)


def test_what_a_measure_says_counts_by_whatever_params_it_was_recorded() -> None:
    asked = {"dau_mau_ratio": -0.2, 'dau_mau_ratio {"days":14}': -0.4, "payment_history": 0.2}
    assert told(HM2, **asked) == told(HM2, dau_mau_ratio=-0.6, payment_history=0.2)


def test_a_leaf_that_speaks_for_those_that_left_contradicts_and_gets_nothing() -> None:
    found = told(HM2, dau_mau_ratio=0.5, payment_history=0.2)
    assert (found["dau_mau_ratio"].contradicts, found["dau_mau_ratio"].suggested) == (True, 0)
