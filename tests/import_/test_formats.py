"""Ways to write a time: each reads what it writes, and those that contradict each other are told apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources.formats import by_format, contradiction
from shared.errors import Invalid
from tests.import_.stories import accounts_file, mapping


@pytest.mark.parametrize(
    "formats",
    [
        ["%d-%m-%Y", "%m-%d-%Y"],
        ["%m/%d/%y", "%d/%m/%y"],
        ["%y-%m-%d", "%d-%m-%y"],
        ["%Y-%d-%m", "iso"],
        ["iso", "%Y-%d-%m"],
        ["unix_s", "unix_ms"],
        ["%d.%m.%Y %H:%M", "iso", "%m.%d.%Y %H:%M"],
    ],
)
def test_formats_that_read_one_text_as_two_times_are_refused(formats: list[str]) -> None:
    assert contradiction(formats) is not None
    with pytest.raises(Invalid, match="would be one time as"):
        mapping(accounts_file(occurred_at={"column": "since", "formats": formats}))


@pytest.mark.parametrize(
    "formats",
    [
        ["iso"],
        ["iso", "%d-%m-%Y"],
        ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y %H:%M", "iso"],
        ["iso", "unix_ms"],
        ["%d %B %Y", "%B %d, %Y"],
        ["%Y-%m-%d", "iso"],
    ],
)
def test_formats_that_cannot_be_mistaken_stand_side_by_side(formats: list[str]) -> None:
    assert contradiction(formats) is None


def test_the_text_that_has_two_meanings_is_shown() -> None:
    assert contradiction(["%d-%m-%Y", "%m-%d-%Y"]) == ("01-02-2003", "%d-%m-%Y", "%m-%d-%Y")


@given(st.integers(0, 7_000_000_000))
def test_seconds_milliseconds_and_microseconds_count_one_time(seconds: int) -> None:
    times = {by_format(str(seconds * n), name) for name, n in (("unix_s", 1), ("unix_ms", 1_000), ("unix_us", 10**6))}
    assert len(times) == 1


@given(st.text(max_size=20), st.sampled_from(["iso", "unix_s", "unix_ms", "%d-%m-%Y", "%H"]))
def test_any_text_is_a_time_or_none(text: Any, format: str) -> None:
    try:
        by_format(text, format)
    except (ValueError, OverflowError):
        return
