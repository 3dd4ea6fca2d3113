"""Plots as SVG, drawn here: curves, and bars. Each is a whole element that a page can hold. Pure."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from services.health.backtest.figures import Point

_SIDE, _LEFT, _TOP = 240, 44, 14
_WIDTH, _HEIGHT = _LEFT + _SIDE + 12, _TOP + _SIDE + 40


class Dot(NamedTuple):
    """A point with the reach of its interval, upwards."""

    at: Point
    low: float
    high: float
    words: str


class Bar(NamedTuple):
    """Two bars side by side, each a share of its whole."""

    label: str
    first: float
    second: float


def curve(title: str, points: Sequence[Point], across: str, up: str) -> str:
    """A curve in the unit square, beside the line of pure chance."""
    path = " ".join(f"{_x(p.x):.1f},{_y(p.y):.1f}" for p in points)
    return _framed(title, across, up, [_chance(), f'<polyline class="curve" points="{path}"/>'])


def dots(title: str, found: Iterable[Dot], across: str, up: str) -> str:
    """What was promised (x) and what came (y), with intervals; on the line promises were kept."""
    drawn = [
        f'<line class="reach" x1="{_x(d.at.x):.1f}" x2="{_x(d.at.x):.1f}" y1="{_y(d.low):.1f}" y2="{_y(d.high):.1f}"/>'
        f'<circle class="dot" cx="{_x(d.at.x):.1f}" cy="{_y(d.at.y):.1f}" r="4">'
        f"<title>{escape(d.words)}</title></circle>"
        for d in found
    ]
    return _framed(title, across, up, [_chance(), *drawn])


def bars(title: str, found: Sequence[Bar], across: str, up: str) -> str:
    """Two distributions side by side, on one scale."""
    most = max([0.01, *(max(bar.first, bar.second) for bar in found)])
    step = _SIDE / max(len(found), 1)
    drawn = []
    for i, bar in enumerate(found):
        for place, (kind, share) in enumerate((("first", bar.first), ("second", bar.second))):
            height = share / most * _SIDE
            words = f"{bar.label}: {share:.1%}"
            drawn.append(
                f'<rect class="{kind}" x="{_LEFT + i * step + 2 + place * (step / 2 - 2):.1f}" '
                f'y="{_TOP + _SIDE - height:.1f}" width="{step / 2 - 3:.1f}" height="{height:.1f}">'
                f"<title>{escape(words)}</title></rect>"
            )
        if i % 2 == 0:
            drawn.append(
                f'<text class="tick" x="{_LEFT + i * step:.1f}" y="{_TOP + _SIDE + 14}">{escape(bar.label)}</text>'
            )
    return _framed(title, across, f"{up}, up to {most:.0%}", drawn, ticks=False)


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE


def _chance() -> str:
    return f'<line class="chance" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'


def _framed(title: str, across: str, up: str, inside: Iterable[str], *, ticks: bool = True) -> str:
    marks = [
        f'<text class="tick" x="{_x(at):.0f}" y="{_TOP + _SIDE + 14}" text-anchor="middle">{at:.0%}</text>'
        f'<text class="tick" x="{_LEFT - 5}" y="{_y(at) + 4:.0f}" text-anchor="end">{at:.0%}</text>'
        for at in (0, 0.5, 1)
    ]
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}"/>'
        f"{''.join(marks) if ticks else ''}{''.join(inside)}"
        f'<text class="axis" x="{_LEFT + _SIDE / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>'
        f'<text class="axis" transform="translate(11 {_TOP + _SIDE / 2}) rotate(-90)" text-anchor="middle">{escape(up)}'
        f"</text></svg><figcaption>{escape(title)}</figcaption></figure>"
    )
