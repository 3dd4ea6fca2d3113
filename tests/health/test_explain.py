"""Why a score moved: causes that add up, with the events behind them."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.health.assess import Assessment, Context, Quartiles, assess
from services.health.causes import Cause
from services.health.explain import MOST_EVENTS, Told, UsageDay, explain
from shared.clock import DAY_US, day_of, from_us
from shared.facts import Event
from tests.health.stories import (
    HM2,
    NOON,
    ago,
    answered,
    events,
    facts_of,
    histories,
    invoice,
    said,
    subscribed,
    ticket,
    used,
)

PEERS = Context({"depth_of_use": Quartiles(2, 4, 6, 8)})
KNOWN = [
    *used(1, "mia", feature="api"),
    invoice(9, 9),
    subscribed(300, 100),
    answered(5, 8),
    ticket(5, sentiment="neutral"),
]


def told(*later: Event) -> list[Told]:
    """What ingest keeps of these events, usage aside."""
    return [Told(e.id.hex(), e.type, e.occurred_at) for e in later if e.type != "usage.recorded"]


def why(before: list[Event], later: list[Event], wait: int = 0, usage: tuple[UsageDay, ...] = ()) -> dict[str, Cause]:
    """The causes, by measure, of what the later events did to an account, so long after it was last assessed."""
    old, new = facts_of(*before), facts_of(*before, *later)
    was, aged, now = (
        assess(HM2, facts, PEERS, at) for facts, at in ((old, NOON - wait), (old, NOON), (new, NOON))
    )  # fmt: skip
    return {cause.measure: cause for cause in explain(HM2, was, aged, now, told(*later), usage)}


def test_a_cause_names_its_measure_its_points_and_its_event() -> None:
    answer = answered(0, 3)
    cause = why(KNOWN, [answer])["nps_score"]
    assert cause.points < 0
    assert (cause.label, cause.events, cause.event_count, cause.by_time) == ("NPS answer", [answer.id.hex()], 1, False)
    assert cause.words == "8 of 10 → 3 of 10, 70 → 20 points"


def test_events_are_behind_the_measures_that_read_them_only() -> None:
    answer, late = answered(0, 3), invoice(20, 2)
    causes = why(KNOWN, [answer, late])
    assert causes["nps_score"].events == [answer.id.hex()]
    assert causes["payment_history"].events == [late.id.hex()]


def test_a_meeting_that_is_told_a_field_at_a_time_is_behind_its_measure() -> None:
    planned = said("meeting.changed", 2, meeting_id="m", status="scheduled", starts_at=from_us(ago(1)))
    held = said("meeting.changed", 1, meeting_id="m", status="held")
    assert why([*KNOWN, planned], [held])["regular_meetings"].events == [held.id.hex()]


def test_of_many_events_the_newest_twenty_are_named_and_all_are_counted() -> None:
    tickets = [ticket(day, sentiment="negative") for day in range(30)]
    cause = why(KNOWN, tickets)["sentiment_trend"]
    assert (len(cause.events), cause.event_count) == (MOST_EVENTS, 30)
    assert cause.events == [event.id.hex() for event in tickets[:MOST_EVENTS]]


def test_usage_is_told_by_day_and_count() -> None:
    later = [event for day in range(20) for event in used(day, "mia", feature="api")]
    days = tuple(UsageDay(day_of(NOON) - day, 1) for day in range(20))
    cause = why(KNOWN, later, usage=days)["dau_mau_ratio"]
    assert (cause.events, cause.event_count) == ([], 20)
    assert cause.words == (
        "0.04 → 0.71, 20 → 100 points; usage on 2026-03-04 (1), 2026-03-03 (1), 2026-03-02 (1) and 17 earlier days"
    )


def test_time_alone_is_a_cause_without_events() -> None:
    active = [event for day in range(15, 40) for event in used(day, "mia", feature="api")]
    causes = why([*active, *KNOWN[1:]], [], wait=3 * DAY_US)
    assert all(cause.by_time and not cause.events for cause in causes.values())
    assert causes["exception"].words == "Nobody has signed in for 14 days"
    assert causes["dau_mau_ratio"].words == "0.57 → 0.46, 100 → 70 points"


def test_time_and_events_are_told_apart() -> None:
    active = [event for day in (*range(10, 24), *range(28, 34)) for event in used(day, "mia", feature="api")]
    answer = answered(0, 3)
    causes = why([*active, *KNOWN[1:]], [answer], wait=6 * DAY_US)
    assert causes["dau_mau_ratio"].by_time
    assert not causes["nps_score"].by_time


def test_an_exception_that_ends_says_so_and_by_what() -> None:
    quiet = [*used(16, "mia", feature="api"), *KNOWN[1:], said("sponsor.updated", 9, identified=True, engaged=True)]
    login = said("login.recorded", 0, person_id="mia")
    cause = why(quiet, [login])["exception"]
    assert cause.points > 0
    assert cause.words == "no longer: Nobody has signed in for 14 days"
    assert cause.events == [login.id.hex()]


def test_a_measure_that_stayed_says_that_others_took_weight() -> None:
    sponsor = said("sponsor.updated", 0, identified=True)
    cause = why(KNOWN, [sponsor])["nps_score"]
    assert cause.points < 0
    assert (cause.words, cause.events) == ("weighs less, as other measures have data", [sponsor.id.hex()])


def test_the_first_score_is_explained_from_nothing() -> None:
    causes = why([subscribed(300, 100)], KNOWN)
    assert causes["growth_trajectory"].words == "enough is known for a score"
    assert all(cause.points > 0 for cause in causes.values() if cause.measure != "rounding")


def test_a_new_model_is_one_cause() -> None:
    now = assess(HM2, facts_of(*KNOWN), PEERS, NOON)
    was = msgspec.structs.replace(now, model="hm-1@1", contributions=[], score=12)
    [cause] = explain(HM2, was, now, now, [], [])
    assert (cause.measure, cause.words) == ("model", "hm-1@1 became hm-2@1")
    assert cause.points == ((now.score or 0) - 12) * 1_000_000


def test_another_reference_moves_depth_without_an_event() -> None:
    facts = facts_of(*KNOWN, *used(1, "mia", actions=12))
    lower, higher = (
        assess(HM2, facts, Context({"depth_of_use": q}), NOON) for q in (Quartiles(1, 2, 3, 8), Quartiles(4, 5, 6, 8))
    )
    causes = {cause.measure: cause for cause in explain(HM2, lower, lower, higher, [], [])}
    assert causes["depth_of_use"].words.endswith("among similar accounts, 100 → 20 points")


def displayed(assessment: Assessment) -> int:
    """The score that people see, in millionths; unknown counts as 0."""
    return (assessment.score or 0) * 1_000_000


@given(histories, st.lists(events, max_size=8), st.integers(0, 40 * DAY_US), st.sampled_from([Context(), PEERS]))
def test_causes_add_up_to_the_change_of_the_score(
    before: list[Event], later: list[Event], wait: int, context: Context
) -> None:
    old, new = facts_of(*before), facts_of(*before, *later)
    was, aged, now = (
        assess(HM2, facts, c, at)
        for facts, c, at in ((old, PEERS, NOON - wait), (old, context, NOON), (new, context, NOON))
    )
    causes = explain(HM2, was, aged, now, told(*later), [])
    assert sum(cause.points for cause in causes) == displayed(now) - displayed(was)
    assert sum(cause.points for cause in causes if cause.by_time) == displayed(aged) - displayed(was)
    assert all(cause.points and len(cause.events) <= MOST_EVENTS for cause in causes)


def test_nothing_happened_nothing_is_told() -> None:
    now = assess(HM2, facts_of(*KNOWN), PEERS, NOON)
    assert explain(HM2, now, now, now, [], []) == []
