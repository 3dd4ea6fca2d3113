"""What holds for every kind of step; and a new one is a file, a line and a test, as the page says."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.playbooks.house import House
from services.playbooks.nouns import Begin, StepState
from services.playbooks.rows import Moved, events
from services.playbooks.simulate import simulate
from services.playbooks.steps import NAMES, kind_of
from shared.contracts import PlaybookEvent
from shared.settings import Settings
from tests.deploy.recipes import Copy, blocks
from tests.playbooks.stories import NOON, fell, seen, small

each = pytest.mark.parametrize("name", NAMES)


def begun(name: str) -> tuple[Moved, Begin]:
    """A step of the kind, when it begins, in a playbook with nothing else."""
    step = {"id": "one", "at": "D1", "title": "{account}", "channel": "Call", "role": "CSM", "action": name}
    playbook = small(steps=[step])
    played = simulate(playbook, fell(), seen=seen(), starts_at=NOON)
    (begin,) = (happening.effect for happening in played.happenings if isinstance(happening.effect, Begin))
    return Moved(played.run, playbook, seen(), [begin], started=False), begin


@each
def test_it_begins_once_as_what_it_is(name: str) -> None:
    _, begin = begun(name)
    assert (begin.kind, begin.title, begin.state) == (name, "Acme", kind_of(name).state)


@each
def test_its_rows_belong_to_its_run_and_step(name: str) -> None:
    moved, begin = begun(name)
    rows = kind_of(name).rows(moved, begin, House(Settings(), (moved.playbook,), {"small": 1}), NOON)
    assert bool(rows.tasks) == begin.is_task
    for row in (*rows.tasks, *rows.deliveries):
        assert (row.run_id, row.account_id, row.step) == (moved.run.id, moved.run.account_id, "one")


@each
def test_what_it_tells_is_an_event_that_is_published(name: str) -> None:
    moved, begin = begun(name)
    (told,) = events(moved.run, [begin], NOON)
    assert PlaybookEvent.model_validate_json(told.value).kind == kind_of(name).tells


@each
def test_it_is_over_at_once_unless_a_person_has_to_close_it(name: str) -> None:
    moved, begin = begun(name)
    assert (moved.run.progress.steps["one"].state is StepState.OPEN) == begin.is_task
    assert (moved.run.state == "open") == begin.is_task


def test_a_file_that_says_anything_else_is_told_what_there_is() -> None:
    with pytest.raises(ValidationError, match="a step can be one of alert, task"):
        begun("dance")


def test_a_new_kind_is_a_file_a_line_and_a_test(tmp_path: Path) -> None:
    module, line, test = blocks("A step kind")
    copy = Copy(tmp_path, "tests/playbooks")
    copy.write("services/playbooks/steps/request.py", module)
    copy.add("services/playbooks/steps/__init__.py", line, before='"task",')
    copy.write("tests/playbooks/test_request.py", test)
    said = copy.tested("tests/playbooks/test_request.py", "tests/playbooks/test_steps.py", "-k", "request")
    assert "5 passed" in said
