"""The one place that reads the time. Pure code takes `now` as an argument."""

import datetime as dt
from typing import Protocol

UTC = dt.UTC
DAY_US = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time: aware, in UTC."""

    def now(self) -> dt.datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(UTC)


class FrozenClock:
    """A clock for tests and simulations: it stands still until it is moved."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def now(self) -> dt.datetime:
        return self.at

    def advance(self, by: dt.timedelta) -> None:
        self.at += by


_US = dt.timedelta(microseconds=1)
_EXACT_AS_FLOAT = 4_000_000_000_000_000
"""Until the year 2096 a double tells seconds to a quarter of a microsecond: rounded, that is exact, and fast."""


def to_us(at: dt.datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exactly."""
    return (at - EPOCH) // _US


def from_us(us: int) -> dt.datetime:
    """The aware UTC datetime of microseconds since 1970, exactly."""
    if 0 <= us < _EXACT_AS_FLOAT:
        return dt.datetime.fromtimestamp(us / 1_000_000, UTC)
    return EPOCH + dt.timedelta(microseconds=us)


def is_skewed(occurred_at: int, received_at: int) -> bool:
    """Whether an event lies more than a second ahead of its arrival, both in µs: its source's clock is ahead. Stamps of
    brokers are cut to milliseconds, and clocks that are looked after differ by less."""
    return occurred_at - received_at > 1_000_000


def day_of(us: int) -> int:
    """The UTC day of an instant, counted in days since 1970."""
    return us // DAY_US


def day_number(day: dt.date) -> int:
    """Days since 1970 of a date."""
    return day.toordinal() - 719_163


def date_of(day: int) -> dt.date:
    """The date of a day counted since 1970."""
    return dt.date.fromordinal(day + 719_163)
