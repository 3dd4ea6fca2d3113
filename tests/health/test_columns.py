"""Columns: what closes record keeps its place for ever, whatever models ask for later."""

from services.health.columns import Column, Columns, column, registered
from services.health.gathering import gathered
from services.health.measures import MEASURES
from services.health.rules import Rules
from services.health.silence import NO_SILENCE, Silence
from shared.clock import DAY_US
from tests.health.stories import HM2, NOON, facts_of, used


def test_every_measure_of_the_models_in_force_has_its_column() -> None:
    rules = Rules.of(gathered(None))
    assert rules.columns.missing(rules.wanted()) == []
    assert {one.measure for one in rules.columns.all} >= {
        read.measure for model in rules.in_force.values() for read in model.read
    }


def test_every_measure_that_needs_to_be_told_nothing_is_registered_by_itself() -> None:
    alone = {one.measure for one in registered()}
    assert alone == {name for name, told in MEASURES.items() if all(told.params.values())}


def test_the_same_params_are_the_same_column_in_any_order() -> None:
    assert column("nps_score", {"b": 1, "a": (2,)}) == column("nps_score", {"a": [2], "b": 1})


def test_a_column_is_called_by_what_sets_it_apart() -> None:
    own = MEASURES["dau_mau_ratio"].params
    assert column("dau_mau_ratio", own).key == "dau_mau_ratio"
    assert column("dau_mau_ratio", {**own, "days": 7}).key == 'dau_mau_ratio {"days":7}'
    assert column("nps_score", MEASURES["nps_score"].params, 90).key == 'nps_score {"valid_days":90}'


def test_a_column_reads_what_a_model_reads() -> None:
    facts = facts_of(*used(20, "mia"))
    columns = Columns(tuple(leaf.column for leaf in HM2.leaves))
    assert columns.values(facts, NOON) == [read(facts, NOON) for read in HM2.plan.reads[: len(HM2.leaves)]]


def test_several_accounts_are_read_as_each_alone() -> None:
    columns, told = Columns(tuple(registered())), [facts_of(*used(20, "mia")), facts_of(), facts_of(*used(1, "eve"))]
    silent = Silence({"usage.recorded": NOON - 9 * DAY_US, "login.recorded": NOON - 9 * DAY_US})
    for silence in (NO_SILENCE, silent):
        assert columns.rows(told, NOON, silence) == [columns.values(facts, NOON, silence) for facts in told]
    assert columns.rows(told, NOON, known={0: [7.0, 8.0, 9.0]})[1][:1] == [8.0]
    assert Columns().rows(told, NOON) == [[], [], []]


def test_a_measure_that_is_no_more_keeps_its_place() -> None:
    gone, there = Column("forgotten", "{}"), column("nps_score", {})
    columns = Columns((gone, there))
    assert columns.values(facts_of(), NOON)[0] is None
    assert columns.keys[0] == "forgotten"
    assert columns.named([1.0]) == {"forgotten": 1.0}
