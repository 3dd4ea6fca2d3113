"""What happens after the history."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.sample import Company, simulate
from services.sample.diary import native
from services.sample.usage import action_by_action
from tests.sample.conftest import UNTIL

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def _told(company: Company, start: dt.datetime, end: dt.datetime) -> Iterator[dict[str, Any]]:
    return (event for _, event in takewhile(lambda told: told[0] <= end, company.live(start)))


def _later(hours: int) -> Company:
    return simulate(accounts=30, days=90, until=UNTIL + hours * HOUR)


def test_live_traffic_joins_the_history_without_a_gap_and_without_repeating() -> None:
    earlier, later = _later(0), _later(4)
    joined = [*earlier.history(), *_told(earlier, UNTIL, later.until)]
    things = [event["id"] for event in joined if event["type"] != "usage.recorded"]
    assert things == [event["id"] for event in later.history() if event["type"] != "usage.recorded"]


def test_live_usage_is_told_action_by_action() -> None:
    company = _later(0)
    usage = [e["data"] for e in _told(company, UNTIL + DAY, UNTIL + 2 * DAY) if e["type"] == "usage.recorded"]
    assert usage
    assert {said["actions"] for said in usage} == {1}


@given(start=st.integers(1_790_000_000, 1_791_000_000), actions=st.integers(1, 200))
def test_a_days_usage_told_action_by_action_adds_up_on_that_day(start: int, actions: int) -> None:
    said = {"person_id": "mia", "feature": "api", "actions": actions}
    told = list(action_by_action((start, "u", native("acme", "usage.recorded", "u", start, said))))
    assert sum(event["data"]["actions"] for _, _, event in told) == actions
    assert {at // 86_400 for at, _, _ in told} == {start // 86_400}
    assert len({event["id"] for _, _, event in told}) == len(told)


def test_it_can_be_taken_up_again_anywhere() -> None:
    company = _later(0)
    whole = [event["id"] for event in _told(company, UNTIL, UNTIL + 6 * HOUR)]
    rest = [event["id"] for event in _told(company, UNTIL + 2 * HOUR, UNTIL + 6 * HOUR)]
    assert whole[-len(rest) :] == rest


def test_it_goes_on_after_everything_planned() -> None:
    company = _later(0)
    in_two_years = UNTIL + 730 * DAY
    kinds = Counter(event["type"] for event in _told(company, in_two_years, in_two_years + DAY))
    assert kinds["usage.recorded"] > 20
