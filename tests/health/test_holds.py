"""What holds of many accounts, read side by side, is what holds of each alone."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.detectors import DETECTORS
from services.health.detectors.finding import Scope
from services.health.holds import Holding, Seen, holdings
from services.health.signal_files import SignalFile
from services.health.silence import NO_SILENCE, Silence
from shared.clock import DAY_US
from shared.facts import Facts
from tests.health.stories import NOON, turning_facts
from tests.health.watcher import ALL

seen = st.builds(Seen, turning_facts, st.none() | st.integers(0, 100).map(float))
silences = st.just(NO_SILENCE) | st.builds(
    lambda days: Silence({"usage.recorded": NOON - days * DAY_US, "login.recorded": NOON - days * DAY_US}),
    st.integers(1, 40),
)


def alone(file: SignalFile, one: Seen, silence: Silence, now: int) -> list[Holding]:
    """What holds of one file for one account, by the file's own functions."""
    until = file.until(silence, now)
    if file.degree is not None:
        degree = file.degree(*one, until)
        told = [] if degree is None else [("", degree, degree)]
    else:
        told = [(finding.about, finding.degree, finding) for finding in file.find(*one, until)]
    ranked = [(about, file.severity(degree), what) for about, degree, what in told]
    return [Holding(about, rank, what) for about, rank, what in ranked if rank is not None]


@settings(max_examples=100)
@given(st.lists(seen, max_size=4), silences, st.integers(0, 40))
def test_side_by_side_holds_what_holds_alone(some: Sequence[Seen], silence: Silence, later: int) -> None:
    now = NOON + later * DAY_US
    held = holdings(ALL.files, some, silence, now)
    for one, holds in zip(some, held, strict=True):
        told = {file.name: alone(file, one, silence, now) for file in ALL.files if not file.swing}
        assert holds == {kind: some for kind, some in told.items() if some}


@pytest.mark.parametrize("name", sorted(DETECTORS))
@settings(max_examples=30)
@given(turning_facts)
def test_a_detector_finds_nothing_where_there_is_nothing_to_look_at(name: str, facts: Facts) -> None:
    detector = DETECTORS[name]
    assert detector.looks_at(facts) or not list(detector.find(facts, NOON, Scope(90, detector.params)))
