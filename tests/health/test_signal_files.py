"""Signals as files: what is refused, and that the page says what is shipped."""

from typing import Any

import pytest
import yaml

from services.health.detectors import DETECTORS
from services.health.shipped import parsed
from services.health.signal_files import SignalFile, load_signals
from shared.errors import Invalid
from shared.fold.areas import areas_of
from tests.health import signal_table

GOOD: dict[str, Any] = {
    "name": "logins_low", "label": "Few sign in", "side": "risk", "source": "ours",
    "reads": {"measure": "login_frequency"}, "window_days": 30, "rearm_days": 14,
    "levels": [{"op": "<", "value": 5, "severity": "warning"}],
}  # fmt: skip
WITHOUT_READS = {name: value for name, value in GOOD.items() if name != "reads"}


def test_the_page_has_the_tables_of_the_files_and_detectors() -> None:
    page = signal_table.PAGE.read_text("utf-8")
    assert signal_table.with_tables(page) == page, "run `python -m tests.health.signal_table`"


def test_the_page_shows_a_file_that_is_taken() -> None:
    page = signal_table.PAGE.read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert parsed(SignalFile, "the page", yaml.safe_load(example)).name == "logins_low"


def test_every_detector_is_used_and_every_kind_has_its_source() -> None:
    files = load_signals().values()
    assert {one.detector for one in files} - {None} == DETECTORS.keys()
    assert all("TR-" in one.source or "HM-" in one.source or one.name == "value_achieved" for one in files)


def test_what_a_detector_reads_is_told_and_the_calendar_alone_reads_nothing() -> None:
    assert all(areas_of(one.reads) for one in DETECTORS.values() if one.name != "contract_age")
    assert DETECTORS["contract_age"].reads == frozenset()


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"window_days": None}, "a window belongs to"),
        ({"reads": {"measure": "seats_in_use"}}, "a window belongs to"),
        ({"window_days": 300}, "days must be a whole number"),
        ({"swing": "down"}, "exactly one of them"),
        ({"reads": {"measure": "mood"}}, "there is no measure 'mood'"),
        ({"reads": {"measure": "login_frequency", "params": {"x": 1}}}, "does not know x"),
        ({"reads": {}}, "it reads a measure or a field"),
        ({"levels": []}, "at least 1"),
        ({"levels": [*GOOD["levels"], *GOOD["levels"]]}, "each severity once"),
        ({"also": [{"measure": "mood"}]}, "there is no measure 'mood'"),
    ],
)
def test_a_file_that_cannot_be_watched_by_is_refused(wrong: dict[str, Any], because: str) -> None:
    with pytest.raises(Invalid, match=because):
        parsed(SignalFile, "here", {**GOOD, **wrong})


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"detector": "hunch"}, "there is no detector 'hunch'"),
        ({"detector": "reviews", "params": {"state": "held"}}, "does not know state"),
        ({}, "exactly one of them"),
    ],
)
def test_a_detector_is_one_that_there_is(wrong: dict[str, Any], because: str) -> None:
    with pytest.raises(Invalid, match=because):
        parsed(SignalFile, "here", {**WITHOUT_READS, **wrong})
