"""For every measure, records of a system that a company would use, and the value that they come to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from shared.broker import Record
from tests.health.records import (
    date,
    delighted,
    hubspot,
    hubspot_reply,
    intercom_rated,
    invitation,
    mixpanel,
    monthly,
    native,
    salesforce,
    salesforce_event,
    salesforce_mail,
    segment,
    signed_in,
    stripe_invoice,
    stripe_subscription,
    survey,
    tracked,
    zendesk,
    zendesk_solved,
)


class Case(NamedTuple):
    """What was sent, and the value of the measure at NOON with these params."""

    sent: list[Record]
    value: float
    params: Mapping[str, Any] = MappingProxyType({})


def each_day(days: range, *people: str, feature: str = "Report Exported", times: int = 1) -> list[Record]:
    """Segment: the same on each of these days ago."""
    return [record for day in days for record in tracked(day, *people, feature=feature, times=times)]


def sessions(*minutes: float) -> list[Record]:
    """A company's own product: a session a day of somebody who signs in for it."""
    ended = [
        native("session.recorded", day, session_id=f"s{day}", person_id="mia", minutes=long)
        for day, long in enumerate(minutes)
    ]
    return [*ended, *signed_in(0, "mia")]


OBJECTIVES = [
    {"objective_id": "o1", "baseline": 9, "target": 4, "actual": 4},
    {"objective_id": "o2", "baseline": 0, "target": 10, "actual": 5, "due_on": date(1)},
    {"objective_id": "o3", "baseline": 0, "target": 10, "actual": 0, "due_on": date(-30)},
]
MILESTONES = [
    {"milestone_id": "m1", "due_on": date(40), "done_on": date(38)},
    {"milestone_id": "m2", "due_on": date(1)},
    {"milestone_id": "m3", "due_on": date(0)},
]
PLAN = native("success_plan.updated", 3, plan_id="p", objectives=OBJECTIVES, milestones=MILESTONES)
ROI = [
    native("roi.recorded", 9, roi_id="r1", promised="50000", actual="30000", currency="USD"),
    native("roi.recorded", 9, roi_id="r2", promised="10000", actual="18000", currency="USD"),
    native("roi.recorded", 9, roi_id="r3", promised="10000", currency="USD"),
    native("roi.recorded", 9, roi_id="r4", promised="900", actual="900", currency="EUR"),
]
HUBSPOT_SPONSOR = hubspot(30, "contact", "hs_buying_role", "EXECUTIVE_SPONSOR", 7)
HUBSPOT_CHAMPION = hubspot(30, "contact", "hs_buying_role", "CHAMPION", 8)
RATED = [
    native("person.updated", 20, person_id="8", relationship_strength=4),
    native("person.updated", 20, person_id="9", relationship_strength=1),
]

USE = {
    "dau_mau_ratio": Case(each_day(range(14), "mia", "tom"), 0.5),
    "feature_adoption": Case(tracked(3, "mia", feature="api"), 0.25, {"core_features": ["api", "x", "y", "z"]}),
    "depth_of_use": Case(each_day(range(2), "mia", times=6), 7 * 12 / 28),
    "days_since_last_login": Case([mixpanel(5, "mia", "Login")], 5),
    "login_frequency": Case([record for day in range(7) for record in signed_in(day, "mia")], 7),
    "logins_per_person": Case([mixpanel(day, who, "Login") for day in range(6) for who in ("mia", "tom")], 6),
    "weekly_active_people": Case([segment("page", who, day) for day, who in enumerate("abacadaea")], 4),
    "active_share": Case([*tracked(3, "mia", "tom"), native("capacity.reported", 9, used_seats=8)], 0.25),
    "active_seats": Case([*tracked(3, "mia", "tom"), stripe_subscription(90, 500, seats=5)], 0.4),
    "sessions_per_person": Case(sessions(10, 20, 30), 3 / 4),
    "time_in_product": Case(sessions(10, 20, 30), 60 / 4),
    "session_length": Case(sessions(10, 20, 30.5), 60.5 / 3),
    "usage_trend": Case([*each_day(range(28, 57), "mia", times=2), *each_day(range(28), "mia")], -0.5),
    "frequency_trend": Case([*each_day(range(28, 57), "mia"), *each_day(range(7), "mia")], -0.75),
    "user_growth": Case([*each_day(range(28, 57), "mia", "tom"), *each_day(range(0, 28, 7), "a", "b", "c")], 0.5),
    "usage_growth": Case([monthly(30, actions=900), monthly(0, actions=990)], 0.1),
    "feature_breadth": Case([record for name in "abc" for record in tracked(2, "mia", feature=name)], 3),
    "key_feature_change": Case(
        [*each_day(range(28, 57), "mia", feature="Scan"), *each_day(range(7), "mia", feature="Scan")],
        -0.75,
        {"features": ["Scan", "Print"]},
    ),
    "workflow_completion": Case(
        [native("workflow.recorded", day, workflow="close", completed=day > 0) for day in range(4)], 0.75
    ),
    "integration_use": Case(
        [native("integration.updated", 9, integration=n, status=s) for n, s in (("slack", "active"), ("x", "failing"))],
        1,
    ),
    "data_quality": Case([native("data_quality.reported", days, score=days + 60) for days in (30, 2)], 62),
    "seats_in_use": Case([native("capacity.reported", 1, used_seats=31), stripe_subscription(90, 500, 40)], 0.775),
    "storage_in_use": Case([native("capacity.reported", 1, storage_gb=40, storage_limit_gb=50)], 0.8),
    "api_in_use": Case([native("capacity.reported", 1, api_requests=120_000, api_limit=500_000)], 0.24),
}  # fmt: skip

PEOPLE = {
    "meeting_attendance": Case([salesforce_event(9, "Sync"), invitation(5, "Sync", "DECLINED")], 0.5),
    "regular_meetings": Case([salesforce_event(9, "Sync")], 1),
    "qbr_attendance": Case(
        [salesforce_event(200, "Q3 QBR"), invitation(99, "QBR", "DECLINED"), salesforce_event(2, "EBR")], 2 / 3
    ),
    "training_completion": Case([salesforce_event(100, "Admin training"), invitation(5, "Workshop", "DECLINED")], 0.5),
    "response_rate": Case([salesforce_mail(60), salesforce_mail(20), hubspot_reply(18), salesforce_mail(2)], 0.5),
    "responsive_to_outreach": Case([salesforce_mail(60), salesforce_mail(20), hubspot_reply(18)], 1),
    "community_participation": Case([native("community.recorded", day, kind="post") for day in (1, 2, 95)], 2),
    "nps_score": Case([delighted(40, "nps", 3), delighted(9, "nps", 8)], 8),
    "nps_mean": Case([delighted(40, "nps", 3), survey(9, survey_type="nps", score=80, scale_max=100)], 5.5),
    "nps_index": Case([delighted(9, "nps", points) for points in (3, 8, 9, 10)], 25),
    "csat_score": Case([intercom_rated(3, 4), delighted(9, "csat", 5)], 4.5),
    "effort_score": Case([delighted(3, "ces", 2), survey(9, survey_type="ces", score=3)], 2.5),
    "survey_responses": Case([delighted(3, "nps", 2), intercom_rated(9, 1)], 1, {"kinds": ["nps"]}),
    "sponsor_identified": Case([HUBSPOT_SPONSOR], 1),
    "sponsor_engaged": Case([native("sponsor.updated", 3, identified=True, engaged=True, person_id="7")], 1),
    "executive_engagement": Case(
        [HUBSPOT_SPONSOR, hubspot(30, "contact", "hs_seniority", "vp", 9), hubspot_reply(12, 9)], 0.5
    ),
    "threads": Case([salesforce_event(9, "Sync", "003M"), delighted(30, "nps", 8, "tom"), hubspot_reply(95)], 2),
    "champion_present": Case([HUBSPOT_CHAMPION, native("person.left", 1, person_id="8")], 0),
    "champion_strength": Case([HUBSPOT_CHAMPION, *RATED], 4),
    "relationship_strength": Case(RATED, 2.5),
    "competitor_mentions": Case([native("competitor.mentioned", 9, mention_id="c", competitor="Globex")], 1),
}  # fmt: skip

SUPPORT = {
    "ticket_volume": Case([zendesk(day, "created", str(day)) for day in (1, 29, 31)], 2),
    "ticket_trend": Case([zendesk(day, "created", str(day)) for day in (1, 9, 19, 31, 50)], 0.5),
    "escalations": Case([zendesk(9, "created", "1", priority="URGENT"), zendesk(3, "created", "2")], 1),
    "resolution_time": Case([zendesk_solved(9, 8.5, "1"), zendesk_solved(9, 7, "2"), zendesk_solved(6, 5, "3")], 24),
    "resolution_satisfaction": Case([intercom_rated(3, 4), intercom_rated(9, 1)], 2.5),
    "self_service": Case([native("help.used", 3, kind="article"), zendesk(9, "created", "1")], 0.5),
    "sentiment_trend": Case(
        [native("ticket.changed", 9, ticket_id=mood, sentiment=mood) for mood in ("negative", "neutral")], -0.5
    ),
    "product_feedback": Case([native("feedback.given", 4, feedback_id="f", sentiment="positive")], 1),
    "feature_requests": Case([native("feedback.given", 4, feedback_id="f", kind="feature_request")], 1),
}  # fmt: skip

MONEY = {
    "payment_history": Case([stripe_invoice(60, 50), stripe_invoice(30, 31)], 1),
    "growth_trajectory": Case([stripe_subscription(300, 500, 10), stripe_subscription(30, 500, 12)], 0.2),
    "days_to_renewal": Case([stripe_subscription(30, 500)], 20),
    "renewal_likelihood": Case(
        [salesforce(9, "Opportunity", Type="Renewal", StageName="Talks", IsClosed=False, Probability=60.0)], 0.6
    ),
    "expansion_potential": Case(
        [
            salesforce(9, "Opportunity", Type="Upgrade", IsClosed=False, Amount=6_000, CurrencyIsoCode="USD"),
            stripe_subscription(90, 10_000, 20),
        ],
        0.25,
    ),
    "roi_achieved": Case(ROI, 0.8),
    "value_realisation": Case([*ROI, stripe_subscription(90, 10_000, 20)], 2),
    "kpi_improvement": Case([PLAN], 0.5),
    "goals_met": Case([PLAN], 0.5),
    "milestones_met": Case([PLAN], 0.5),
}  # fmt: skip

CASES: dict[str, Case] = {**USE, **PEOPLE, **SUPPORT, **MONEY}
