"""A day's close is the same whether it is told by what stands or reckoned from the facts."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.closes import closes
from services.health.closing import Past
from services.health.curves import Quartiles
from services.health.past import day_end, newest_activity
from services.health.present import HistoryRow
from services.health.rules import References
from services.health.silence import Silence
from shared.clock import DAY_US, day_of, from_us
from shared.facts import Event, Facts
from shared.facts.reach import newest_told
from shared.fold import ACTIVITY, fold
from tests.health.standing import RULES, references, standing
from tests.health.stories import NOON, facts_of, histories, said, subscribed, turning_facts, used

TODAY = day_of(NOON)
OTHER = references(Quartiles(0.0, 0.5, 9.0, 12))

instants = st.integers(NOON - DAY_US // 2, day_end(TODAY))


def past_of(facts: Facts, at: int) -> Past:
    """An account of which nothing has come since it was assessed at that instant."""
    return Past(standing(facts, at), TODAY, facts, facts, facts)


def closed(past: Past, day: int, seen: References, *, by_what_stands: bool) -> HistoryRow:
    ending = past.ending(RULES, day)
    told = ending if by_what_stands else ending._replace(then=None)
    return closes(RULES, [told], seen, day, from_us(NOON + DAY_US))[0]


@settings(max_examples=200)
@given(turning_facts, instants, st.booleans(), st.integers(0, 2))
def test_a_close_by_what_stands_is_the_close_by_the_facts(
    facts: Facts, at: int, other_peers: bool, days_later: int
) -> None:
    past, seen, day = past_of(facts, at), OTHER if other_peers else references(), TODAY + days_later
    assert closed(past, day, seen, by_what_stands=True) == closed(past, day, seen, by_what_stands=False)


def test_what_stands_serves_the_day_on_which_it_was_made() -> None:
    facts = facts_of(*used(1, "mia"), subscribed(90, 1_000))
    past = past_of(facts, NOON)
    assert past.stands(RULES, facts, TODAY) is not None
    assert past.stands(RULES, facts, TODAY + 1) is None


def test_what_moves_by_itself_before_the_days_end_is_assessed_anew() -> None:
    facts = facts_of(subscribed(90, 1_000, ends_at=from_us(NOON + DAY_US // 4).isoformat()))
    assert past_of(facts, NOON).stands(RULES, facts, TODAY) is None


def test_while_a_source_is_silent_nothing_stands() -> None:
    facts = facts_of(*used(1, "mia"))
    silent = RULES.hearing(Silence({"usage.recorded": NOON - DAY_US}))
    assert past_of(facts, NOON).stands(silent, facts, TODAY) is None


@settings(max_examples=100)
@given(histories, st.lists(st.integers(1, 3 * DAY_US), max_size=3), st.integers(0, 2))
def test_what_occurred_later_leaves_the_day_as_it_was_assessed(
    told: list[Event], delays: Sequence[int], day: int
) -> None:
    """Events of the days after, a survey and a use each, and none of the day itself."""
    old = facts_of(*told)
    later = [
        event._replace(occurred_at=day_end(TODAY) + delay)
        for number, delay in enumerate(delays)
        for event in (said("survey.response", number=900 + number, survey_id=f"s{number}", survey_type="nps", score=3),
                      *used(0, "kim"))
    ]  # fmt: skip
    known = fold(old, {}, later)[0]
    past = Past(standing(old, NOON), TODAY, old, known, old, [one for one in later if one.type not in ACTIVITY])
    if max(newest_told(old), newest_activity(old)) <= day_end(TODAY):
        assert past.at(TODAY) is old
        assert len(past.at(TODAY + day).surveys) == len(old.surveys) + len([d for d in delays if d <= day * DAY_US])
