"""The truth beside the story: it can be guessed from behaviour, and only guessed."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from services.health.model import Model, load_models
from services.sample import Company, simulate, write_truth_csv
from tests.sample.conftest import UNTIL
from tests.sample.judge import Known, assessed, assessed_by_segment, auc, facts_at, judged, naive_scores

History = list[dict[str, Any]]
CUTS = [UNTIL - dt.timedelta(days=days) for days in (120, 90, 60)]


@pytest.fixture(scope="module")
def known(history: History) -> list[tuple[dt.datetime, Known]]:
    return list(facts_at(history, CUTS))


def test_the_products_score_foretells_who_leaves_within_sixty_days_and_is_not_told(
    company: Company, known: list[tuple[dt.datetime, Known]], model: Model
) -> None:
    pairs = []
    for at, facts in known:
        scores = {key: a.score for key, a in assessed(model, facts, at).items() if a.score is not None}
        pairs += judged(scores, company.truth, at)
    assert 0.70 <= auc(pairs) <= 0.93


def test_hm_5_knows_enough_of_nearly_every_account_and_is_not_told_either(
    company: Company, known: list[tuple[dt.datetime, Known]]
) -> None:
    models = load_models()
    by_segment = {
        touch: models[f"hm-5-{touch.replace('_', '-')}"] for touch in ("high_touch", "low_touch", "tech_touch")
    }
    pairs, told = [], []
    for at, facts in known:
        found = assessed_by_segment(by_segment, facts, at)
        told += found.values()
        scores = {key: one.score for key, one in found.items() if one.score is not None}
        pairs += judged(scores, company.truth, at)
    assert 0.68 <= auc(pairs) <= 0.93
    assert sum(one.coverage for one in told) / len(told) > 700_000
    assert len([one for one in told if one.score is None]) < 0.05 * len(told)


def test_a_naive_score_foretells_too_but_less_than_the_hidden_hazard(company: Company, history: History) -> None:
    naive, hidden = [], []
    for at in CUTS:
        day = (int(at.timestamp()) - company.origin) // 86_400
        naive += judged(naive_scores(history, at), company.truth, at)
        hidden += judged({f.account.key: -float(f.hazard[day]) for f in company.fates}, company.truth, at)
    assert 0.65 <= auc(naive) < auc(hidden) <= 0.95


@pytest.mark.parametrize("seed", range(6))
def test_about_a_tenth_leave_and_fifteen_percent_of_them_without_a_sign(seed: int) -> None:
    gone = [truth for truth in simulate(until=UNTIL, seed=seed).truth if truth.churned_at is not None]
    assert 8 <= len(gone) <= 32
    assert abs(sum(truth.silent for truth in gone) - 0.15 * len(gone)) <= 1


def test_who_left_without_a_sign_said_nothing_beforehand(company: Company, history: History) -> None:
    silent = {truth.account for truth in company.truth if truth.silent}
    assert silent
    assert not silent & {event["subject"] for event in history if event["type"] == "cancel.requested"}


def test_some_slide_and_recover(company: Company) -> None:
    stayed = [f for f in company.fates if f.account.archetype.recovers and f.strain[: company.days].max() > 0.5]
    assert any(f.strain[company.days] < 0.35 for f in stayed)


def test_the_truth_fits_in_a_table(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    assert write_truth_csv(company, path) == 200
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(bool(row["churned_at"]) for row in rows) == sum(t.churned_at is not None for t in company.truth)
    assert {row["name"] for row in rows} == {truth.name for truth in company.truth}
