"""What is counted by day, and who tells of a day: the daily events or a report."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from shared.facts.stamps import Pieced, Stamped
from shared.facts.things import UsageReport

WINDOW_DAYS = 128
"""Days of activity kept, counted back from the newest active day. Measures look back 90 days at most."""


class DayCounts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A count for each of the WINDOW_DAYS up to its newest day: index i is the day i days before it. No zeros at the
    old end, so that equal counts have equal bytes."""

    newest: int
    counts: list[int] = []

    def plus(self, day: int, count: int) -> "DayCounts":
        """These counts and some more on a day; what leaves the window is forgotten, in whatever order it comes."""
        newest = max(self.newest, day)
        counts = [0] * min(newest - self.newest, WINDOW_DAYS) + self.counts
        back = newest - day
        if back < WINDOW_DAYS:
            counts += [0] * (back + 1 - len(counts))
            counts[back] += count
        del counts[WINDOW_DAYS:]
        while counts and counts[-1] == 0:
            counts.pop()
        return DayCounts(newest, counts)

    def over(self, first: int, last: int) -> int:
        """The sum over the days `first` to `last`, inclusive."""
        newest = self.newest
        return sum(self.counts[newest - last if last < newest else 0 : newest - first + 1 if first <= newest else 0])


def since(newest: int, day: int) -> int:
    """How many days of those up to `newest` come after a day: 0 where it is not before that."""
    return newest - day if newest > day else 0


class Workflow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How often a workflow was gone through, and how often to its end."""

    tried: DayCounts
    completed: DayCounts


class Capacity(Pieced, frozen=True, array_like=True):
    """What the account may use and uses, as last told."""

    licensed_seats: int | None = None
    used_seats: int | None = None
    storage_gb: float | None = None
    storage_limit_gb: float | None = None
    api_requests: int | None = None
    api_limit: int | None = None


class Gauge(Stamped, frozen=True, array_like=True):
    """A number as last told."""

    value: float


class Integration(Stamped, frozen=True, array_like=True):
    """The latest state of an integration: active, inactive, failing."""

    status: str


class Tellers(NamedTuple):
    """Who tells of the days of a span. Days that nobody tells of are in neither."""

    daily: range
    """The days of which daily events tell; one without activity was silent."""
    reported: list[tuple[UsageReport, int]]
    """Reports, the earliest first, each with the number of the other days that it tells of."""


def tellers(reports: Sequence[UsageReport], oldest: int, newest: int, first: int, last: int) -> Tellers:
    """Who tells of the days `first` to `last`, where daily events reach from `oldest` to `newest`.

    Here it is decided that daily events outrank a report where both cover a day. Of two reports that cover a day the
    one of the shorter period tells, then the one with the greater stamp.
    """
    daily = range(max(first, oldest), min(last, newest) + 1)
    ranked = sorted(reports, key=lambda r: (r.start - r.end, r.stamp), reverse=True)
    days: dict[tuple[int, int], int] = {}
    for day in range(first, last + 1) if ranked else ():
        if day not in daily:
            told = next((r for r in ranked if r.start <= day <= r.end), None)
            if told is not None:
                days[told.start, told.end] = days.get((told.start, told.end), 0) + 1
    return Tellers(daily, [(r, days[r.start, r.end]) for r in sorted(ranked, key=_period) if (r.start, r.end) in days])


def _period(report: UsageReport) -> tuple[int, int]:
    return (report.start, report.end)
