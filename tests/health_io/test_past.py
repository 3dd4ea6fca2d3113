"""The past of facts: two ways to it that agree."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.health.past import (
    Moment,
    at_day_end,
    by_knowledge,
    by_occurrence,
    day_end,
    moments,
    newest_thing,
    replay,
    same_activity,
)
from shared.clock import DAY_US
from shared.facts import Event, Facts
from shared.fold import fold
from shared.native import decode_body
from tests.health_io.world import RULES

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
    return RULES.assess(facts, {}, day_end(day))


@given(events(), st.integers(0, 40), st.integers(FIRST, FIRST + DAYS - 1))
def test_facts_taken_back_to_a_days_end_are_those_folded_to_it(all_: list[Event], split: int, day: int) -> None:
    assessed, _ = fold(Facts(), {}, all_[:split])
    known, presence = fold(Facts(), {}, all_)
    truth, _ = fold(Facts(), {}, [event for event in all_ if event.occurred_at <= day_end(day)])
    ahead = newest_thing(assessed) > day_end(day)
    telling = _telling(all_ if ahead else all_[split:])
    activity = assessed if same_activity(assessed, known, day) else known
    back = at_day_end(Facts() if ahead else assessed, telling, activity, list(presence.values()), day)
    assert values(back, day) == values(truth, day)
    assert (back.newest_day, back.features) == (truth.newest_day, truth.features)
    assert _plain(back) == _plain(truth)


def _telling(some: Sequence[Event]) -> list[Event]:
    return [event for event in some if event.type not in {"usage.recorded", "login.recorded"}]


def _plain(facts: Facts) -> list[object]:
    lists = [list(days) for days in (facts.actions, facts.active_people, facts.last_active)]
    for days in lists:
        while days and not days[-1]:
            days.pop()
    return [*lists, facts.surveys, facts.sponsor, facts.subscriptions, facts.fields]


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
