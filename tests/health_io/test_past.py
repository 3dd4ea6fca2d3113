"""The past of facts: two ways to it that agree."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.past import (
    Moment,
    at_day_end,
    by_knowledge,
    by_occurrence,
    day_end,
    moments,
    replay,
    same_activity,
)
from shared.clock import DAY_US
from shared.facts import Event, Facts, encode
from shared.facts.reach import newest_told
from shared.fold import ACTIVITY, RULES, fold
from shared.native import decode_body
from tests.health_io import world
from tests.ingest.stories import PAYLOADS as ANY

FIRST = 20_000
DAYS = 12
PAYLOADS = {
    "usage.recorded": [
        b'{"person_id":"mia","feature":"reports","actions":3}',
        b'{"person_id":"eve","feature":"api"}',
        b'{"person_id":"kim","actions":0}',
    ],
    "login.recorded": [b'{"person_id":"mia"}', b'{"person_id":"ben"}'],
    "survey.response": [
        b'{"survey_id":"s","survey_type":"nps","score":2}',
        b'{"survey_id":"t","survey_type":"nps","score":9}',
    ],
    "sponsor.updated": [b'{"identified":true,"engaged":true}', b'{"identified":false}'],
    "subscription.updated": [
        b'{"subscription_id":"s","status":"active","amount":"1500"}',
        b'{"subscription_id":"s","status":"active","amount":"900"}',
    ],
    "account.updated": [b'{"arr":"20000"}', b'{"arr":"200000"}'],
}  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Up to forty events of one account over twelve days, in the order of their arrival."""
    found = []
    for number in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from(sorted(PAYLOADS)))
        body = decode_body(kind, draw(st.sampled_from(PAYLOADS[kind])))
        at = draw(st.integers(FIRST * DAY_US, (FIRST + DAYS) * DAY_US - 1))
        found.append(Event(number.to_bytes(16, "big"), "s", kind, ("", ""), at, 0, body, b""))
    return found


def values(facts: Facts, day: int) -> object:
    """All that an assessment reads of the facts at the end of a day."""
    return world.RULES.assess(facts, {}, day_end(day))


@st.composite
def events_of_any_type(draw: st.DrawFn) -> list[Event]:
    """Up to twenty events of whatever type there is, over twelve days, in the order of their arrival."""
    found = []
    for number in range(draw(st.integers(1, 20))):
        kind = draw(st.sampled_from(sorted(ANY)))
        body = decode_body(kind, json.dumps(draw(ANY[kind])).encode())
        at = draw(st.integers(FIRST * DAY_US, (FIRST + DAYS) * DAY_US - 1))
        found.append(Event(number.to_bytes(16, "big"), "s", kind, ("", ""), at, 0, body, b""))
    return found


def closed(all_: list[Event], split: int, day: int) -> tuple[Facts, Facts]:
    """The facts of a day's close, where the first `split` events were assessed before; and those that had occurred."""
    assessed, _ = fold(Facts(), {}, all_[:split])
    known, presence = fold(Facts(), {}, all_)
    truth, _ = fold(Facts(), {}, [event for event in all_ if event.occurred_at <= day_end(day)])
    ahead = newest_told(assessed) > day_end(day)
    telling = [event for event in (all_ if ahead else all_[split:]) if event.type not in ACTIVITY]
    activity = assessed if same_activity(assessed, known, day) else known
    return at_day_end(Facts() if ahead else assessed, telling, activity, list(presence.values()), day), truth


@given(events(), st.integers(0, 40), st.integers(FIRST, FIRST + DAYS - 1))
def test_facts_taken_back_to_a_days_end_are_those_folded_to_it(all_: list[Event], split: int, day: int) -> None:
    back, truth = closed(all_, split, day)
    assert values(back, day) == values(truth, day)
    assert _to_the_day(back) == _to_the_day(truth)


@settings(max_examples=100)
@given(events_of_any_type(), st.integers(0, 20), st.integers(FIRST, FIRST + DAYS - 1))
def test_so_are_the_facts_of_events_of_any_type(all_: list[Event], split: int, day: int) -> None:
    back, truth = closed(all_, split, day)
    assert _to_the_day(back) == _to_the_day(truth)


@pytest.mark.parametrize("kind", sorted(RULES))
@settings(max_examples=5)
@given(data=st.data(), then=st.integers(0, DAYS - 1))
def test_no_type_is_known_before_it_occurred(kind: str, data: st.DataObject, then: int) -> None:
    some = [decode_body(kind, json.dumps(data.draw(ANY[kind])).encode()) for _ in range(2)]
    at = ((FIRST + then) * DAY_US + 5, (FIRST + DAYS) * DAY_US)
    told = [Event(bytes([n] * 16), "s", kind, ("", ""), at[n], 0, body, b"") for n, body in enumerate(some)]
    for split in range(3):
        back, truth = closed(told, split, FIRST + then)
        assert _to_the_day(back) == _to_the_day(truth)


def _to_the_day(facts: Facts) -> bytes:
    """All that is known, but the newest login or use to the day; how many events told it is not known of a past day.
    No zeros at the old end, and nothing known is told as no record."""
    plain = facts.copy()
    for days in (plain.actions, plain.active_people, plain.last_active):
        while days and not days[-1]:
            days.pop()
    plain.last_seen = None if facts.last_seen is None else (facts.last_seen[0] // DAY_US, b"")
    plain.events = 0
    return encode(plain)


@given(events(), st.lists(st.integers(FIRST * DAY_US, (FIRST + DAYS) * DAY_US), max_size=8))
def test_a_replay_knows_at_each_instant_what_had_counted_by_then(all_: list[Event], instants: list[int]) -> None:
    told = [(event, event.occurred_at) for event in all_]
    for instant, facts in replay(moments(told, by_occurrence), sorted(instants)):
        assert facts == fold(Facts(), {}, [event for event in all_ if event.occurred_at <= instant])[0]


def test_an_event_of_a_clock_that_runs_ahead_counts_from_its_arrival() -> None:
    body = decode_body("sponsor.updated", b'{"identified":true}')
    event = Event(bytes(16), "s", "sponsor.updated", ("", ""), 5_000, 0, body, b"")
    assert moments([(event, 3_000)], by_knowledge) == [Moment(3_000, event)]
    assert moments([(event, 3_000)], by_occurrence) == [Moment(5_000, event)]
    assert moments([(event, 9_000)], by_knowledge) == [Moment(5_000, event)]
