"""What holds for every kind of step; and a new one is a file, a line and a test, as the page says."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
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
from tests.playbooks.stories import NOON, fell, seen, small

ROOT = Path(__file__).parents[2]
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


def recipe() -> list[str]:
    """The blocks in the recipe for a step kind: its module, its line, its test."""
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("### A step kind")[2].partition("### A channel")[0]
    return [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", page, re.S)]


def test_a_new_kind_is_a_file_a_line_and_a_test(tmp_path: Path) -> None:
    module, line, test = recipe()
    for part in ("services", "shared", "tests/playbooks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "static"))
    for part in ("pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / "services/playbooks/steps/request.py").write_text(module)
    (tmp_path / "tests/playbooks/test_request.py").write_text(test)
    table = tmp_path / "services/playbooks/steps/__init__.py"
    table.write_text(table.read_text().replace('    "task",\n', f'    {line.strip()}\n    "task",\n'))
    own = ["tests/playbooks/test_request.py", "tests/playbooks/test_steps.py", "-k", "request"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--noconftest", *own],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 passed" in ran.stdout
