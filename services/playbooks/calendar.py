"""Days as an account lives them: in its time zone, calendar or business days. Pure.

Business days are Monday to Friday. Whether a playbook counts calendar or business days is its own parameter (ERR-14).
"""

import datetime as dt
from zoneinfo import ZoneInfo

from services.playbooks.definitions import Offset


def zone(name: str | None, otherwise: str = "UTC") -> dt.tzinfo:
    """The time zone of that name; the other one, and then UTC, where there is no such zone."""
    for candidate in (name, otherwise):
        if candidate and candidate != "UTC":
            try:
                return ZoneInfo(candidate)
            except (KeyError, ValueError, OSError):  # what a source calls a time zone need not be one
                continue
    return dt.UTC


def local_day(at: dt.datetime, where: dt.tzinfo) -> dt.date:
    """The date there at that instant."""
    return at.astimezone(where).date()


def begins(day: dt.date, where: dt.tzinfo) -> dt.datetime:
    """The instant, in UTC, at which the day begins there."""
    return dt.datetime.combine(day, dt.time(), tzinfo=where).astimezone(dt.UTC)


def add_business_days(day: dt.date, days: int) -> dt.date:
    """The business day that many business days later; 0 is the day itself or the Monday after a weekend."""
    while day.weekday() >= 5:
        day += dt.timedelta(days=1)
    weeks, rest = divmod(days, 5)
    day += dt.timedelta(weeks=weeks)
    for _ in range(rest):
        day += dt.timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def due_on(offset: Offset, start: dt.date, anchor: dt.date | None) -> dt.date:
    """The day that a step is due. T−n without an anchor, or before the start, is due at the start."""
    if offset.unit == "day":
        return start + dt.timedelta(days=offset.days)
    if offset.unit == "business_day":
        return add_business_days(start, offset.days)
    return start if anchor is None else max(start, anchor - dt.timedelta(days=offset.days))
