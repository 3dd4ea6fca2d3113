"""Facts are encoded by parts, and nobody can tell."""

from hypothesis import given
from hypothesis import strategies as st

from shared.facts import Event, Facts, encode
from shared.facts.still import encode_moving, still_of
from shared.fold import ACTIVITY, fold_into
from tests.ingest.stories import histories


@given(histories(), histories(kinds=tuple(sorted(ACTIVITY))), st.booleans())
def test_parts_that_activity_left_alone_give_the_same_bytes(
    told: list[Event], active: list[Event], early: bool
) -> None:
    facts = Facts()
    presence = fold_into(facts, {}, told)
    still = still_of(facts) if early else None
    presence |= fold_into(facts, presence, active)
    assert encode_moving(facts, still or still_of(facts)) == encode(facts)
