"""How the sample company's days are written down: native events in CloudEvents structured form.

An event's id names seed, account, subject and number, so that the same seed tells the same story to the byte.
Instants are whole seconds since 1970, days count from the first day of the history.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from services.sample.fate import Fate
from shared.clock import date_of
from shared.contracts import NATIVE

DAY_S = 86_400
BLOCK_DAYS = 14
"""Days that are written at a time."""
MOST_LATE_DAYS = 84
"""What follows from a day (an invoice paid, a ticket solved) has happened this many days later."""

Native = dict[str, Any]
Entry = tuple[int, str, Native]
"""(instant, id, event): sorts in time, and the same way every time."""

SOURCES = {kind: topic.value.removesuffix(".events") for kind, (topic, _) in NATIVE.items()}


_MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
_SECONDS = [f":{second:02}Z" for second in range(60)]


@lru_cache(maxsize=2_000)
def _date(day: int) -> str:
    return date_of(day).isoformat() + "T"


def iso(at: int) -> str:
    """An instant as RFC 3339, in UTC."""
    day, second = divmod(at, DAY_S)
    return _date(day) + _MINUTES[second // 60] + _SECONDS[second % 60]


def native(key: str, kind: str, event_id: str, at: int, data: Native) -> Native:
    """A native event of an account; its source follows from its kind."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCES[kind],
        "type": kind,
        "subject": key,
        "time": iso(at),
        "data": data,
    }


@dataclass
class Diary:
    """One chapter: one account, one subject, one block of days, with luck of its own."""

    fate: Fate
    origin: int
    """First instant of day 0."""
    first: int
    """First day of the block."""
    name: str
    luck: Random
    entries: list[Entry] = field(default_factory=list)

    @property
    def days(self) -> range:
        """The days of the block on which the account is a customer."""
        return range(max(self.first, self.fate.joined), min(self.first + BLOCK_DAYS, self.fate.left))

    def starts_on(self, day: int) -> bool:
        """Whether the account enters the story on this day: it joins, or it was there before."""
        return day == max(self.fate.joined, 0)

    def midnight(self, day: int) -> int:
        return self.origin + day * DAY_S

    def at_work(self, day: int) -> int:
        """An instant in the account's working hours, on the given UTC day."""
        hour = (self.luck.gauss(13.0, 2.4) - self.fate.account.place.offset) % 24
        return self.midnight(day) + int(hour * 3600)

    def rests(self, day: int) -> bool:
        """Whether the day is one of the account's days of rest."""
        return weekday(self.origin, day) in self.fate.account.place.rest

    def note(self, event: str, at: int, /, **said: Any) -> None:
        """Writes one event down."""
        event_id = f"{self.name}.{len(self.entries)}"
        self.entries.append((at, event_id, native(self.fate.account.key, event, event_id, at, said)))


def weekday(origin: int, day: int) -> int:
    """Monday is 0. 1970 began on a Thursday."""
    return (origin // DAY_S + day + 3) % 7
