"""What each measure of HM-6 reads out of the facts."""

import datetime as dt
from typing import Any

import pytest

from services.health.measures import MEASURES
from shared.clock import DAY_US, from_us
from shared.facts import Event, Facts
from tests.health.stories import (
    CORE,
    HM2,
    NOON,
    ago,
    answered,
    facts_of,
    invoice,
    met,
    said,
    subscribed,
    ticket,
    used,
)


def read(measure: str, *told: Event, now: int = NOON) -> float | None:
    """The value of a measure after these events, as hm-2 reads it."""
    return HM2.plan.reads[HM2.measures.index(measure)](facts_of(*told), now)


def test_without_facts_nothing_is_known() -> None:
    assert [found(Facts(), NOON) for found in HM2.plan.reads] == [None] * len(HM2.measures)


# --- usage --------------------------------------------------------------------------------------------


def test_err_16_dau_mau_is_the_mean_of_28_days_over_the_people_in_them() -> None:
    told = [event for day in range(14) for event in used(day, "mia", "tom")]
    assert read("dau_mau_ratio", *told) == 0.5
    assert read("dau_mau_ratio", *told, *used(27, "eva")) == pytest.approx(29 / 28 / 3)
    assert read("dau_mau_ratio", *told, *used(28, "eva")) == 0.5


def test_err_16_a_weekly_rhythm_never_moves_the_ratio() -> None:
    weekdays = [day for day in range(80) if from_us(ago(day)).weekday() < 5]
    facts = facts_of(*[event for day in weekdays for event in used(day, "mia", "tom", "eva")])
    dau_mau = HM2.plan.reads[0]
    assert {dau_mau(facts, ago(day)) for day in range(42)} == {20 / 28}


def test_silence_is_a_ratio_of_nothing() -> None:
    assert read("dau_mau_ratio", *used(28, "mia")) == 0
    assert read("depth_of_use", *used(28, "mia")) == 0
    assert read("feature_adoption", *used(28, "mia", feature="api")) == 0


def test_usage_ahead_of_the_clock_counts_on_its_day() -> None:
    told = [*used(0, "mia"), *used(-0.9, "tom")]
    assert read("dau_mau_ratio", *told) == 1 / 28 / 2
    assert read("days_since_last_login", *told) == 0


def test_feature_adoption_counts_core_features_of_28_days() -> None:
    told = [event for feature in CORE[:4] for event in used(27, "mia", feature=feature)]
    old = used(28, "mia", feature=CORE[4])
    other = used(1, "mia", feature="confetti")
    assert read("feature_adoption", *told, *old, *other) == 4 / len(CORE)
    assert read("feature_adoption", *used(1, "mia")) is None


def test_depth_of_use_is_actions_per_person_and_week() -> None:
    assert read("depth_of_use", *used(3, "mia", "tom", actions=40), *used(27.4, "tom", actions=8)) == 88 / 2 / 4


def monthly(ended_days_ago: int, days: int = 30, **body: Any) -> Event:
    """A report on so many days."""
    end = from_us(ago(ended_days_ago)).date()
    start = end - dt.timedelta(days=days - 1)
    return said("usage.reported", ended_days_ago, period_start=start, period_end=end, **body)


def test_reports_serve_where_no_daily_events_are() -> None:
    report = monthly(10, active_people=20, mean_daily_active_people=8, actions=1200, features_used=CORE[:2])
    assert read("dau_mau_ratio", report) == 0.4
    assert read("depth_of_use", report) == 7 * 1200 / 20 / 30
    assert read("feature_adoption", report) == 2 / len(CORE)


def test_people_are_never_invented_from_a_report() -> None:
    assert read("dau_mau_ratio", monthly(10, active_people=20, logins=300)) is None
    assert read("dau_mau_ratio", monthly(10, days=7, active_people=20, mean_daily_active_people=8)) is None
    assert read("dau_mau_ratio", monthly(10, active_people=0)) == 0


def test_daily_events_outrank_reports_on_the_days_that_they_cover() -> None:
    report = monthly(1, active_people=20, mean_daily_active_people=8, features_used=CORE[:2])
    assert read("dau_mau_ratio", report, *used(28, "mia")) == 0.4
    assert read("dau_mau_ratio", report, *used(27, "mia")) == pytest.approx(1 / 28 + 0.4 * 26 / 28)
    assert read("dau_mau_ratio", report, *used(27, "mia"), *used(0, "mia")) == 2 / 28
    assert read("feature_adoption", report, *used(27, "mia", feature=CORE[2])) == 3 / len(CORE)
    assert read("feature_adoption", report, *used(27, "mia", feature=CORE[2]), *used(0, "mia")) == 1 / len(CORE)


def test_the_latest_recent_report_that_says_it_serves() -> None:
    older = monthly(40, active_people=20, mean_daily_active_people=8)
    assert read("dau_mau_ratio", older, monthly(10, logins=9)) == 0.4
    assert read("dau_mau_ratio", older, monthly(10, active_people=10, mean_daily_active_people=1)) == 0.1
    assert read("dau_mau_ratio", monthly(44, active_people=2, mean_daily_active_people=1)) == 0.5
    assert read("dau_mau_ratio", monthly(45, active_people=2, mean_daily_active_people=1)) is None


def test_tr_s0_1_silence_is_counted_in_utc_days() -> None:
    assert read("days_since_last_login", said("login.recorded", 13.4, person_id="mia")) == 13
    assert read("days_since_last_login", said("login.recorded", 13.6, person_id="mia")) == 14


def test_a_report_is_no_silence_until_a_later_one_says_so() -> None:
    june, july = monthly(40, logins=9), monthly(10, logins=0, active_people=0)
    assert read("days_since_last_login", june) == 0
    assert read("days_since_last_login", june, july) == 30
    assert read("days_since_last_login", july, *used(20, "mia")) == 20
    assert read("days_since_last_login", july) is None


# --- relationship -------------------------------------------------------------------------------------


def test_nps_is_the_newest_answer_on_a_scale_of_ten() -> None:
    assert read("nps_score", answered(9, 3), answered(2, 88, scale_max=100), answered(1, 1, survey_type="csat")) == 8.8
    assert read("nps_score", answered(2, 1, scale_min=1, scale_max=5)) == 0


def test_nps_grows_stale_after_180_days() -> None:
    assert read("nps_score", answered(179, 9)) == 9
    assert read("nps_score", answered(180, 9)) is None


def test_meetings_are_regular_while_one_was_held_in_45_days() -> None:
    assert read("regular_meetings", met(44)) == 1
    assert read("regular_meetings", met(45)) == 0
    assert read("regular_meetings", met(44), met(1, "missed")) == 1
    assert read("regular_meetings", met(1, "missed")) == 0
    assert read("regular_meetings", met(-3, "scheduled"), met(2, "cancelled")) is None


def sent(days_ago: float) -> Event:
    """We wrote to the account."""
    return said("outreach.sent", days_ago, outreach_id=f"o{days_ago}")


def replied(days_ago: float) -> Event:
    """The account answered."""
    return said("reply.received", days_ago, reply_id=f"r{days_ago}")


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ([sent(3)], 0),
        ([sent(2)], None),
        ([sent(2), replied(1)], 1),
        ([sent(20), replied(6)], 1),
        ([sent(20), replied(5)], 0),
        ([sent(20), replied(21)], 0),
        ([sent(20), replied(19), sent(5)], 0),
        ([sent(20), replied(19), sent(2)], 1),
        ([sent(89)], 0),
        ([sent(90)], None),
        ([replied(1)], None),
    ],
)
def test_responsiveness_is_judged_by_the_newest_outreach_that_had_its_chance(
    told: list[Event], value: float | None
) -> None:
    assert read("responsive_to_outreach", *told) == value


def test_a_sponsor_is_identified_until_they_leave() -> None:
    sponsor = said("sponsor.updated", 9, identified=True, engaged=True, person_id="eva")
    left = said("person.left", 1, person_id="eva")
    assert (read("sponsor_identified", sponsor), read("sponsor_engaged", sponsor)) == (1, 1)
    assert (read("sponsor_identified", sponsor, left), read("sponsor_engaged", sponsor, left)) == (0, 0)
    assert read("sponsor_identified", left, said("sponsor.updated", 0, identified=True, person_id="tom")) == 1


def test_a_sponsor_is_also_known_by_their_role() -> None:
    eva = said("person.updated", 9, person_id="eva", role="executive_sponsor")
    assert (read("sponsor_identified", eva), read("sponsor_engaged", eva)) == (1, None)
    assert read("sponsor_identified", eva, said("person.left", 1, person_id="eva")) == 0
    assert read("sponsor_identified", said("person.updated", 9, person_id="tom", role="champion")) is None


def test_nobody_engages_where_there_is_no_sponsor() -> None:
    assert read("sponsor_engaged", said("sponsor.updated", identified=False)) == 0
    assert read("sponsor_engaged", said("sponsor.updated", identified=True)) is None


# --- money --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "late"),
    [
        ([invoice(-3)], None),
        ([invoice(0)], None),
        ([invoice(1)], 1),
        ([invoice(9, 9)], 0),
        ([invoice(9, 8)], 1),
        ([invoice(9, 8), invoice(40, 20), invoice(70, 71)], 2),
        ([invoice(365, 100)], None),
        ([invoice(9, status="void"), invoice(9, status="draft")], None),
        ([invoice(9, status="uncollectible")], 1),
        ([invoice(9, 3, due_at=None)], 0),
    ],
)
def test_payments_are_late_from_the_day_after_they_fell_due(told: list[Event], late: float | None) -> None:
    assert read("payment_history", *told) == late


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ([subscribed(300, 100)], 0),
        ([subscribed(300, 100), subscribed(30, 120)], 0.2),
        ([subscribed(300, 100), subscribed(30, 80)], -0.2),
        ([subscribed(300, 100), subscribed(91, 80)], 0),
        ([subscribed(300, 100), subscribed(30, 0, status="cancelled")], -1),
        ([subscribed(20, 100, started_at=from_us(ago(20)))], 0),
        ([subscribed(20, 100, started_at=from_us(ago(20))), subscribed(9, 150, started_at=from_us(ago(20)))], 0.5),
        ([subscribed(300, 100, ends_at=from_us(ago(200))), subscribed(9, 50, "s2", started_at=from_us(ago(9)))], 1),
        ([subscribed(300, 100, ends_at=from_us(ago(200)))], None),
        ([subscribed(300, 100, status="trialing")], None),
        ([subscribed(300, 100), subscribed(9, 70, "s2", currency="EUR", started_at=from_us(ago(9)))], 0),
    ],
)
def test_growth_compares_revenue_with_90_days_ago_or_the_first_there_was(
    told: list[Event], change: float | None
) -> None:
    found = read("growth_trajectory", *told)
    assert found == (None if change is None else pytest.approx(change))


def test_a_scheduled_end_moves_growth_at_its_instant() -> None:
    ends = NOON + 3_600_000_000
    told = subscribed(300, 100, ends_at=from_us(ends))
    growth = MEASURES["growth_trajectory"]
    assert growth.next is not None
    assert growth.next(facts_of(told), NOON) == ends
    assert (read("growth_trajectory", told, now=ends - 1), read("growth_trajectory", told, now=ends)) == (0, -1)


@pytest.mark.parametrize(
    ("said_of_it", "before", "after"),
    [
        ([{"discounts": [{"discount_id": "d", "percent": 50, "ends_at": from_us(NOON + 60_000_000)}]}], 0, 1),
        ([{"trial_ends_at": from_us(NOON + 60_000_000), "started_at": from_us(ago(9))}], None, 0),
    ],
)
def test_a_discount_or_a_trial_that_ends_moves_growth_at_its_instant(
    said_of_it: list[dict[str, Any]], before: float | None, after: float
) -> None:
    told = [subscribed(300, 100, **body) for body in said_of_it]
    moves = NOON + 60_000_000
    growth = MEASURES["growth_trajectory"]
    assert growth.next is not None
    assert growth.next(facts_of(*told), NOON) == moves
    assert [read("growth_trajectory", *told, now=at) for at in (moves - 1, moves)] == [before, after]


def test_the_terms_of_a_discount_that_are_told_later_count_for_growth() -> None:
    named = subscribed(30, 100, discounts=[{"discount_id": "d"}])
    terms = said("discount.updated", 1, discount_id="d", percent=25)
    assert read("growth_trajectory", subscribed(300, 100), named, terms) == pytest.approx(-0.25)


def test_a_schedule_that_ends_a_subscription_moves_growth_at_its_instant() -> None:
    ends = NOON + 60_000_000
    told = [
        subscribed(300, 100),
        said("schedule.updated", 9, schedule_id="p", subscription_id="s1", status="active", ends_at=from_us(ends)),
    ]
    growth = MEASURES["growth_trajectory"]
    assert growth.next is not None
    assert growth.next(facts_of(*told), NOON) == ends
    assert [read("growth_trajectory", *told, now=at) for at in (ends - 1, ends)] == [0, -1]


def test_revenue_whose_invoice_was_given_up_is_lost() -> None:
    owed = [subscribed(300, 100), subscribed(30, 100, status="past_due")]
    assert read("growth_trajectory", *owed) == 0
    assert read("growth_trajectory", *owed, invoice(20, status="uncollectible", subscription_id="s1")) == -1


# --- sentiment ----------------------------------------------------------------------------------------


def test_tickets_of_90_days_make_the_sentiment() -> None:
    told = [
        ticket(89, sentiment="negative"),
        ticket(3, sentiment="positive"),
        ticket(2, sentiment="negative"),
        ticket(1),
    ]
    assert read("sentiment_trend", *told, ticket(90, sentiment="positive")) == pytest.approx(-1 / 3)
    assert read("sentiment_trend", ticket(1)) is None


def test_satisfaction_is_the_mean_of_tickets_resolved_in_90_days() -> None:
    told = [
        ticket(120, resolved_at=from_us(ago(days)), satisfaction=rating) for days, rating in ((89, 2), (3, 5), (90, 1))
    ]
    assert read("resolution_satisfaction", *told) == 3.5
    assert read("resolution_satisfaction", ticket(3)) is None


def feedback(days_ago: float, **body: Any) -> Event:
    """Feedback, so many days before NOON."""
    return said("feedback.given", days_ago, feedback_id=f"f{days_ago}", **body)


def test_product_feedback_is_the_newest_and_grows_stale() -> None:
    assert (
        read("product_feedback", feedback(9, sentiment="negative"), feedback(3, sentiment="positive"), feedback(1)) == 1
    )
    assert read("product_feedback", feedback(179, sentiment="negative")) == -1
    assert read("product_feedback", feedback(180, sentiment="negative")) is None


def test_who_asks_for_features_is_engaged_and_others_are_silent() -> None:
    asked = feedback(179, kind="feature_request")
    assert read("feature_requests", asked) == 1
    assert read("feature_requests", asked, now=NOON + DAY_US) == 0
    assert read("feature_requests", feedback(1, sentiment="neutral")) == 0
