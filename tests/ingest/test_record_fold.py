"""The customer record as facts: what each new kind of event leaves behind, in whatever order it comes."""

import datetime as dt
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import day_number
from shared.contracts import NATIVE
from shared.facts import (
    MOST_GUESTS,
    MOST_ITEMS,
    MOST_MARKS,
    MOST_MILESTONES,
    MOST_PLANS,
    MOST_WORKFLOWS,
    WINDOW_DAYS,
    DayCounts,
    Event,
    Facts,
    decode,
    encode,
)
from shared.facts.reach import newest_told
from shared.fold import ACTIVITY, RULES, fold
from tests.ingest.payloads import payloads_of
from tests.ingest.stories import DAY, START, event, histories, used

TODAY = START // DAY
TELLING = tuple(kind for kind in NATIVE if kind not in ACTIVITY)
HOUR = DAY // 24


def known(*events: Event) -> Facts:
    return decode(encode(fold(Facts(), {}, events)[0]))


def folded(events: list[Event], chunk: int = 10**9) -> bytes:
    stored = encode(Facts())
    for start in range(0, len(events), chunk):
        stored = encode(fold(decode(stored), {}, events[start : start + chunk])[0])
    return stored


def shuffled(events: list[Event], seed: int) -> list[Event]:
    return random.Random(seed).sample(events, len(events))


# --- any order ----------------------------------------------------------------------------------------


@st.composite
def anything(draw: st.DrawFn) -> list[Event]:
    """Events of every native type, made up from the contracts, many of one thing and of one instant."""
    told = []
    for number in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(TELLING))
        at = START + draw(st.integers(0, 150)) * DAY + draw(st.integers(0, 1))
        told.append(event(kind, at, number, draw(st.integers(-1, 1)), **draw(payloads_of(kind))))
    return told


@settings(max_examples=100)
@given(anything(), st.integers(0, 2**32), st.integers(1, 26))
def test_any_order_of_any_events_gives_the_same_bytes(events: list[Event], seed: int, chunk: int) -> None:
    assert folded(shuffled(events, seed), chunk) == folded(events)


@pytest.mark.parametrize("kind", TELLING)
@settings(max_examples=15)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_order_of_one_type_gives_the_same_bytes(kind: str, data: st.DataObject, seed: int) -> None:
    events = data.draw(histories(kinds=(kind,)))
    assert folded(shuffled(events, seed), 3) == folded(events)


def a_change(number: int, ticket: int, at: int) -> Event:
    named = random.Random(number).sample(["status", "category", "opened_at", "satisfaction", "reopens", "answers"], 2)
    said: dict[str, Any] = {
        "status": "solved", "category": f"c{number}", "opened_at": "2025-12-01T00:00:00Z", "satisfaction": 3,
        "reopens": True, "answers": True,
    }  # fmt: skip
    return event("ticket.changed", START + at, number, ticket_id=f"t{ticket}", **{name: said[name] for name in named})


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 300))
def test_a_flood_of_things_told_piece_by_piece_leaves_the_same_in_any_order(seed: int, chunk: int) -> None:
    source = random.Random(seed)
    tickets = MOST_ITEMS + source.randrange(40)
    events = [a_change(number, source.randrange(tickets), source.randrange(10_000)) for number in range(400)]
    stored = folded(shuffled(events, seed + 1), chunk)
    assert stored == folded(events)
    assert len(decode(stored).tickets) <= MOST_ITEMS


def test_what_a_crowd_has_forgotten_does_not_come_back() -> None:
    first = event("ticket.changed", START, 0, ticket_id="old", category="billing")
    crowd = [a_change(n, n, n) for n in range(1, MOST_ITEMS + 1)]
    again = event("ticket.changed", START + DAY, 999, ticket_id="old", status="pending")
    ticket = known(first, *crowd, again).tickets["old"]
    assert (ticket.status, ticket.category) == ("pending", None)


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_a_full_record_is_bounded_and_the_same_in_any_order(seed: int) -> None:
    storm = []
    for n in range(200):
        at, name = START + n * HOUR, f"{n:03}"
        storm += [
            event("milestone.reached", at, 10 * n, milestone=name),
            event("workflow.recorded", at, 10 * n + 1, workflow=name, completed=bool(n % 2)),
            event("success_plan.updated", at, 10 * n + 2, plan_id=name),
            event("person.updated", at, 10 * n + 3, person_id=name, level="vp", engaged=True),
            event("opportunity.updated", at, 10 * n + 4, opportunity_id=name, amount="10", stage="demo"),
            event("integration.updated", at, 10 * n + 5, integration=name, status="active"),
        ]
    stored = folded(shuffled(storm, seed), 77)
    facts = decode(stored)
    assert stored == folded(storm)
    assert (len(facts.record.lifecycle), len(facts.record.workflows), len(facts.record.plans)) == (
        MOST_MILESTONES,
        MOST_WORKFLOWS,
        MOST_PLANS,
    )
    assert (
        len(facts.record.opportunities)
        == len(facts.record.stakeholders["level"])
        == len(facts.record.integrations)
        == MOST_ITEMS
    )
    assert len(stored) < 50_000


# --- accounts and people ------------------------------------------------------------------------------


def test_each_source_of_a_person_tells_its_own_part() -> None:
    facts = known(
        event("person.updated", START, 1, person_id="mia", role="champion", level="director"),
        event("person.updated", START + 1, 2, person_id="mia", relationship_strength=4, engaged=True),
        event("person.updated", START + 2, 3, person_id="mia", title="Head of Operations"),
    )
    assert facts.stakeholder("mia") == ("champion", "director", 4, True, None, False)


def test_null_takes_a_part_away() -> None:
    told = event("person.updated", START, 1, person_id="mia", role="champion", level="vp")
    taken = event("person.updated", START + 1, 2, person_id="mia", role=None, level=None)
    assert known(told, taken).stakeholder("mia")[:2] == (None, None)


def test_who_is_told_of_after_leaving_is_back() -> None:
    here = event("person.updated", START, 1, person_id="mia")
    gone = event("person.left", START + 1, 2, person_id="mia", reason="bounced")
    back = event("person.updated", START + 2, 3, person_id="mia", name="Mia")
    assert known(here, gone).has_left("mia")
    assert known(here, gone).departures["mia"].reason == "bounced"
    assert not known(here, gone, back).has_left("mia")


def test_mail_that_comes_back_is_a_departure_until_it_does_not() -> None:
    bounced = event("person.updated", START, 1, person_id="mia", email_bounced=True)
    told_since = event("person.updated", START + 1, 2, person_id="mia", title="Boss")
    gone = known(told_since, bounced)
    assert (gone.has_left("mia"), list(gone.gone()), gone.gone()["mia"].reason) == (True, ["mia"], "bounced")
    assert gone.gone()["mia"].event == bounced.id
    arrives = event("person.updated", START + 2, 3, person_id="mia", email_bounced=False)
    assert known(bounced, arrives).gone() == {}


def test_an_account_that_is_restored_without_a_word_is_there_again() -> None:
    gone = event("account.deleted", START + 1, 1)
    restored = event("account.updated", START + 2, 2)
    assert known(event("account.updated", START, 3), gone).is_deleted()
    assert not known(restored, gone).is_deleted()


def test_nothing_is_known_of_a_stranger() -> None:
    assert known().stakeholder("nobody") == (None, None, None, None, None, False)


def test_lost_changes_mark_an_account_until_all_is_told_anew_and_blank_nothing() -> None:
    named = event("account.updated", START, 1, name="Acme", industry="Steel")
    lost = event("account.refresh_needed", START + 1, 2, reason="GAP_UPDATE")
    renamed = event("account.updated", START + 2, 3, name="Acme AG")
    refreshed = event("account.refreshed", START + 3, 4)
    assert known(named, lost).field("industry") == "Steel"
    assert known(named, lost, renamed).needs_refresh()
    assert not known(refreshed, renamed, lost, named).needs_refresh()
    assert known(refreshed, event("account.refresh_needed", START + 4, 5)).needs_refresh()


def test_a_deleted_account_comes_back_when_it_is_told_of() -> None:
    named = event("account.updated", START, 1, name="Acme", strategic=True)
    deleted = event("account.deleted", START + 1, 2)
    again = event("account.updated", START + 2, 3, plan="Team")
    assert known(named, deleted).is_deleted()
    assert not known(named, deleted, again).is_deleted()
    assert known(named).field("strategic") is True


def test_a_milestone_keeps_its_first_time_its_last_and_how_often() -> None:
    later = event("milestone.reached", START + 5, 1, milestone="invite_sent")
    first = event("milestone.reached", START, 2, milestone="invite_sent")
    reached = known(later, first).record.lifecycle["invite_sent"]
    assert (reached.first, reached.at, reached.times) == (START, START + 5, 2)


def test_a_meeting_keeps_a_few_of_its_guests() -> None:
    told = event(
        "meeting.updated", START, 1, meeting_id="m", status="held", starts_at="2026-01-01T10:00:00Z",
        ends_at="2026-01-01T11:00:00Z", person_ids=[f"p{n:02}" for n in reversed(range(30))],
    )  # fmt: skip
    meeting = known(told).meetings["m"]
    assert meeting.people == tuple(f"p{n:02}" for n in range(MOST_GUESTS))
    assert (meeting.ends_at or 0) - meeting.starts_at == HOUR


def test_a_meeting_is_told_a_field_at_a_time() -> None:
    told = [
        event("meeting.changed", START, 1, meeting_id="m", subject="Reports", kind="training"),
        event("meeting.changed", START + 1, 2, meeting_id="m", starts_at="2026-01-01T10:00:00Z", status="scheduled"),
        event("meeting.changed", START + DAY, 3, meeting_id="m", status="held", person_ids=["mia", "noor"]),
        event("meeting.changed", START + DAY, 4, meeting_id="m", absent_ids=["noor"], kind=None),
    ]
    meeting = known(*reversed(told)).meetings["m"]
    assert (meeting.kind, meeting.status, meeting.starts_at) == ("training", "held", START + 10 * HOUR)
    assert (meeting.people, meeting.absent) == (("mia", "noor"), ("noor",))
    assert known(told[0]).meetings["m"].starts_at == -1, "of which nobody has said when it begins"


# --- what was agreed ----------------------------------------------------------------------------------


def test_a_deal_is_told_a_field_at_a_time() -> None:
    created = event(
        "opportunity.updated", START, 1, opportunity_id="o", kind="renewal", amount="1200.50", currency="EUR"
    )
    moved = event("opportunity.updated", START + 1, 2, opportunity_id="o", stage="Proposal", probability=0.6)
    won = event("opportunity.updated", START + 2, 3, opportunity_id="o", status="won", closes_on="2026-02-01")
    deal = known(won, created, moved).record.opportunities["o"]
    assert (deal.kind, deal.status, deal.stage) == ("renewal", "won", "Proposal")
    assert (deal.amount, deal.currency, deal.probability) == (1_200_500_000, "EUR", 0.6)
    assert deal.closes_on == day_number(dt.date(2026, 2, 1))


def test_a_success_plan_has_progress_milestones_and_risks() -> None:
    objective = {"objective_id": "o", "baseline": 9, "target": 4, "actual": 6, "due_on": "2026-03-31"}
    plan = known(
        event(
            "success_plan.updated", START, 1, plan_id="p", objectives=[objective],
            milestones=[{"milestone_id": "m", "due_on": "2026-01-02"}],
            risks=[{"risk_id": "r", "severity": "high"}],
        )
    ).record.plans["p"]  # fmt: skip
    assert (plan.status, plan.objectives[0].progress, plan.objectives[0].confirmed) == ("active", 0.6, False)
    assert (plan.milestones[0].done_on, plan.risks[0].severity, plan.risks[0].open) == (None, "high", True)


@pytest.mark.parametrize(
    ("baseline", "target", "actual", "progress"),
    [(0, 10, 5, 0.5), (10, 0, 5, 0.5), (0, 10, 12, 1.0), (0, 10, -3, 0.0), (5, 5, 5, None), (None, 10, 5, None)],
)
def test_progress_is_the_share_of_the_way(baseline: Any, target: Any, actual: Any, progress: float | None) -> None:
    told = {"objective_id": "o", "baseline": baseline, "target": target, "actual": actual}
    facts = known(event("success_plan.updated", START, 1, plan_id="p", objectives=[told]))
    assert facts.record.plans["p"].objectives[0].progress == progress


def test_returns_handoffs_exits_and_advocacy_are_kept() -> None:
    facts = known(
        event("roi.recorded", START, 1, roi_id="r", promised="100", actual="80", confirmed=True),
        event("handoff.updated", START, 2, handoff_id="h", status="complete", goals="Close the books."),
        event("exit_interview.recorded", START, 3, interview_id="x", reason="competitor", competitor="Globex"),
        event("advocacy.recorded", START, 4, advocacy_id="a", kind="review", person_id="mia"),
        event("competitor.mentioned", START, 5, mention_id="c", competitor="Globex"),
        event("note.added", START, 6, note_id="n", text="Budget talks begin in May."),
    )
    assert (facts.record.roi["r"].promised, facts.record.roi["r"].actual) == (100_000_000, 80_000_000)
    assert facts.record.handoffs["h"].status == "complete"
    assert (facts.record.exit_interviews["x"].reason, facts.record.exit_interviews["x"].competitor) == (
        "competitor",
        "Globex",
    )
    assert (facts.record.advocacy["a"].kind, facts.record.advocacy["a"].person) == ("review", "mia")
    assert facts.record.mentions["c"].competitor == "Globex"
    assert facts.record.note
    assert facts.record.note.at == START


# --- support ------------------------------------------------------------------------------------------


def test_a_ticket_knows_its_first_response_and_its_resolution() -> None:
    ticket = known(
        event(
            "ticket.updated", START, 1, ticket_id="t", status="solved", opened_at="2026-01-01T00:00:00Z",
            first_response_at="2026-01-01T00:40:00Z", resolved_at="2026-01-02T00:00:00Z", reopened=2,
            category="reports", requester_id="mia", satisfaction=4,
        )
    ).tickets["t"]  # fmt: skip
    assert (ticket.first_response, ticket.resolution, ticket.is_open) == (HOUR * 2 // 3, DAY, False)
    assert (ticket.reopened, ticket.category, ticket.requester, ticket.told) == (2, "reports", "mia", None)


def test_a_ticket_may_be_told_by_its_changes() -> None:
    created = event("ticket.changed", START, 1, ticket_id="t", status="new", priority="high")
    solved = event("ticket.changed", START + DAY, 2, ticket_id="t", status="solved", resolved_at="2026-01-02T00:00:00Z")
    again = event("ticket.changed", START + 2 * DAY, 3, ticket_id="t", status="open", resolved_at=None, priority=None)
    ticket = known(again, created, solved).tickets["t"]
    assert (ticket.status, ticket.priority, ticket.resolved_at, ticket.is_open) == ("open", "high", None, True)
    assert ticket.opened_at == START


def test_each_reopening_counts_once_and_the_first_answer_is_the_response() -> None:
    told = [
        event("ticket.changed", START + n * DAY, n, ticket_id="t", status="open", reopens=n in (2, 4), answers=n > 2)
        for n in range(1, 6)
    ]
    ticket = known(*reversed(told), *told).tickets["t"]
    assert (ticket.times_reopened, ticket.answered_at) == (2, START + 3 * DAY)


def test_a_count_or_a_time_that_the_source_tells_outranks_ours() -> None:
    whole = event(
        "ticket.updated", START, 1, ticket_id="t", status="open", opened_at="2026-01-01T00:00:00Z", reopened=3,
        first_response_at="2026-01-01T00:40:00Z",
    )  # fmt: skip
    again = event("ticket.changed", START + DAY, 2, ticket_id="t", reopens=True, answers=True)
    ticket = known(whole, again).tickets["t"]
    assert (ticket.times_reopened, ticket.first_response) == (3, HOUR * 2 // 3)


def test_of_very_many_answers_the_first_is_not_known() -> None:
    told = [event("ticket.changed", START + n, n, ticket_id="t", answers=True) for n in range(MOST_MARKS)]
    assert known(*told[1:]).tickets["t"].answered_at == START + 1
    assert known(*told).tickets["t"].answered_at is None


def test_a_whole_state_outranks_older_changes_and_yields_to_newer_ones() -> None:
    old = event("ticket.changed", START, 1, ticket_id="t", category="old", sentiment="negative")
    whole = event("ticket.updated", START + 1, 2, ticket_id="t", status="open", opened_at="2026-01-01T00:00:00Z")
    new = event("ticket.changed", START + 2, 3, ticket_id="t", escalated=True)
    ticket = known(new, old, whole).tickets["t"]
    assert (ticket.category, ticket.sentiment, ticket.escalated) == (None, None, True)


def test_an_answer_knows_who_gave_it() -> None:
    told = event(
        "survey.response", START, 1, survey_id="s", survey_type="nps", score=9, respondent={"external_id": "mia"}
    )
    assert known(told).surveys["s"].person == "mia"


# --- use of the product -------------------------------------------------------------------------------


def test_sessions_and_their_minutes_are_counted_by_day() -> None:
    facts = known(
        *(event("session.recorded", START + n * DAY, n, session_id=f"s{n}", person_id="mia", minutes=0.1 * n)
          for n in range(10)),
    )  # fmt: skip
    assert facts.count("sessions", TODAY + 5, TODAY + 9) == 5
    assert facts.count("session_seconds", TODAY, TODAY + 9) == sum(round(6 * n) for n in range(10))
    assert facts.count("help.article", TODAY, TODAY + 9) is None


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), min_size=1), st.integers(0, 2**32))
def test_counts_by_day_are_those_of_the_window_in_any_order(told: list[tuple[int, int]], seed: int) -> None:
    counts = DayCounts(told[0][0])
    for day, count in random.Random(seed).sample(told, len(told)):
        counts = counts.plus(day, count)
    newest = max(day for day, _ in told)
    for day in (*range(newest - WINDOW_DAYS + 1, newest + 1), newest + 3):
        assert counts.over(day, day) == sum(count for at, count in told if at == day)
    assert len(counts.counts) <= WINDOW_DAYS
    assert not counts.counts or counts.counts[-1] != 0


def test_workflows_know_how_many_were_completed() -> None:
    facts = known(*(event("workflow.recorded", START, n, workflow="close", completed=n < 3) for n in range(4)))
    flow = facts.record.workflows["close"]
    assert (flow.tried.over(TODAY, TODAY), flow.completed.over(TODAY, TODAY)) == (4, 3)
    assert (facts.count("workflows", TODAY, TODAY), facts.count("workflows_completed", TODAY, TODAY)) == (4, 3)


def test_capacity_comes_from_several_sources() -> None:
    seats = event("capacity.reported", START + 1, 1, licensed_seats=40, used_seats=31)
    storage = event("capacity.reported", START, 2, storage_gb=12.5, storage_limit_gb=50, used_seats=3)
    capacity = known(seats, storage).record.capacity
    assert capacity is not None
    assert (capacity.licensed_seats, capacity.used_seats, capacity.storage_gb) == (40, 31, 12.5)


def test_integrations_help_community_and_data_quality_are_kept() -> None:
    facts = known(
        event("integration.updated", START, 1, integration="slack", status="failing"),
        event("help.used", START, 2, kind="article"),
        event("community.recorded", START, 3, kind="answer"),
        event("data_quality.reported", START, 4, score=87.5),
    )
    assert facts.record.integrations["slack"].status == "failing"
    assert facts.count("help.article", TODAY, TODAY) == facts.count("community.answer", TODAY, TODAY) == 1
    assert facts.record.data_quality
    assert facts.record.data_quality.value == 87.5


# --- reports and daily events -------------------------------------------------------------------------


def reported(start: str, end: str, number: int, **data: Any) -> Event:
    return event("usage.reported", START, number, period_start=start, period_end=end, **data)


def test_daily_events_outrank_a_report_where_both_cover_a_day() -> None:
    facts, _ = fold(Facts(), {}, [used("mia", 10, 1), used("mia", 12, 2), reported("2026-01-01", "2026-01-31", 3)])
    told = facts.tellers(TODAY, TODAY + 30)
    assert told.daily == range(TODAY + 10, TODAY + 13)
    assert [(report.start, days) for report, days in told.reported] == [(TODAY, 28)]


def test_a_silent_day_between_daily_events_was_silent_whatever_a_report_says() -> None:
    facts, _ = fold(Facts(), {}, [used("mia", 10, 1), used("mia", 12, 2), reported("2026-01-12", "2026-01-12", 3)])
    assert facts.tellers(TODAY + 11, TODAY + 11) == (range(TODAY + 11, TODAY + 12), [])


def test_of_two_reports_the_shorter_tells_of_a_day() -> None:
    facts = known(reported("2026-01-01", "2026-01-31", 1), reported("2026-01-05", "2026-01-11", 2))
    assert [days for _, days in facts.tellers(TODAY, TODAY + 30).reported] == [24, 7]


def test_nobody_tells_of_a_day_that_neither_covers() -> None:
    told = known(reported("2026-01-01", "2026-01-03", 1)).tellers(TODAY + 1, TODAY + 9)
    assert (len(told.daily), [days for _, days in told.reported]) == (0, [2])


@given(histories(kinds=("usage.recorded", "usage.reported")), st.integers(0, 60), st.integers(0, 40))
def test_every_day_is_told_of_once_at_most(events: list[Event], start: int, length: int) -> None:
    facts, _ = fold(Facts(), {}, events)
    first, last = TODAY + start, TODAY + start + length
    told = facts.tellers(first, last)
    assert len(told.daily) + sum(days for _, days in told.reported) <= length + 1


# --- up to when something is known --------------------------------------------------------------------


def says_something(told: Event) -> bool:
    """Links and merges leave no facts."""
    return RULES[told.type].__module__ != "shared.fold.steward"


@settings(max_examples=60)
@given(anything())
def test_the_newest_day_that_is_told_of_is_known(events: list[Event]) -> None:
    newest = max((told.occurred_at // DAY for told in events if says_something(told)), default=0)
    assert newest_told(known(*events)) // DAY == newest


def test_of_activity_alone_nothing_is_told() -> None:
    assert newest_told(fold(Facts(), {}, [used("mia", 3, 1, feature="export")])[0]) == 0
