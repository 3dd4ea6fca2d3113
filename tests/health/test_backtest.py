"""Whether a score foretells who leaves: the figures, and what they are taken from."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.health.backtest import figures, outcomes
from services.health.backtest.interval import Interval
from services.health.backtest.lead import lead, warnings
from services.health.backtest.observe import cuts, observations, observe
from services.health.backtest.outcomes import Movement, Stay, from_ends, from_record, permuted
from services.health.backtest.page import page
from services.health.backtest.report import reported
from services.health.vector.board import NO_CLOSE, Board
from shared.clock import DAY_US
from shared.errors import Refused

pairs = st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=2, max_size=40)


def columns(some: list[tuple[int, bool]]) -> tuple[Any, Any]:
    """Risk and outcome of pairs."""
    return np.array([risk for risk, _ in some], np.float64), np.array([left for _, left in some], np.bool_)


# --- figures ------------------------------------------------------------------------------------------


@given(pairs)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(some: list[tuple[int, bool]]) -> None:
    gone, stayed = [r for r, left in some if left], [r for r, left in some if not left]
    found = figures.auc(figures.ladder(*columns(some)))
    if gone and stayed:
        won = sum((a > b) + 0.5 * (a == b) for a in gone for b in stayed)
        assert found == pytest.approx(won / (len(gone) * len(stayed)))
    else:
        assert np.isnan(found)


@given(pairs)
def test_the_auc_is_the_area_under_the_roc_curve(some: list[tuple[int, bool]]) -> None:
    steps = figures.ladder(*columns(some))
    if steps.gone.sum() and steps.stayed.sum():
        x, y = zip(*figures.roc(steps), strict=True)
        assert np.trapezoid(y, x) == pytest.approx(figures.auc(steps))


def test_the_interval_is_wide_where_few_left_and_the_same_every_time() -> None:
    rng = np.random.default_rng(1)
    left, accounts = np.arange(600) % 30 == 0, np.arange(600)
    risk = left + rng.normal(0, 1, 600)
    few = figures.auc_interval(risk, left, accounts)
    assert few == figures.auc_interval(risk, left, accounts)
    assert few.low < few.value < few.high
    more = figures.auc_interval(np.tile(risk, 5), np.tile(left, 5), np.arange(3_000))
    assert more.high - more.low < 0.7 * (few.high - few.low)


def test_cuts_of_one_account_are_no_further_evidence() -> None:
    rng = np.random.default_rng(1)
    left, accounts = np.arange(600) % 30 == 0, np.arange(600)
    risk = left + rng.normal(0, 1, 600)
    once = figures.auc_interval(risk, left, accounts)
    often = figures.auc_interval(np.tile(risk, 5), np.tile(left, 5), np.tile(accounts, 5))
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.15)


def test_the_top_tenth_counts_the_level_at_its_border_in_part() -> None:
    some = [(9, True)] * 5 + [(5, True)] * 5 + [(5, False)] * 15 + [(1, False)] * 75
    found = figures.top(figures.ladder(*columns(some)))
    assert (found.looked_at, found.leave) == (10, 5 + 5 / 4)
    assert found.precision == pytest.approx(0.625)
    assert found.lift == pytest.approx(6.25)


def test_fc_1_promises_by_score_and_what_came() -> None:
    scores = np.array([85, 100, 79, 45, 25, 0])
    left = np.array([False, True, False, False, True, True])
    found = figures.renewals(scores, left)
    assert [(p.promised, p.pairs, p.stayed and p.stayed.value) for p in found] == [
        (0.95, 2, 0.5), (0.85, 1, 1.0), (0.60, 1, 1.0), (0.30, 1, 0.0), (0.10, 1, 0.0),
    ]  # fmt: skip
    assert figures.renewals(scores[:2], left[:2])[4].stayed is None


def test_fx_10_scores_of_85_45_and_25_promise_95_60_and_30_percent() -> None:
    found = figures.renewals(np.array([85, 45, 25]), np.zeros(3, np.bool_))
    assert [one.promised for one in found if one.pairs] == [0.95, 0.60, 0.30]
    assert [one.pairs for one in found] == [1, 0, 1, 1, 0]


def test_a_share_of_few_is_uncertain() -> None:
    assert figures.wilson(9, 10) == pytest.approx(Interval(0.9, 0.5958, 0.9821), abs=1e-3)


# --- outcomes -----------------------------------------------------------------------------------------


def moved(day: int, amount: int, account: int = 1, currency: str = "USD") -> Movement:
    """A movement of revenue on a day."""
    return Movement(account, day * DAY_US, currency, Decimal(amount))


def test_an_account_leaves_when_its_revenue_has_gone_to_nothing_in_every_currency() -> None:
    movements = [moved(0, 100), moved(10, 50, currency="EUR"), moved(20, -100), moved(90, -50, currency="EUR")]
    assert from_record(movements, 200 * DAY_US)[1] == [Stay(0, 90 * DAY_US)]


def test_a_gap_of_less_than_thirty_days_is_none_and_a_longer_one_is_two_stays() -> None:
    movements = [moved(0, 100), moved(20, -100), moved(45, 100), moved(60, -100), moved(90, 80)]
    assert from_record(movements, 200 * DAY_US)[1] == [Stay(0, 60 * DAY_US), Stay(90 * DAY_US, None)]


def test_what_is_announced_for_later_has_not_happened() -> None:
    assert from_record([moved(0, 100), moved(50, -100)], 40 * DAY_US)[1] == [Stay(0, None)]


# --- pairs --------------------------------------------------------------------------------------------


def board(scores: list[list[int]], first_day: int = 100) -> Board:
    """Day × account, accounts from 1 up, all of one segment."""
    table = np.array(scores, np.int8)
    accounts = list(range(1, table.shape[1] + 1))
    return Board(accounts, first_day, table, np.zeros(table.shape, np.int8), ["low_touch"])


def at(day: float) -> int:
    """An instant within a day."""
    return round(day * DAY_US)


def test_only_customers_with_a_score_are_looked_at_and_only_at_the_cuts() -> None:
    found = board([[50, 60, -1, NO_CLOSE, 70], [51, 61, -1, 40, 71]])
    lives = from_ends({1: at(120.5), 5: at(100.5)}, [1, 2, 3, 4, 5])
    seen = observe(found, lives, [101], 60)
    assert [(p.account, p.day, p.score, p.days_left) for p in seen] == [
        (1, 101, 51, 18), (2, 101, 61, None), (4, 101, 40, None),
    ]  # fmt: skip


def test_leaving_after_the_horizon_is_staying() -> None:
    (pair,) = observe(board([[50]]), from_ends({1: at(170)}, [1]), [100], 60)
    assert pair.days_left is None


def test_cuts_are_so_early_that_their_horizon_has_ended() -> None:
    assert cuts(100, 280, 60, 30) == [100, 130, 160, 190, 220]
    assert cuts(100, 150, 60, 30) == []


def test_lead_time_runs_from_the_first_day_at_risk_to_the_end() -> None:
    found = board([[70, 50, 80], [55, 70, 80], [70, 50, 80], [50, 50, 80], [50, NO_CLOSE, 80]])
    lives = from_ends({1: at(104.5), 2: at(104.5), 3: at(103.5)}, [1, 2, 3])
    told = warnings(found, lives)
    assert [(w.account, w.first, w.last_stretch) for w in told] == [(1, 3, 1), (2, 4, 2), (3, None, None)]
    assert (lead(told).left, lead(told).warned, lead(told).first_days) == (3, 2, (3.25, 3.5, 3.75))


# --- the report ---------------------------------------------------------------------------------------


def telling(accounts: int = 300, *, leave: int = 30, seed: int = 2) -> tuple[Board, outcomes.Lives]:
    """Accounts over 100 days; those that leave have lower scores on the whole, from the first day."""
    rng = np.random.default_rng(seed)
    leaving = np.arange(accounts) < leave
    scores = np.clip(np.where(leaving, 45, 70) + rng.normal(0, 15, (100, accounts)), 0, 100).round()
    names = list(range(1, accounts + 1))
    segments = np.tile(np.arange(accounts) % 2, (100, 1)).astype(np.int8)
    ends = {account: at(150 + account % 40) for account in names[:leave]}
    return Board(names, 100, scores.astype(np.int8), segments, ["high_touch", "low_touch"]), from_ends(ends, names)


def report_of(found: Board, lives: outcomes.Lives) -> Any:
    """The report at two cuts."""
    days = cuts(100, 199, 60, 30)
    seen = observations(observe(found, lives, days, 60))
    return reported("hm-2@1", 60, days, seen, lead(warnings(found, lives)), 60)


def test_a_score_that_tells_is_told_from_one_that_does_not() -> None:
    found, lives = telling()
    told = report_of(found, lives)
    assert told.whole.auc.low > 0.75
    assert set(told.segments) == {"high_touch", "low_touch"}
    control = report_of(found, permuted(lives, np.random.default_rng(5).permutation(sorted(lives)).tolist()))
    assert control.whole.auc.low < 0.5 < control.whole.auc.high


def test_too_few_who_left_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(
        Refused, match="only 6 accounts with a score left within 60 days of a cut; a back-test needs 10"
    ):
        report_of(*telling(leave=6))


def test_the_page_holds_every_figure_and_loads_nothing() -> None:
    told = report_of(*telling())
    told.notes.append("told <plainly>")
    html = page(told)
    assert html.count("<svg") == 4
    assert f"AUC {told.whole.auc.value:.2f}" in html
    assert "told &lt;plainly&gt;" in html
    assert "http" not in html
    assert "nan" not in html
