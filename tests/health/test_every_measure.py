"""What holds for every measure, whatever the facts are."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.measures import MEASURES
from services.health.model import Watched
from services.health.words import spoken
from shared.clock import DAY_US
from shared.facts import Event, Facts
from tests.health.stories import CORE, NOON, any_facts, facts_of, histories, turning_facts

Values = dict[str, float | None]
NAMED = {"core_features": CORE, "features": CORE[:3]}
"""What a model has to name."""

PARAMS = {
    name: {**measure.params, **{param: NAMED[param] for param in measure.params if param in NAMED}}
    for name, measure in MEASURES.items()
}


def values(facts: Facts, now: int = NOON) -> Values:
    """The value of every measure."""
    return {name: measure.value(facts, now, PARAMS[name]) for name, measure in MEASURES.items()}


def test_without_facts_nothing_is_known() -> None:
    assert values(Facts()) == dict.fromkeys(MEASURES)


def test_with_the_params_that_it_declares_a_measure_is_always_defined() -> None:
    facts = facts_of()
    assert all(measure.value(facts, NOON, measure.params) is None for measure in MEASURES.values())


@given(any_facts)
def test_values_lie_inside_the_bounds_that_measures_declare(facts: Facts) -> None:
    outside = {
        name: value
        for name, value in values(facts).items()
        if value is not None and not MEASURES[name].bounds[0] <= value <= MEASURES[name].bounds[1]
    }
    assert not outside


@given(histories, st.randoms(use_true_random=False))
def test_the_order_in_which_events_arrive_does_not_matter(told: list[Event], luck: random.Random) -> None:
    shuffled = luck.sample(told, len(told))
    assert values(facts_of(*shuffled)) == values(facts_of(*told))


@settings(max_examples=60)
@given(histories)
def test_a_measure_reads_no_events_but_those_it_names(told: list[Event]) -> None:
    """By them a change of score is explained."""
    whole = values(facts_of(*told))
    for name, measure in MEASURES.items():
        alone = facts_of(*[event for event in told if event.type in measure.reads])
        assert (name, measure.value(alone, NOON, PARAMS[name])) == (name, whole[name])


@settings(max_examples=60)
@given(turning_facts, st.integers(0, DAY_US - 1), st.integers(0, DAY_US - 1))
def test_a_value_moves_by_itself_only_at_midnight_and_when_the_measure_says(facts: Facts, one: int, other: int) -> None:
    midnight = NOON - DAY_US // 2
    early, late = midnight + min(one, other), midnight + max(one, other)
    then, now = values(facts, early), values(facts, late)
    for name, measure in MEASURES.items():
        moves = measure.next(facts, early) if measure.next else None
        assert then[name] == now[name] or (moves is not None and moves <= late), name


@given(any_facts)
def test_every_value_can_be_said(facts: Facts) -> None:
    for name, value in values(facts).items():
        given_params = {param: NAMED[param] for param in MEASURES[name].params if param in NAMED}
        assert spoken(Watched(measure=name, params=given_params), value)


@given(any_facts)
def test_what_rests_on_one_newest_thing_has_its_value(facts: Facts) -> None:
    for name, measure in MEASURES.items():
        if measure.latest is not None:
            value, _ = measure.latest(facts) or (None, 0)
            assert value == measure.value(facts, NOON, PARAMS[name])
