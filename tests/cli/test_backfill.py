"""The past is written from the command line."""

import datetime as dt

from tests.cli.conftest import Steward


def test_a_past_without_events_has_no_closes(steward: Steward) -> None:
    said = steward("backfill", "--since", (dt.datetime.now(dt.UTC) - dt.timedelta(days=3)).strftime("%Y-%m-%d"))
    assert said.exit_code == 0
    assert "0 closes written: 0 accounts, 3 days, 0 events." in said.stdout


def test_a_day_that_is_not_past_is_refused(steward: Steward) -> None:
    said = steward("backfill", "--since", "2999-01-01")
    assert said.exit_code == 2
    assert "before today" in said.stderr
