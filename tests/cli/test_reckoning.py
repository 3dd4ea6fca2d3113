"""Trying drafts and judging models at a terminal: words, exit codes, files."""

import json
from pathlib import Path

import pytest
import yaml

from services.health.model import load_models
from shared.clock import SystemClock
from tests.cli.conftest import Steward
from tests.health_io.grids import END, Grid, write

TOLD = Grid()


@pytest.fixture
def company(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> Steward:
    """A grid of some months, looked at on the day after."""
    monkeypatch.setattr(SystemClock, "now", lambda _: END)
    steward.meanwhile(lambda database: write(database, TOLD))
    return steward


def test_a_back_test_tells_writes_its_page_and_fails_a_build(company: Steward, tmp_path: Path) -> None:
    churn, page = tmp_path / "churn.csv", tmp_path / "report.html"
    churn.write_text(TOLD.churn_csv)
    said = company("backtest", "hm-2", "--outcomes", str(churn), "--horizon", "40d", "--report", str(page))
    assert said.exit_code == 0
    assert "hm-2@1: AUC 0." in said.stdout
    assert "promised to renew (FC-1)" in said.stdout
    assert page.read_text().count("<svg") == 4
    failed = company("backtest", "hm-2", "--horizon", "40d", "--fail-under", "0.999", "--json")
    assert failed.exit_code == 1
    assert "below 0.999" in failed.stderr
    told = json.loads(failed.stdout)
    assert (told["model"], told["horizon_days"], told["seed"]) == ("hm-2@1", 40, 7)
    assert 0.5 < told["whole"]["auc"]["low"] < told["whole"]["auc"]["value"] < 0.999
    assert [one["promised"] for one in told["whole"]["renewals"]] == [0.95, 0.85, 0.60, 0.30, 0.10]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("backtest", "hm-99"), "there is no model 'hm-99'"),
        (("backtest", "in-force", "--horizon", "soon"), "soon is no number of days"),
        (("backtest", "in-force", "--horizon", "200d"), "no score is 200 days old"),
    ],
)
def test_what_cannot_be_judged_is_said(company: Steward, words: tuple[str, ...], why: str) -> None:
    said = company(*words)
    assert said.exit_code == 2
    assert why in said.stderr


def test_a_draft_is_tried_and_nothing_is_changed(company: Steward, tmp_path: Path) -> None:
    file = tmp_path / "hm-2.yaml"
    document = load_models()["hm-2"].model_dump(mode="json", exclude_defaults=True)
    file.write_text(yaml.safe_dump({**document, "version": 2, "upward_margin": 0}))
    said = company("models", "try", str(file), "--since", "2026-01-01")
    assert said.exit_code == 0
    assert "hm-2@2 over 60 accounts" in said.stdout
    assert "at-risk:" in said.stdout
    file.write_text("- not a model")
    assert "is not a model" in company("models", "try", str(file)).stderr
