"""How health speaks: values with their units, points, and why a measure moved. Pure."""

from collections.abc import Callable, Sequence

from services.health.assess import Contribution
from services.health.measures.measure import Unit
from services.health.model import Watched
from shared.clock import date_of

_MOODS = {1.0: "positive", 0.0: "neutral", -1.0: "negative"}
_SPOKEN: dict[Unit, Callable[[float], str]] = {
    "share": lambda value: f"{_short(100 * value)} %",
    "people share": lambda value: f"{value:.2f}",
    "per person and week": lambda value: f"{_short(value)} actions per person and week",
    "days": lambda value: _counted(value, "day"),
    "invoices": lambda value: _counted(value, "late payment"),
    "change": lambda value: f"{'+' if value > 0 else ''}{_short(100 * value)} %",
    "points of 10": lambda value: f"{_short(value)} of 10",
    "rating of 5": lambda value: f"{_short(value)} of 5",
    "sentiment": lambda value: _MOODS.get(value, f"{value:+.1f}"),
    "yes or no": lambda value: "yes" if value else "no",
    "logins a month": lambda value: f"{_counted(value, 'login')} a month",
    "people": lambda value: "1 person" if value == 1 else f"{_short(value)} people",
    "sessions per person and week": lambda value: f"{_counted(value, 'session')} per person and week",
    "minutes per person and week": lambda value: f"{_counted(value, 'minute')} per person and week",
    "minutes": lambda value: _counted(value, "minute"),
    "hours": lambda value: _counted(value, "hour"),
    "features": lambda value: _counted(value, "feature"),
    "integrations": lambda value: _counted(value, "active integration"),
    "points of 100": lambda value: f"{_short(value)} of 100",
    "contributions": lambda value: _counted(value, "contribution"),
    "mentions": lambda value: _counted(value, "mention"),
    "index": lambda value: f"{value:+.0f}",
    "effort of 7": lambda value: f"{_short(value)} of 7",
    "answers": lambda value: _counted(value, "answer"),
    "tickets": lambda value: _counted(value, "ticket"),
    "times": lambda value: f"{_short(value)} times",
}


def spoken(watched: Watched, value: float | None) -> str:
    """A value of a measure, as people say it."""
    return said(watched.told.unit, value)


def said(unit: Unit, value: float | None) -> str:
    """A value in a unit, as people say it."""
    return "unknown" if value is None else _SPOKEN[unit](value)


def points(millionths: int | None) -> str:
    """Millionths of a point as points, with at most two decimals and a decimal point."""
    return "no" if millionths is None else _short(millionths / 1_000_000)


def move(watched: Watched, was: Contribution, now: Contribution) -> str:
    """How a measure moved: `0.52 → 0.41, 100 → 70 points`."""
    value = _from_to(spoken(watched, was.value), spoken(watched, now.value))
    if was.value == now.value:
        value += " among similar accounts"
    return f"{value}, {_from_to(points(was.points), points(now.points))} points"


def shift(was: Contribution, now: Contribution, old_score: int | None, new_score: int | None) -> str:
    """Why a measure that stayed as it was brings more or less than before."""
    if new_score is None:
        return "too little is known for a score"
    if old_score is None:
        return "enough is known for a score"
    lighter = now.contribution < was.contribution
    return "weighs less, as other measures have data" if lighter else "weighs more, as other measures have none"


def exception(was: str | None, now: str | None) -> str:
    """What an exception did: its words, or that it is over."""
    return now or f"no longer: {was}"


def of_usage(days: Sequence[tuple[int, int]]) -> str:
    """What to add for the usage behind a move, as (day, count): the newest three days by name."""
    if not days:
        return ""
    newest = sorted(days, reverse=True)
    named = ", ".join(f"{date_of(day).isoformat()} ({count})" for day, count in newest[:3])
    more = f" and {_counted(len(newest) - 3, 'earlier day')}" if len(newest) > 3 else ""
    return f"; usage on {named}{more}"


def _from_to(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _short(number: float) -> str:
    rounded = round(number, 2) + 0.0
    return f"{rounded:.2f}".rstrip("0").rstrip(".")


def _counted(number: float, thing: str) -> str:
    return f"{_short(number)} {thing}{'' if number == 1 else 's'}"
