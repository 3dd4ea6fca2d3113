"""What is assessed at the price of what changed is what would be assessed from nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.assess import encode as encode_assessment
from services.health.curves import Quartiles
from services.health.entering import keep
from services.health.ledger import Ledger
from services.health.present import Present
from services.health.rules import Judged, References, Subject, judge
from shared.clock import DAY_US, from_us
from shared.facts import Event, Facts, encode
from shared.fold import fold
from shared.fold.areas import ACTIVITY, BEGINNING, EVERYTHING, areas_of, beginning
from tests.health.standing import RULES, references, standing
from tests.health.stories import NOON, facts_of, histories, turning_facts, used


def areas_changed(before: Facts, after: Facts, told: list[Event]) -> int:
    """As ingest notes it."""
    return areas_of([event.type for event in told]) | BEGINNING * (beginning(before) != beginning(after))


def judged(before: Present, facts: Facts, at: int, changed: int, seen: References) -> Judged:
    return judge(RULES, Subject(7, before, encode(facts), 2, changed=changed), seen, at)


turns = st.lists(st.integers(0, DAY_US - 1), min_size=2, max_size=2).map(sorted)


@settings(max_examples=300)
@given(turning_facts, histories.map(lambda told: told[:6]), turns, st.booleans())
def test_assessed_by_what_changed_is_assessed_whole(
    facts: Facts, told: list[Event], instants: list[int], other_peers: bool
) -> None:
    early, late = (NOON - DAY_US // 2 + instant for instant in instants)
    before, after = standing(facts, early), fold(facts, {}, told)[0]
    seen = references(Quartiles(0.0, 0.5, 9.0, 12)) if other_peers else references()
    whole = judged(before, after, late, EVERYTHING, seen)
    quick = judged(before, after, late, areas_changed(facts, after, told), seen)
    assert quick[:-1] == whole._replace(subject=quick.subject)[:-1]
    assert encode_assessment(quick.after) == encode_assessment(whole.after)


def test_what_moved_nothing_is_kept_as_it_was() -> None:
    facts = facts_of(*used(1, "p1", "p2"), *used(3, "p1"))
    before = standing(facts, NOON)
    same = judged(before, facts, NOON + 1, ACTIVITY, references())
    assert same.after is same.then
    ledger = Ledger(from_us(NOON + 1), RULES)
    keep(ledger, same)
    assert ledger.kept[0][0].assessment == before.assessment


def test_only_measures_of_what_changed_are_read_again() -> None:
    plan = RULES.model_of("high_touch").plan
    read = {plan.measures[i] for i in plan.touched(areas_of(["survey.response"]))}
    assert "nps_mean" in read
    assert not read & {"feature_breadth", "user_growth", "payment_history", "growth_trajectory"}
    assert plan.touched(EVERYTHING) == tuple(range(len(plan.measures)))
