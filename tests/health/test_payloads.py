"""Every measure has a value that a real system's record leads to, through its translator and the fold."""

import pytest

from services.health.measures import MEASURES
from tests.health.payloads import CASES, Case
from tests.health.records import facts_of_records
from tests.health.stories import NOON


@pytest.mark.parametrize(("name", "case"), CASES.items())
def test_what_a_source_sends_becomes_the_value(name: str, case: Case) -> None:
    measure = MEASURES[name]
    found = measure.value(facts_of_records(case.sent), NOON, {**measure.params, **case.params})
    assert found == pytest.approx(case.value)


def test_no_measure_is_without_such_a_payload() -> None:
    assert CASES.keys() == MEASURES.keys()
