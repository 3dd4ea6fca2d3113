"""Edges of the measures of use: windows, silence, reports, late events, new accounts."""

from typing import Any

import pytest

from services.health.measures import MEASURES
from shared.facts import Event
from tests.health.stories import CORE, NOON, ago, facts_of, said, used
from tests.health.test_measures import monthly


def read(measure: str, *told: Event, now: int = NOON, **params: Any) -> float | None:
    """The value of a measure after these events, with its own params but those given."""
    return MEASURES[measure].value(facts_of(*told), now, {**MEASURES[measure].params, **params})


def daily(days: range, *people: str, actions: int = 1, feature: str | None = None) -> list[Event]:
    """These people, on each of these days ago."""
    return [event for day in days for event in used(day, *people, actions=actions, feature=feature)]


# --- who comes ----------------------------------------------------------------------------------------


def test_a_person_has_come_once_a_day_however_often_they_sign_in() -> None:
    told = [said("login.recorded", 0.1 * n, person_id="mia") for n in range(4)]
    assert read("login_frequency", *told) == 1
    assert read("login_frequency", *told, *used(29, "tom")) == 2
    assert read("login_frequency", *told, *used(30, "tom")) == 1


def test_a_window_of_other_length_is_brought_to_a_month() -> None:
    assert read("login_frequency", *daily(range(5), "mia"), days=10) == 15


def test_reports_tell_sign_ins_as_they_were_counted() -> None:
    report = monthly(10, days=31, logins=62, active_people=4)
    assert read("login_frequency", report) == 60
    assert read("logins_per_person", report) == 15
    assert read("logins_per_person", monthly(10, logins=0)) == 0
    assert read("logins_per_person", monthly(10, logins=9)) is None
    assert read("login_frequency", monthly(10, active_people=4)) is None


def test_silence_after_daily_events_is_no_login_and_no_data_is_unknown() -> None:
    assert [read(name, *used(40, "mia")) for name in ("login_frequency", "logins_per_person", "active_share")] == [
        0
    ] * 3
    assert read("login_frequency") is None


def test_a_week_is_seven_days_ending_today() -> None:
    assert read("weekly_active_people", *used(6, "mia"), *used(7, "tom"), *used(0, "eva", "mia")) == 2
    assert read("weekly_active_people", monthly(3, days=7, active_people=5)) == 5
    assert read("weekly_active_people", monthly(3, days=30, active_people=5)) is None


@pytest.mark.parametrize(
    ("told", "share"),
    [
        ([*used(3, "mia"), *used(60, "tom")], 0.5),
        ([*used(3, "mia"), *used(90, "tom")], 1),
        ([*used(3, "mia"), said("capacity.reported", used_seats=4)], 0.25),
        ([*used(3, "mia", "tom"), said("capacity.reported", used_seats=1)], 1),
        ([*used(3, "mia"), said("capacity.reported", used_seats=0)], 1),
        ([monthly(3, active_people=3)], None),
        ([monthly(3, active_people=3), said("capacity.reported", used_seats=4)], 0.75),
    ],
)
def test_active_people_are_a_share_of_the_seats_in_use_or_of_those_ever_seen(
    told: list[Event], share: float | None
) -> None:
    assert read("active_share", *told) == share


def test_seats_that_were_bought_are_told_by_the_product_else_by_what_is_paid() -> None:
    paid = said("subscription.updated", 9, subscription_id="s", status="active", amount=9, seats=10)
    other = said("subscription.updated", 9, subscription_id="t", status="trialing", amount=9, seats=10)
    assert read("active_seats", *used(1, "mia"), paid, other) == 0.1
    assert read("active_seats", *used(1, "mia"), paid, said("capacity.reported", licensed_seats=4)) == 0.25
    assert read("active_seats", *used(1, "mia"), other) is None
    assert read("active_seats", paid) is None


# --- sessions -----------------------------------------------------------------------------------------


def session(days_ago: float, minutes: float) -> Event:
    """A session that ended so many days before NOON."""
    return said("session.recorded", days_ago, session_id=str(days_ago), person_id="mia", minutes=minutes)


def test_sessions_without_anybody_active_say_nothing_per_person() -> None:
    assert read("sessions_per_person", session(3, 10)) is None
    assert read("session_length", session(3, 10)) == 10


def test_sessions_of_the_past_and_none_since_are_none() -> None:
    assert (read("sessions_per_person", session(28, 10)), read("time_in_product", session(28, 10))) == (0, 0)
    assert read("session_length", session(28, 10)) is None
    assert read("sessions_per_person", session(27, 10), *used(1, "mia")) == 0.25


# --- trends -------------------------------------------------------------------------------------------


def test_an_account_has_a_trend_once_daily_events_reach_back_over_both_windows() -> None:
    assert read("usage_trend", *daily(range(55), "mia")) is None
    assert read("usage_trend", *daily(range(56), "mia")) == 0


@pytest.mark.parametrize(
    ("told", "trend"),
    [
        (daily(range(28, 56), "mia"), -1),
        ([*used(100, "mia"), *daily(range(28), "mia")], 1),
        (used(100, "mia"), None),
        ([*daily(range(56), "mia", actions=2), *used(27, "mia", actions=28)], 0.5),
    ],
)
def test_a_trend_compares_28_days_with_the_28_before(told: list[Event], trend: float | None) -> None:
    assert read("usage_trend", *told) == trend


def test_of_distinct_people_a_report_tells_where_it_covers_most_days() -> None:
    seats = said("capacity.reported", licensed_seats=40)
    assert read("active_seats", monthly(1, active_people=20), *used(27, "mia"), seats) == 0.5
    assert read("active_seats", monthly(1, active_people=20), *used(27, "mia"), *used(10, "mia"), seats) == 1 / 40


def test_reports_have_a_trend_where_one_follows_the_other() -> None:
    may, june, july = (monthly(ended, actions=actions) for ended, actions in ((65, 100), (35, 200), (5, 150)))
    assert read("usage_trend", june, july) == pytest.approx(-0.25)
    assert read("usage_trend", may, july) is None
    assert read("usage_trend", june, monthly(5, days=7, actions=9)) is None
    assert read("user_growth", monthly(35, active_people=8), monthly(5, active_people=10)) == 0.25


def test_people_are_counted_on_the_busiest_day_of_each_week() -> None:
    before = daily(range(28, 57), "mia", "tom")
    now = [event for week in range(4) for event in used(7 * week + 3, "mia", "tom", "eva")]
    assert read("user_growth", *before, *now) == 0.5
    assert read("user_growth", *before, *now, now=ago(-28)) == -1


def test_a_late_event_moves_the_trend_of_its_own_window() -> None:
    told = daily(range(56), "mia")
    assert read("usage_trend", *told, *used(40, "mia", actions=28)) == -0.5


# --- features -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days_before", "days_now", "change"), [(10, 6, -0.4), (8, 8, 0), (7, 0, None), (8, 0, -1)])
def test_tr_s0_2_key_features_are_compared_by_days_of_use(
    days_before: int, days_now: int, change: float | None
) -> None:
    told = [*daily(range(28, 28 + days_before), "mia", "tom", feature="api"), *used(56, "mia")]
    told += daily(range(days_now), "mia", feature="api")
    found = read("key_feature_change", *told, features=["api", "mobile"], least_days=8)
    assert found == (None if change is None else pytest.approx(change))


def test_key_features_are_unknown_while_nobody_names_them_or_the_account_is_new() -> None:
    told = daily(range(55), "mia", feature="api")
    assert read("key_feature_change", *told, features=["api"]) is None
    assert read("key_feature_change", *told, *used(55, "mia"), features=["mobile"]) is None
    assert read("key_feature_change", *told, *used(55, "mia"), features=["api"]) == pytest.approx(1 / 27)
    assert read("key_feature_change", *told, *used(55, "mia")) is None


def test_breadth_is_of_28_days() -> None:
    assert read("feature_breadth", *used(27, "mia", feature="api"), *used(28, "mia", feature="mobile")) == 1
    assert read("feature_breadth", monthly(9, features_used=[*CORE[:2], CORE[0]])) == 2
    assert read("feature_breadth", *used(28, "mia", feature="api")) == 0
    assert read("feature_breadth", *used(1, "mia")) is None


def test_a_workflow_that_was_begun_counts_and_none_begun_is_unknown() -> None:
    begun = said("workflow.recorded", 28, workflow="close", completed=True)
    assert read("workflow_completion", begun) is None
    assert read("workflow_completion", begun, said("workflow.recorded", 27, workflow="x", completed=False)) == 0


def test_an_integration_that_fails_is_not_in_use() -> None:
    assert read("integration_use", said("integration.updated", integration="slack", status="failing")) == 0
    assert read("integration_use") is None


def test_capacity_is_known_once_both_numbers_are() -> None:
    half = said("capacity.reported", storage_gb=4, api_limit=0, api_requests=3)
    assert [read(name, half) for name in ("storage_in_use", "api_in_use", "seats_in_use")] == [None] * 3
    assert read("storage_in_use", half, said("capacity.reported", storage_limit_gb=0.000_001)) == 1_000
