"""When a record arrived, and which events are too old or too far ahead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.intake import HOUR_US, RECEIVED_AT, admit, received_at
from shared.broker import Record
from shared.errors import Reason, Rejection
from tests.ingest.stories import DAY, START, as_text, event, record

NOW = START + 100 * DAY


def arrived(header: bytes | str | None = None, milliseconds: int = START // 1000) -> int:
    told: Record = record("usage.recorded", {}, **{RECEIVED_AT: header})
    return received_at(told._replace(timestamp=milliseconds), NOW)


def test_the_doors_word_comes_before_the_brokers() -> None:
    assert arrived("2026-01-05T00:00:00.000007+00:00") == START + 4 * DAY + 7


def test_without_a_header_the_broker_knows() -> None:
    assert arrived() == START


@pytest.mark.parametrize("header", ["soon", "2026-01-05T00:00:00", "", b"\xff"])
def test_a_header_that_cannot_be_read_does_not_count(header: str | bytes) -> None:
    assert arrived(header) == START


def test_a_broker_that_does_not_know_means_now() -> None:
    assert arrived(milliseconds=-1) == NOW


def test_nothing_has_arrived_in_the_future() -> None:
    assert arrived(milliseconds=(NOW + DAY) // 1000) == NOW
    assert arrived(as_text(NOW + DAY)) == NOW


def judged(occurred: int, received: int = NOW) -> Reason | None:
    try:
        admit(event("login.recorded", occurred, 1, person_id="mia"), received, horizon_days=90, skew_hours=24)
    except Rejection as rejection:
        return rejection.reason
    return None


@pytest.mark.parametrize(
    ("occurred", "verdict"),
    [
        (NOW - 90 * DAY, None),
        (NOW - 90 * DAY - 1, Reason.TOO_OLD),
        (NOW + 24 * HOUR_US, None),
        (NOW + 24 * HOUR_US + 1, Reason.TOO_FAR_AHEAD),
    ],
)
def test_the_horizon_and_the_skew_are_let_in_themselves(occurred: int, verdict: Reason | None) -> None:
    assert judged(occurred) == verdict


@given(st.integers(0, 89), st.integers(0, 400))
def test_an_event_parked_for_long_is_judged_by_its_first_arrival(age: int, parked: int) -> None:
    first = NOW - parked * DAY
    replayed = record("usage.recorded", {}, **{RECEIVED_AT: as_text(first)})._replace(timestamp=NOW // 1000)
    assert judged(first - age * DAY, received_at(replayed, NOW)) is None
