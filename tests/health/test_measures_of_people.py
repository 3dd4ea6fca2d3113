"""Edges of the measures of people, support and outcomes: who has left, what nobody has told, windows."""

from typing import Any

import pytest

from services.api.schemas.record import Person, Relationship
from shared.clock import from_us
from shared.contracts.crm import PersonUpdated
from shared.facts import Event
from tests.health.stories import ago, answered, met, said, subscribed, ticket
from tests.health.test_measures import replied, sent
from tests.health.test_measures_of_use import read

# --- meetings and answers -----------------------------------------------------------------------------


def meeting(days_ago: float, status: str, kind: str = "check_in", *people: str) -> Event:
    """A meeting of a kind."""
    about = {"meeting_id": f"{kind}{days_ago}", "kind": kind, "starts_at": from_us(ago(days_ago))}
    return said("meeting.updated", days_ago, **about, status=status, person_ids=people)


def test_meetings_that_were_cancelled_or_lie_ahead_are_neither_kept_nor_missed() -> None:
    assert read("meeting_attendance", met(9, "cancelled"), met(-9, "scheduled")) is None
    assert read("meeting_attendance", met(89), met(90, "missed")) == 1
    assert read("meeting_attendance", met(3, "missed")) == 0


def test_reviews_and_trainings_are_counted_apart() -> None:
    told = [meeting(9, "held"), meeting(9, "missed", "qbr"), meeting(364, "held", "ebr"), meeting(365, "held", "qbr")]
    assert read("qbr_attendance", *told) == 0.5
    assert read("training_completion", *told) is None


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ([sent(20), replied(6), sent(60)], 0.5),
        ([sent(20), replied(5)], 0),
        ([sent(2)], None),
        ([sent(2), replied(1)], 1),
        ([sent(90), replied(89)], None),
        ([replied(3)], None),
    ],
)
def test_outreach_counts_once_it_was_answered_or_had_its_chance(told: list[Event], rate: float | None) -> None:
    assert read("response_rate", *told) == rate


def test_community_is_quiet_once_it_was_heard_of() -> None:
    assert read("community_participation", said("community.recorded", 90, kind="post")) == 0
    assert read("community_participation", said("help.used", kind="article")) is None


# --- people -------------------------------------------------------------------------------------------


def known(person: str, days_ago: float = 200, **part: Any) -> Event:
    """What the CRM says of somebody."""
    return said("person.updated", days_ago, person_id=person, **part)


def left(person: str) -> Event:
    """Somebody left yesterday."""
    return said("person.left", 1, person_id=person)


def test_threads_are_people_who_took_part_and_are_there() -> None:
    told = [meeting(9, "held", "qbr", "mia", "tom"), meeting(9, "missed", "check_in", "eva"), left("tom")]
    assert read("threads", *told) == 1
    assert read("threads", *told, answered(3, 9, respondent={"external_id": "noor"})) == 2
    assert read("threads", meeting(90, "held", "qbr", "mia")) == 0
    assert read("threads", met(3), replied(2)) is None


@pytest.mark.parametrize(
    ("told", "share"),
    [
        ([known("mia", level="manager", engaged=True)], None),
        ([known("mia", level="vp")], 0),
        ([known("mia", level="c_level", engaged=True), known("tom", role="executive_sponsor")], 0.5),
        ([known("mia", level="vp"), meeting(9, "held", "ebr", "mia")], 1),
        ([known("mia", level="vp"), meeting(90, "held", "ebr", "mia")], 0),
        ([known("mia", level="vp"), left("mia")], 0),
        ([said("sponsor.updated", identified=True, engaged=True)], 1),
        ([said("sponsor.updated", identified=True, engaged=None, person_id="mia")], 0),
        ([said("sponsor.updated", identified=False)], None),
    ],
)
def test_executives_take_part_by_contact_or_because_it_was_said(told: list[Event], share: float | None) -> None:
    assert read("executive_engagement", *told) == share


@pytest.mark.parametrize(
    ("told", "there", "strength"),
    [
        ([known("mia", role="influencer", relationship_strength=5)], None, None),
        ([known("mia", role="champion")], 1, None),
        ([known("mia", role="champion", relationship_strength=2), known("tom", role="champion",
                                                                         relationship_strength=4)], 1, 4),
        ([known("mia", role="champion", relationship_strength=2), left("mia")], 0, 0),
        ([known("mia", role="champion", relationship_strength=2), left("mia"), known("mia", 0)], 1, 2),
    ],
)  # fmt: skip
def test_a_champion_is_there_until_all_have_left(
    told: list[Event], there: float | None, strength: float | None
) -> None:
    assert (read("champion_present", *told), read("champion_strength", *told)) == (there, strength)


def test_hm_8_the_relationship_is_the_mean_rating_of_those_who_are_there() -> None:
    told = [known("mia", relationship_strength=5), known("tom", relationship_strength=2)]
    assert read("relationship_strength", *told) == 3.5
    assert read("relationship_strength", *told, left("mia")) == 2
    assert read("relationship_strength", known("mia", 365, relationship_strength=5)) is None
    assert read("relationship_strength", known("mia"), known("tom", relationship_strength=None)) is None


def test_competitors_are_quiet_once_one_was_heard_of() -> None:
    assert read("competitor_mentions", said("competitor.mentioned", 90, mention_id="c", competitor="Globex")) == 0


# --- surveys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scores", "index"), [([9, 10], 100), ([7, 8], 0), ([6, 0], -100), ([9, 7, 6], 0)])
def test_mt_nps_promoters_from_nine_and_detractors_up_to_six(scores: list[int], index: float) -> None:
    assert read("nps_index", *(answered(3, score) for score in scores)) == pytest.approx(index)


def test_mt_nps_fifty_thirty_and_twenty_of_a_hundred_are_thirty() -> None:
    told = [answered(3, score) for score in [9] * 50 + [8] * 30 + [3] * 20]
    assert read("nps_index", *told) == pytest.approx(30)


def test_answers_are_of_180_days_and_of_their_own_kind() -> None:
    told = [answered(179, 4), answered(180, 10), answered(1, 5, survey_type="csat", scale_min=1, scale_max=5)]
    assert read("nps_mean", *told) == 4
    assert read("csat_score", *told) == 5
    assert read("effort_score", *told) is None
    assert read("survey_responses", *told) == 2
    assert read("survey_responses", answered(180, 9)) == 0


def test_scales_are_brought_to_their_kind() -> None:
    assert read("csat_score", answered(1, 80, survey_type="csat", scale_max=100)) == pytest.approx(4.2)
    assert read("effort_score", answered(1, 1, survey_type="ces", scale_min=1, scale_max=5)) == 1


# --- support ------------------------------------------------------------------------------------------


def test_no_ticket_ever_is_unknown_and_none_lately_is_none() -> None:
    counts = ("ticket_volume", "ticket_trend", "escalations")
    assert [read(name) for name in counts] == [None] * 3
    assert [read(name, ticket(95)) for name in counts] == [0] * 3


@pytest.mark.parametrize(
    ("days", "trend"), [([29, 30], 0), ([1, 2, 3], 3), ([30, 59], -1), ([60, 61], 0), ([1, 40, 41, 42, 43], -0.75)]
)
def test_the_ticket_trend_is_against_the_30_days_before(days: list[int], trend: float) -> None:
    assert read("ticket_trend", *map(ticket, days)) == trend


def test_a_ticket_is_escalated_for_90_days() -> None:
    assert read("escalations", ticket(89, escalated=True), ticket(90, escalated=True), ticket(1)) == 1


def test_resolution_takes_the_median_of_what_was_resolved() -> None:
    told = [ticket(opened, resolved_at=from_us(ago(done))) for opened, done in ((9, 8), (9, 6), (300, 89), (300, 91))]
    assert read("resolution_time", *told) == 72
    assert read("resolution_time", ticket(3)) is None


def test_self_service_is_a_share_of_all_help() -> None:
    helped = said("help.used", 89, kind="chatbot")
    assert read("self_service", helped, ticket(3), ticket(4), ticket(90)) == pytest.approx(1 / 3)
    assert read("self_service", said("help.used", 90, kind="article")) is None
    assert read("self_service", ticket(3)) is None


# --- outcomes and renewal -----------------------------------------------------------------------------


def plan(*goals: dict[str, Any], **more: Any) -> Event:
    """A success plan with these objectives."""
    numbered = [{"objective_id": n, **goal} for n, goal in enumerate(goals)]
    return said("success_plan.updated", **{"plan_id": "p", "objectives": numbered, **more})


REACHED = {"baseline": 9, "target": 4, "actual": 3}
HALF = {"baseline": 0, "target": 10, "actual": 5}


@pytest.mark.parametrize(
    ("told", "met_", "improved"),
    [
        (plan(REACHED, HALF), 0.5, 0.75),
        (plan(REACHED, {**HALF, "due_on": from_us(ago(0)).date()}), 1, 0.75),
        (plan(REACHED, {**HALF, "due_on": from_us(ago(1)).date()}), 0.5, 0.75),
        (plan({"confirmed": True}, {}), 1, None),
        (plan({}), None, None),
        (plan(REACHED, status="draft"), None, None),
        (plan(REACHED, status="achieved"), 1, 1),
        (plan(), None, None),
    ],
)
def test_goals_count_once_they_are_met_or_their_day_is_past(
    told: Event, met_: float | None, improved: float | None
) -> None:
    assert (read("goals_met", told), read("kpi_improvement", told)) == (met_, improved)


def test_a_milestone_that_is_not_due_is_not_late() -> None:
    steps = [
        {"milestone_id": 1, "due_on": from_us(ago(0)).date()},
        {"milestone_id": 2, "due_on": from_us(ago(1)).date()},
    ]
    assert read("milestones_met", plan(milestones=steps[:1])) is None
    assert read("milestones_met", plan(milestones=steps)) == 0


def test_a_return_without_a_promise_is_value_and_no_roi() -> None:
    came = said("roi.recorded", roi_id="r", actual=2_400)
    assert read("roi_achieved", came) is None
    assert read("value_realisation", came) is None
    assert read("value_realisation", came, subscribed(30, 100)) == 2
    assert read("value_realisation", came, subscribed(30, 100, currency="EUR")) is None


@pytest.mark.parametrize(
    ("body", "days"),
    [
        ({"renews_at": -9}, 9),
        ({"renews_at": 0}, 0),
        ({"renews_at": 1}, None),
        ({"renews_at": -9, "ends_at": -40}, 9),
        ({"renews_at": -9, "ends_at": -40, "cancel_at_period_end": True}, 40),
        ({"renews_at": -9, "status": "cancelled"}, None),
        ({}, None),
    ],
)
def test_the_renewal_that_is_next_is_ahead_and_paid_for(body: dict[str, Any], days: float | None) -> None:
    given = {name: from_us(ago(value)) if name.endswith("_at") else value for name, value in body.items()}
    assert read("days_to_renewal", subscribed(30, 100, **given)) == days


def deal(name: str, kind: str, **more: Any) -> Event:
    """A deal."""
    return said("opportunity.updated", opportunity_id=name, kind=kind, **more)


def test_the_renewal_deal_that_closes_first_says_how_likely_it_is() -> None:
    late = deal("a", "renewal", probability=0.9, closes_on="2027-01-01")
    soon = deal("b", "renewal", probability=0.3, closes_on="2026-04-01")
    assert read("renewal_likelihood", late, soon) == 0.3
    assert read("renewal_likelihood", late, deal("b", "renewal", probability=0.3, status="won")) == 0.9
    assert read("renewal_likelihood", deal("c", "renewal"), deal("d", "expansion", probability=1)) is None


def test_expansion_is_what_is_open_against_what_is_paid() -> None:
    assert read("expansion_potential", deal("a", "expansion", amount=600), subscribed(30, 100)) == 0.5
    assert read("expansion_potential", deal("a", "expansion", amount=600, status="lost"), subscribed(30, 100)) == 0
    assert read("expansion_potential", deal("a", "expansion", amount=600)) is None
    assert read("expansion_potential", subscribed(30, 100)) is None


def test_hm_8_whoever_rates_is_told_what_each_rating_says() -> None:
    asked = (PersonUpdated, Person, Relationship)
    told = [one.model_fields["relationship_strength"].description or "" for one in asked]
    for words in ("5 strong: advocate, multi-level access", "4 good: engaged, responsive, supportive",
                  "3 neutral: functional, transactional", "2 weak: disengaged, hard to reach",
                  "1 at risk: negative, avoiding"):  # fmt: skip
        assert all(words in one for one in told)
