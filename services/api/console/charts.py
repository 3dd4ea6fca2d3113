"""The geometry of the three drawings: dial, waterfall, history. Pure; the templates only draw what is here."""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.api.schemas import ChangePart, HistoryRow, ModelBand

# --- the dial -----------------------------------------------------------------------------------------


class Arc(NamedTuple):
    """A piece of the dial: an SVG path, and the colour of its band."""

    path: str
    color: str


class Dial(NamedTuple):
    """A half circle of bands with a hand, in a box of 200 × 112."""

    bands: list[Arc]
    hand: tuple[float, float, float, float] | None


def dial(score: int | None, bands: Sequence[ModelBand]) -> Dial:
    """Bands come best first, as models list them."""
    uppers = [100, *(band.lower for band in bands)]
    arcs = [Arc(_arc(band.lower, upper), band.color) for band, upper in zip(bands, uppers, strict=False)]
    return Dial(arcs, None if score is None else (*_on_circle(score, 66), *_on_circle(score, 94)))


def _on_circle(score: float, radius: float) -> tuple[float, float]:
    angle = math.pi * (1 - score / 100)
    return round(100 + radius * math.cos(angle), 2), round(100 - radius * math.sin(angle), 2)


def _arc(low: float, high: float, gap: float = 0.6) -> str:
    start, end = _on_circle(low + gap, 80), _on_circle(high - gap, 80)
    return f"M {start[0]} {start[1]} A 80 80 0 0 1 {end[0]} {end[1]}"


# --- the waterfall ------------------------------------------------------------------------------------


class Fall(NamedTuple):
    """One bar: where it begins and how long it is, in percent of the width; the link down to the next bar."""

    label: str
    points: float | None
    x: float
    width: float
    kind: str
    link: float | None


def waterfall(before: float, parts: Sequence[ChangePart], after: float, most: int = 8) -> list[Fall]:
    """From one score to the next, on an axis that begins at 0, so that lengths can be compared. Parts beyond `most` are
    one bar, so that the bars always add up."""
    shown = [(part.label, part.points, "time" if part.by_time else "part") for part in parts[:most]]
    rest = sum(part.points for part in parts[most:])
    steps = [*shown, *([("Everything else", rest, "part")] if len(parts) > most else [])]
    levels = [before]
    for _, points, _ in steps:
        levels.append(levels[-1] + points)
    low, high = min(0.0, *levels, after), max(100.0, *levels, after)

    def at(level: float) -> float:
        return round(100 * (level - low) / (high - low), 3)

    falls = [Fall("Before", before, 0, at(before), "total", at(before))]
    for (label, points, by), start, end in zip(steps, levels, levels[1:], strict=False):
        kind = ("up" if points >= 0 else "down") + (" by-time" if by == "time" else "")
        falls.append(Fall(label, points, at(min(start, end)), max(abs(at(end) - at(start)), 0.4), kind, at(end)))
    return [*falls, Fall("After", after, 0, at(after), "total", None)]


# --- the history --------------------------------------------------------------------------------------


class Zone(NamedTuple):
    """The strip of a band, in percent of the height, from the top."""

    name: str
    color: str
    y: float
    height: float
    lower: int


class Tick(NamedTuple):
    """A mark on the axis of time, in percent of the width."""

    x: float
    words: str


class History(NamedTuple):
    """Lines in a box of 1000 × 100, unbroken where there are scores; zones and ticks in percent. `beside` are those of
    what was computed while a person had set the score."""

    lines: list[str]
    beside: list[str]
    zones: list[Zone]
    ticks: list[Tick]
    last: tuple[float, float] | None


def history(  # noqa: PLR0917
    rows: Sequence[HistoryRow], score: int | None, bands: Sequence[ModelBand], now: dt.datetime, days: int = 90,
    computed: int | None = None,
) -> History:  # fmt: skip
    """`rows` come newest first; the line ends at the present score. `computed`: the present one, while it is
    overridden."""
    start = now - dt.timedelta(days=days)

    def line(told: Iterable[tuple[dt.datetime, int | None]], last: int | None) -> list[str]:
        points = [*told, (now, last)]
        return _unbroken(
            [None if value is None else (_x(max(at, start), start, days), 100 - value) for at, value in points]
        )

    lines = line(((row.effective_at, row.score) for row in reversed(rows)), score)
    uppers = [100, *(band.lower for band in bands)]
    zones = [
        Zone(band.name, band.color, 100 - upper, upper - band.lower, band.lower)
        for band, upper in zip(bands, uppers, strict=False)
    ]
    last = None if score is None else (100.0, float(100 - score))
    return History(lines, line(_beside(rows), computed), zones, _ticks(start, days), last)


def _beside(rows: Sequence[HistoryRow]) -> Iterator[tuple[dt.datetime, int | None]]:
    """What was computed from when to when the score was overridden, oldest first; None in between."""
    was_set = False
    for row in reversed(rows):
        is_set = row.override_id is not None
        yield row.effective_at, row.computed_score if is_set or was_set else None
        was_set = is_set


def _x(at: dt.datetime, start: dt.datetime, days: int) -> float:
    return round(1000 * ((at - start) / dt.timedelta(days=days)), 1)


def _unbroken(drawn: Sequence[tuple[float, int] | None]) -> list[str]:
    """Steps: a score holds until the next. A missing one breaks the line."""
    lines: list[list[str]] = [[]]
    before: int | None = None
    for point in drawn:
        if point is None:
            lines.append([])
            before = None
            continue
        x, y = point
        if before is not None and before != y:
            lines[-1].append(f"{x},{before}")
        lines[-1].append(f"{x},{y}")
        before = y
    return [" ".join(line) for line in lines if len(line) > 1]


def _ticks(start: dt.datetime, days: int) -> list[Tick]:
    """The first of every month, and where there are few, half-way through too."""
    every = (start + dt.timedelta(days=n) for n in range(1, days + 1))
    chosen = [day for day in every if day.day in (1, 15)]
    midnight = [day.replace(hour=0, minute=0, second=0, microsecond=0) for day in chosen]
    return [Tick(_x(day, start, days) / 10, f"{day.day} {day:%b}") for day in midnight]
