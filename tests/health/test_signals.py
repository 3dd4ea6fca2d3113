"""Signals: what is noticed, once for each stay."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.signals import Signal
from services.health.silence import NO_SILENCE, Silence
from shared.clock import DAY_US, from_us
from shared.facts import Event, Facts
from tests.health.stories import CORE, NOON, ago, answered, events, facts_of, invoice, said, subscribed, ticket, used
from tests.health.watcher import ALL, Watcher, only, told

ASKED = said("cancel.requested", 3, reason="too dear")
WITHDRAWN = said("cancel.withdrawn", 2)
AGAIN = said("cancel.requested", 1)
LEAVING = subscribed(5, 100, cancel_at_period_end=True)


def noticed(before: list[Event], then: list[Event], kind: str = "cancel_requested") -> list[Signal]:
    """What the later events give notice of."""
    watcher = Watcher(only(kind))
    watcher.shown(facts_of(*before), at=NOON - DAY_US)
    return watcher.shown(facts_of(*before, *then))


# --- requests to cancel -------------------------------------------------------------------------------


def test_tr_s1_1_a_request_to_cancel_is_a_critical_signal_with_its_event() -> None:
    [signal] = noticed([], [ASKED])
    assert (signal.kind, signal.severity, signal.account_id, signal.at) == ("cancel_requested", "critical", 7, NOON)
    assert signal.evidence == (ASKED.id.hex(),)
    assert "too dear" in signal.words


def test_it_is_noticed_once() -> None:
    assert noticed([ASKED], [said("login.recorded", person_id="mia")]) == []
    assert noticed([ASKED], [said("account.updated", name="Acme")]) == []


def test_a_second_request_is_a_second_signal() -> None:
    [first], [second] = noticed([], [ASKED]), noticed([ASKED, WITHDRAWN], [AGAIN])
    assert first.signal_id != second.signal_id


def test_a_request_withdrawn_before_we_looked_is_none() -> None:
    assert noticed([], [ASKED, WITHDRAWN]) == []
    assert noticed([WITHDRAWN], [ASKED]) == []


def test_a_first_score_tells_of_a_request_and_of_nothing_else() -> None:
    facts = facts_of(ASKED, said("competitor.mentioned", 1, mention_id="m", competitor="Rival"), answered(1, 10))
    watcher = Watcher(fresh=True)
    assert told(watcher.shown(facts, 90)) == [("cancel_requested", "critical")]
    assert {kind for kind, _ in watcher.holding} >= {"competitor_mentioned", "promoter", "health_high"}


def test_each_subscription_that_is_set_to_end_is_a_signal_once() -> None:
    [signal] = noticed([subscribed(9, 100)], [LEAVING])
    assert signal.evidence == (LEAVING.id.hex(),)
    assert noticed([LEAVING], [subscribed(1, 90, cancel_at_period_end=True)]) == []
    other = subscribed(5, 10, "s2", cancel_at_period_end=True)
    assert len({one.signal_id for one in noticed([], [LEAVING, other])}) == 2


def test_its_id_is_that_of_the_event_that_first_said_so_whatever_the_batch() -> None:
    later = subscribed(1, 90, cancel_at_period_end=True)
    [early], [late] = noticed([subscribed(9, 100)], [LEAVING]), noticed([subscribed(9, 100)], [LEAVING, later])
    assert early == late


def test_a_subscription_set_to_end_again_is_a_new_signal() -> None:
    kept, again = subscribed(4, 100), subscribed(2, 100, cancel_at_period_end=True)
    [signal] = noticed([LEAVING, kept], [again])
    assert signal.evidence == (again.id.hex(),)


# --- every kind, by what it takes ---------------------------------------------------------------------


def _daily(days: range, *people: str, feature: str | None = None) -> list[Event]:
    return [event for day in days for event in used(day, *people, feature=feature)]


def _met(kind: str, status: str, *days_ago: float) -> list[Event]:
    return [
        said("meeting.updated", day, meeting_id=f"m{day}", kind=kind, status=status, starts_at=from_us(ago(day)))
        for day in days_ago
    ]


def _tickets(*days_ago: float, **body: Any) -> list[Event]:
    return [ticket(day, **body) for day in days_ago]


def _person(id: str, role: str) -> Event:
    return said("person.updated", 300, person_id=id, role=role)


def _left(id: str, days_ago: float = 2) -> Event:
    return said("person.left", days_ago, person_id=id)


def _capacity(**body: Any) -> list[Event]:
    return [said("capacity.reported", 1, **body)]


def _reached(name: str) -> list[Event]:
    return [said("milestone.reached", 1, milestone=name)]


def _renews(days: float, **body: Any) -> Event:
    return subscribed(300, 100, renews_at=from_us(NOON + round(days * DAY_US)), **body)


def _report(first: int, last: int, requests: int) -> Event:
    period = {"period_start": from_us(ago(first)).date(), "period_end": from_us(ago(last)).date()}
    return said("usage.reported", last, **period, api_requests=requests)


BUSY = _daily(range(60), "mia", "eve")
FIT = [
    subscribed(300, 100), said("account.updated", 9, strategic=True), invoice(20, 21),
    said("person.updated", 9, person_id="mia", relationship_strength=5), *BUSY,
]  # fmt: skip

Case = tuple[str, str, Sequence[Event], int, str]
CASES: list[Case] = [
    ("TR-S0-1", "no_login", used(14, "mia"), 70, "warning"),
    ("TR-S3-4", "no_login", used(30, "mia"), 70, "critical"),
    ("TR-S2-5", "usage_drop", [*_daily(range(31, 61), "mia"), *_daily(range(1, 21), "mia")], 70, "info"),
    ("ERR-10", "usage_drop", [*_daily(range(31, 61), "mia"), *_daily(range(1, 19), "mia")], 70, "warning"),
    ("TR-S3-5", "usage_drop", [*_daily(range(31, 61), "mia"), *_daily(range(1, 16), "mia")], 70, "critical"),
    (
        "TR-S0-2", "key_feature_drop",
        [*_daily(range(31, 61), "mia", feature="reports"), *_daily(range(1, 19), "mia", feature="reports")],
        70, "warning",
    ),
    ("TR-S2-2", "sponsor_left", [_person("ana", "executive_sponsor"), _left("ana")], 70, "critical"),
    ("TR-S1-14", "champion_left", [_person("leo", "champion"), _left("leo")], 70, "warning"),
    ("TR-S1-14", "champion_leaving", _reached("champion_leaving"), 70, "warning"),
    ("TR-S1-14", "stakeholders_left", [_left("ana"), _left("leo", 40)], 70, "warning"),
    (
        "TR-S3-8", "competitor_mentioned", [said("competitor.mentioned", 2, mention_id="m", competitor="Rival")],
        70, "warning",
    ),
    ("TR-S2-3", "competitive_rfp", _reached("competitive_rfp"), 70, "critical"),
    ("TR-S2-4", "escalations_rising", _tickets(3, 9, 40, escalated=True), 70, "warning"),
    ("TR-S3-6", "complaints_rising", _tickets(3, 9, 40, sentiment="negative"), 70, "warning"),
    ("TR-S2-6", "qbr_missed", _met("qbr", "missed", 20), 70, "warning"),
    ("TR-S2-6", "qbr_missed", _met("qbr", "missed", 20, 110), 70, "critical"),
    ("TR-S2-7", "renewal_talk_delayed", [_renews(50)], 70, "warning"),
    ("TR-S2-7", "renewal_talk_delayed", [_renews(20)], 70, "critical"),
    ("HM-6", "payment_late", [invoice(20, 9)], 70, "warning"),
    ("HM-6", "payment_late", [invoice(20, 9), invoice(50, 9)], 70, "critical"),
    ("TR-S4-1", "health_high", [], 81, "info"),
    ("TR-S3-9", "seats_near_limit", _capacity(licensed_seats=10, used_seats=8), 70, "info"),
    ("TR-S3-12", "storage_near_limit", _capacity(storage_gb=9, storage_limit_gb=10), 70, "info"),
    ("TR-S1-3", "api_near_limit", _capacity(api_requests=90, api_limit=100), 70, "info"),
    ("TR-S3-11", "api_rising", [_report(60, 31, 1000), _report(30, 1, 1300)], 70, "info"),
    ("TR-S3-10", "feature_ceiling", [e for f in CORE for e in used(3, "mia", feature=f)], 70, "info"),
    ("TR-S0-3", "adoption_high", [e for f in CORE[:7] for e in used(3, "mia", feature=f)], 70, "info"),
    ("TR-S1-4", "team_growth", [*_daily(range(60), "mia"), *_daily(range(1, 28), "eve")], 70, "info"),
    (
        "TR-S3-15", "executive_engaged",
        [said("person.updated", 9, person_id="ana", level="c_level", engaged=True)], 70, "info",
    ),
    ("TR-S3-13", "champion_promoting", [said("advocacy.recorded", 4, advocacy_id="a", kind="review")], 70, "info"),
    ("TR-S1-7", "champion_promoted", _reached("champion_promoted"), 70, "info"),
    ("TR-S4-4", "promoter", [answered(3, 9)], 70, "info"),
    ("TR-S1-6", "happy_and_healthy", [answered(3, 9)], 80, "info"),
    ("S1", "value_achieved", _reached("value_achieved"), 70, "info"),
    ("TR-S2-13", "qbr_held", _met("qbr", "held", 3), 60, "info"),
    ("TR-S0-3", "six_months", [subscribed(190, 100, started_at=from_us(ago(190)))], 60, "info"),
    ("TR-S1-9", "anniversary", [subscribed(300, 100, started_at=from_us(ago(370)))], 70, "info"),
    ("TR-S3-20", "renewal_near", [_renews(90)], 70, "info"),
    ("TR-S1-11", "renewal_near", [_renews(30)], 70, "warning"),
    ("TR-S1-10", "multi_year_fit", FIT, 80, "info"),
    ("TR-S1-5", "new_use_case", _reached("new_use_case"), 70, "info"),
    ("TR-S3-14", "new_department", _reached("new_department"), 70, "info"),
    ("TR-S3-16", "higher_plan_requested", _reached("higher_plan_requested"), 70, "info"),
    ("TR-S3-19", "new_initiative", _reached("new_initiative"), 70, "info"),
    ("TR-S3-17", "company_funding", _reached("company_funding"), 70, "info"),
    ("TR-S4-5", "budget_season", _reached("budget_season"), 70, "info"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "kind", "happened", "score", "severity"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_each_kind_is_noticed_with_its_severity_and_its_evidence(
    source: str, kind: str, happened: Sequence[Event], score: int, severity: str
) -> None:
    watcher = Watcher(only(kind))
    [signal] = watcher.shown(facts_of(*happened), score)
    assert (signal.kind, signal.severity) == (kind, severity)
    assert signal.words
    assert signal.evidence or signal.measures or kind in {"renewal_talk_delayed", "six_months", "anniversary"}
    (file,) = watcher.signals.files
    assert source in file.source or not source.startswith("TR-")
    assert watcher.shown(facts_of(*happened, said("account.updated", 0, name="Acme")), score) == []


def test_every_kind_is_told_of_here() -> None:
    swings = {"health_drop", "health_improved", "cancel_requested"}
    assert {case[1] for case in CASES} | swings == {file.name for file in ALL.files}


QUIET: list[tuple[str, Sequence[Event], int]] = [
    ("no_login", used(13, "mia"), 70),
    ("usage_drop", [*_daily(range(31, 61), "mia"), *_daily(range(1, 22), "mia")], 70),
    ("sponsor_left", [_person("ana", "executive_sponsor"), _left("leo")], 70),
    ("champion_left", [_person("leo", "champion"), _left("leo", 91)], 70),
    ("stakeholders_left", [_left("ana")], 70),
    ("escalations_rising", _tickets(3, 9, 40, 41, escalated=True), 70),
    ("qbr_missed", _met("check_in", "missed", 20), 70),
    ("renewal_talk_delayed", [_renews(61)], 70),
    (
        "renewal_talk_delayed",
        [_renews(50), said("opportunity.updated", 9, opportunity_id="o", kind="renewal", status="open")], 70,
    ),
    ("health_high", [], 80),
    ("seats_near_limit", _capacity(licensed_seats=10, used_seats=7), 70),
    ("happy_and_healthy", [answered(3, 9)], 79),
    ("multi_year_fit", FIT[:1] + FIT[2:], 80),
    ("renewal_near", [_renews(91)], 70),
    ("six_months", [subscribed(180, 100, started_at=from_us(ago(180)))], 60),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "happened", "score"), QUIET)
def test_short_of_it_there_is_none(kind: str, happened: Sequence[Event], score: int) -> None:
    assert Watcher(only(kind)).shown(facts_of(*happened), score) == []


# --- swings of the score ------------------------------------------------------------------------------


def test_tr_s2_1_a_drop_of_more_than_20_points_is_against_the_greatest_score_of_30_days() -> None:
    watcher = Watcher(only("health_drop"))
    assert watcher.shown(Facts(), 80, at=ago(20)) == []
    assert watcher.shown(Facts(), 60, at=ago(10)) == []
    [signal] = watcher.shown(Facts(), 59, at=ago(5))
    assert (signal.severity, signal.window_days, signal.measures) == ("warning", 30, {"score": 59, "reference": 80})
    assert signal.words == "The score fell from 80 to 59 within 30 days"


def test_a_drop_that_took_longer_is_none() -> None:
    watcher = Watcher(only("health_drop"))
    for days_ago, score in ((60, 80), (30, 79), (28, 65), (0, 58)):
        assert watcher.shown(Facts(), score, at=ago(days_ago)) == []


def test_tr_s3_3_20_points_more_than_the_least_of_30_days_are_an_improvement() -> None:
    watcher = Watcher(only("health_improved"))
    assert watcher.shown(Facts(), 50, at=ago(20)) == []
    assert watcher.shown(Facts(), 69, at=ago(10)) == []
    assert told(watcher.shown(Facts(), 70, at=ago(5))) == [("health_improved", "info")]


def test_another_model_makes_no_swing() -> None:
    watcher = Watcher(only("health_drop"))
    watcher.shown(Facts(), 90, at=ago(9))
    assert watcher.shown(Facts(), 40, at=ago(8), model="hm-3@1") == []
    assert watcher.shown(Facts(), 39, at=ago(7), model="hm-3@1") == []


# --- stays --------------------------------------------------------------------------------------------


def test_a_wobble_at_the_edge_is_one_signal() -> None:
    watcher = Watcher(only("seats_near_limit"))
    shares = (8, 7, 9, 7, 8)
    found = [
        signal
        for i, used_seats in enumerate(shares)
        for signal in watcher.shown(facts_of(*_capacity(licensed_seats=10, used_seats=used_seats)), at=ago(5 - i))
    ]
    assert told(found) == [("seats_near_limit", "info")]


def test_what_has_not_held_for_its_days_is_noticed_anew() -> None:
    watcher = Watcher(only("seats_near_limit"))
    full, room = (facts_of(*_capacity(licensed_seats=10, used_seats=n)) for n in (9, 5))
    [first] = watcher.shown(full, at=ago(30))
    for day in range(20, 12, -1):
        assert watcher.shown(room, at=ago(day)) == []
    [second] = watcher.shown(full, at=ago(10))
    assert first.signal_id != second.signal_id


def test_what_grows_worse_is_noticed_again_and_what_eases_is_not() -> None:
    watcher = Watcher(only("no_login"))
    facts = facts_of(*used(40, "mia"))
    seen = [told(watcher.shown(facts, at=ago(day))) for day in (27, 26, 12, 10, 9)]
    assert seen == [[], [("no_login", "warning")], [], [("no_login", "critical")], []]


def test_time_alone_begins_it_and_ends_it() -> None:
    watcher = Watcher(only("competitor_mentioned"))
    facts = facts_of(said("competitor.mentioned", 100, mention_id="m", competitor="Rival"))
    assert told(watcher.shown(facts, at=ago(99))) == [("competitor_mentioned", "warning")]
    watcher.shown(facts, at=ago(11))
    assert watcher.holding == {("competitor_mentioned", "Rival")}
    watcher.shown(facts, at=ago(9))
    assert watcher.holding == set()


@pytest.mark.parametrize(
    ("kind", "happened", "silent"),
    [
        ("key_feature_drop", _daily(range(61), "mia", feature="reports"), "usage.recorded"),
        ("renewal_talk_delayed", [_renews(65)], "opportunity.updated"),
    ],
)
def test_what_a_silent_source_does_not_tell_begins_nothing(kind: str, happened: Sequence[Event], silent: str) -> None:
    for silence, noticed_ in ((Silence({silent: NOON}), []), (NO_SILENCE, [(kind, "warning")])):
        watcher = Watcher(only(kind))
        assert watcher.shown(facts_of(*happened)) == []
        watcher.silence = silence
        assert told(watcher.shown(facts_of(*happened), at=NOON + 20 * DAY_US)) == noticed_


def test_use_alone_is_looked_at_once_a_day() -> None:
    watcher = Watcher(only("adoption_high"))
    most = [event for feature in CORE[:7] for event in used(1, "mia", feature=feature)]
    watcher.shown(facts_of(*used(1, "mia")))
    assert watcher.shown(facts_of(*most)) == []
    assert told(watcher.shown(facts_of(*most), at=NOON + DAY_US)) == [("adoption_high", "info")]


def test_imported_history_is_no_news_and_what_is_live_beside_it_is() -> None:
    watcher = Watcher(only("competitor_mentioned"))
    past = said("competitor.mentioned", 9, mention_id="m", competitor="Rival")
    assert watcher.shown(facts_of(past), imported=True) == []
    assert watcher.shown(facts_of(past, said("account.updated", 0, name="Acme"))) == []
    other = said("competitor.mentioned", 0, mention_id="n", competitor="Other")
    assert [signal.about for signal in watcher.shown(facts_of(past, other))] == ["Other"]


def test_other_files_tell_only_of_what_happens_from_then_on() -> None:
    watcher = Watcher(only())
    old = said("competitor.mentioned", 5, mention_id="m", competitor="Rival")
    watcher.shown(facts_of(old, answered(5, 10)), at=ago(4))
    watcher.signals = only("competitor_mentioned", "promoter")
    new = said("competitor.mentioned", 1, mention_id="n", competitor="Other")
    assert [signal.about for signal in watcher.shown(facts_of(old, new, answered(5, 10)))] == ["Other"]


def test_a_new_model_tells_nothing_of_what_reads_the_score() -> None:
    watcher = Watcher(only("health_high", "promoter"))
    watcher.shown(Facts(), 70, at=ago(2))
    found = watcher.shown(facts_of(answered(1, 10)), 90, at=ago(1), model="hm-3@1")
    assert told(found) == [("promoter", "info")]


# --- properties ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.lists(events, max_size=25), st.randoms(use_true_random=False))
def test_what_holds_in_the_end_does_not_depend_on_the_order_of_events(told_: list[Event], dice: random.Random) -> None:
    ends = []
    for order in (told_, dice.sample(told_, len(told_))):
        watcher, facts = Watcher(), Facts()
        for i in range(0, len(order), 5):
            facts = facts_of(*order[: i + 5])
            watcher.shown(facts, at=NOON - DAY_US)
        watcher.shown(facts)
        ends.append(watcher.holding)
    assert ends[0] == ends[1]


@settings(deadline=None, max_examples=25)
@given(st.lists(events, max_size=25))
def test_what_is_shown_again_is_not_noticed_again(told_: list[Event]) -> None:
    watcher, facts = Watcher(), facts_of(*told_)
    found = watcher.shown(facts)
    assert len({signal.signal_id for signal in found}) == len(found)
    again = facts_of(*told_, said("account.updated", 0, name="Acme"))
    assert watcher.shown(again) == []
    assert watcher.shown(facts) == []


@settings(deadline=None, max_examples=25)
@given(st.lists(events, max_size=25))
def test_the_same_way_makes_the_same_ids(told_: list[Event]) -> None:
    show: Callable[[], list[Signal]] = lambda: Watcher().shown(facts_of(*told_))  # noqa: E731
    assert show() == show()
