"""Days as an account lives them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.playbooks.calendar import add_business_days, begins, due_on, local_day, zone
from services.playbooks.definitions import Offset

WEDNESDAY = dt.date(2026, 3, 4)


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (WEDNESDAY, 0, WEDNESDAY),
        (WEDNESDAY, 2, dt.date(2026, 3, 6)),
        (WEDNESDAY, 3, dt.date(2026, 3, 9)),
        (WEDNESDAY, 10, dt.date(2026, 3, 18)),
        (dt.date(2026, 3, 7), 0, dt.date(2026, 3, 9)),
        (dt.date(2026, 3, 8), 1, dt.date(2026, 3, 10)),
    ],
)
def test_business_days_leave_weekends_out(day: dt.date, days: int, expected: dt.date) -> None:
    assert add_business_days(day, days) == expected


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 60))
def test_a_business_day_is_no_weekend_and_the_next_one_follows(day: dt.date, days: int) -> None:
    there, next_one = add_business_days(day, days), add_business_days(day, days + 1)
    assert there.weekday() < 5
    assert 1 <= (next_one - there).days <= 3


@pytest.mark.parametrize(
    ("offset", "anchor", "expected"),
    [
        (Offset("day", 2), None, dt.date(2026, 3, 6)),
        (Offset("business_day", 3), None, dt.date(2026, 3, 9)),
        (Offset("before", 30), dt.date(2026, 6, 30), dt.date(2026, 5, 31)),
        (Offset("before", 90), dt.date(2026, 3, 10), WEDNESDAY),
        (Offset("before", 90), None, WEDNESDAY),
    ],
)
def test_when_a_step_is_due(offset: Offset, anchor: dt.date | None, expected: dt.date) -> None:
    assert due_on(offset, WEDNESDAY, anchor) == expected


@pytest.mark.parametrize("name", [None, "", "Nowhere/Land", "../../etc/passwd", "Europe", "\x00", "x" * 300])
def test_what_is_no_time_zone_becomes_the_other_one(name: str | None) -> None:
    assert str(zone(name, "Europe/Berlin")) == "Europe/Berlin"
    assert zone(name, "also none") is dt.UTC


def test_a_day_begins_at_its_midnight_also_where_the_clock_jumps() -> None:
    beirut = zone("Asia/Beirut")  # at the start of summer time midnight does not exist there
    start = begins(dt.date(2026, 3, 29), beirut)
    assert local_day(start, beirut) == dt.date(2026, 3, 29)
    assert local_day(start - dt.timedelta(seconds=1), beirut) == dt.date(2026, 3, 28)
