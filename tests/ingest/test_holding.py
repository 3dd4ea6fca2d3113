"""When a source's records are held, and when they are not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.holding import SourceState, after_batch

NOW = 1_770_000_000_000_000
GOOD, BAD = True, False


def after(state: SourceState, outcomes: list[bool]) -> SourceState:
    return after_batch(state, outcomes, hold_after=200, hold_ratio=0.5, now=NOW)


def test_a_poison_record_in_the_middle_holds_nothing() -> None:
    assert after(SourceState(), [GOOD] * 500 + [BAD] + [GOOD] * 500) == SourceState()


def test_a_run_of_rejects_holds_the_source() -> None:
    assert after(SourceState(), [BAD] * 199) == SourceState(199)
    assert after(SourceState(), [BAD] * 200) == SourceState(200, NOW)


def test_a_run_goes_on_from_batch_to_batch() -> None:
    assert after(SourceState(150), [BAD] * 49 + [GOOD] * 10) == SourceState()
    assert after(SourceState(150), [BAD] * 50 + [GOOD] * 10) == SourceState(0, NOW)


def test_a_source_that_has_recovered_is_not_held_for_its_past() -> None:
    assert after(SourceState(500), [GOOD]) == SourceState()
    assert after(SourceState(500), [GOOD, BAD]) == SourceState(1)


@pytest.mark.parametrize(("rejects", "count", "held"), [(100, 200, True), (99, 200, False), (150, 199, False)])
def test_a_large_batch_full_of_rejects_holds_the_source(rejects: int, count: int, held: bool) -> None:
    outcomes = [BAD] * rejects + [GOOD] * (count - rejects)
    random.Random(3).shuffle(outcomes)
    assert after(SourceState(), outcomes).held is held


def test_a_batch_without_records_of_a_source_changes_nothing() -> None:
    assert after(SourceState(7), []) == SourceState(7)


@given(st.lists(st.booleans(), max_size=300))
def test_holding_does_not_end_by_itself(outcomes: list[bool]) -> None:
    assert after(SourceState(200, NOW - 5), outcomes).held_since == NOW - 5


@given(st.lists(st.booleans(), max_size=900), st.integers(0, 900))
def test_rejects_in_a_row_do_not_depend_on_where_a_batch_ends(outcomes: list[bool], cut: int) -> None:
    whole = after(SourceState(), outcomes)
    parts = after(after(SourceState(), outcomes[:cut]), outcomes[cut:])
    assert whole.rejects_in_a_row == parts.rejects_in_a_row
