"""Every measure has a value that a real system's record leads to, through its translator and the fold."""

from pathlib import Path

import pytest

from services.health.measures import MEASURES
from tests.deploy.recipes import Copy, blocks
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


def test_a_new_measure_is_a_file_a_line_and_a_case(tmp_path: Path) -> None:
    module, line, case = blocks("A measure")
    copy = Copy(tmp_path, "tests/health", "tests/ingest", "tests/cast.py")
    copy.write("services/health/measures/urgency.py", module)
    copy.add("services/health/measures/__init__.py", line, before='"usage",')
    copy.add("tests/health/payloads.py", case, before='"ticket_volume":')
    held = ("tests/health/test_payloads.py", "tests/health/test_every_measure.py")
    assert "4 passed" in copy.tested(*held, "-k", "urgent_tickets or without or defined")
