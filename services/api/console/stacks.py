"""The geometry of bands over time: a stack for each day, the worst at the bottom. Pure; the template only draws it."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from services.api.schemas import ModelBand
from services.api.schemas.whole import BandDay, BandSeries

_GAP = 0.16


class Piece(NamedTuple):
    """A band's part of a day, in percent of the width and of the height, from the top. `is_deep`: the band above it has
    the same colour."""

    color: str
    is_deep: bool
    x: float
    y: float
    width: float
    height: float
    words: str


class Stack(NamedTuple):
    """A series as it is drawn. `weak`: accounts in orange and red bands on the last day, `change` since
    the first that is known."""

    key: str | None
    pieces: list[Piece]
    first: dt.date
    last: dt.date
    accounts: int
    score: float | None
    weak: int
    change: int
    since: dt.date


def stack(series: BandSeries, bands: Sequence[ModelBand], days: Sequence[dt.date]) -> Stack:
    """`bands` come best first, `days` are all that are drawn; a day of which nothing is known stays empty."""
    deep = {band.name for band, above in zip(bands[1:], bands, strict=False) if band.color == above.color}
    order = [("unknown", "gray", False), *((b.name, b.color, b.name in deep) for b in reversed(bands))]
    step, known = 100 / max(len(days), 1), {day.day: day for day in series.days}
    pieces = [piece for i, day in enumerate(days) if day in known for piece in _day(known[day], order, i * step, step)]
    newest, oldest = series.days[-1], series.days[0]
    weak = {band.name for band in bands if band.color in ("orange", "red")}
    return Stack(
        series.key, pieces, days[0], days[-1], newest.accounts, newest.score, _among(newest, weak),
        _among(newest, weak) - _among(oldest, weak), oldest.day,
    )  # fmt: skip


def _day(day: BandDay, order: Sequence[tuple[str, str, bool]], x: float, step: float) -> list[Piece]:
    """From the bottom up, in the order; bands that the order does not know stand on top."""
    strange = sorted(day.bands.keys() - {name for name, _, _ in order})
    found, bottom = [], 100.0
    for name, color, is_deep in [*order, *((name, "gray", False) for name in strange)]:
        if count := day.bands.get(name, 0):
            height = 100 * count / day.accounts
            bottom -= height
            words = f"{day.day}: {count} of {day.accounts} {name.replace('_', ' ')}"
            found.append(
                Piece(
                    color, is_deep, round(x, 3), round(bottom, 3), round(step * (1 - _GAP), 3),
                    round(height, 3), words,
                )
            )  # fmt: skip
    return found


def _among(day: BandDay, names: set[str]) -> int:
    return sum(count for name, count in day.bands.items() if name in names)
