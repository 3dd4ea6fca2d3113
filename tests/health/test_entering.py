"""What is entered of an assessment that moves the score alone comes to the row that would be written whole."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.entering import enter
from services.health.ledger import Ledger, Story
from services.health.present import Present
from services.health.rules import Subject, judge
from services.health.stands import present, stand
from shared.clock import DAY_US, from_us
from shared.facts import Event, Facts, encode
from shared.fold import fold
from tests.health.standing import RULES, references, standing
from tests.health.stories import NOON, answered, facts_of, histories, invoice, met, ticket, turning_facts, used


def entered(before: Present, facts: Facts, at: int) -> tuple[Ledger, Present]:
    """The ledger, and the whole row."""
    ledger = Ledger(from_us(at), RULES)
    one = judge(RULES, Subject(7, before, encode(facts), before.facts_version + 1), references(), at)
    enter(ledger, one, Story())
    return ledger, present(ledger, one, stand(ledger, one)[0], None)


@settings(max_examples=200)
@given(turning_facts, histories.map(lambda told: told[:4]), st.integers(0, 3 * DAY_US))
def test_a_score_that_moved_alone_leaves_the_row_as_if_it_were_written_whole(
    facts: Facts, told: list[Event], later: int
) -> None:
    before = standing(facts, NOON)
    ledger, whole = entered(before, fold(facts, {}, told)[0], NOON + later)
    shared = {"assessed_at": ledger.now, "closed_through": max(before.closed_through, ledger.yesterday)}
    assert len(ledger.moved) + len(ledger.scores) == 1
    for row, _ in ledger.moved:
        assert before._replace(**row._asdict(), **shared) == whole
    for row, _ in ledger.scores:
        assert row == whole


def test_an_answer_moves_the_score_alone() -> None:
    told = [*used(1, "p1", "p2"), *used(3, "p1"), answered(5, 9), invoice(40, 41), ticket(9), met(3)]
    ledger, _ = entered(standing(facts_of(*told), NOON), facts_of(*told, answered(0, 7)), NOON + 1)
    assert len(ledger.moved) == len(ledger.changes) == 1
