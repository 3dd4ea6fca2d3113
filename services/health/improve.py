"""What would raise a score most: for every measure one step up on its own curve, reckoned by the model itself. Pure.

One step is the smallest change of the value that brings more points: the next step of a curve by steps, the next bend
of a curve by lines, the next quarter among similar accounts. The other measures stay as they are.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from services.health.assess import Assessment
from services.health.curves import Curve, Quarters, millionths
from services.health.model import Leaf, Model
from services.health.scoring import MOST_POINTS, Rated
from services.health.words import spoken

MOST = 3


class Improvement(NamedTuple):
    """One step of one measure: from a value to another (None among similar accounts), and what it brings the score,
    before exceptions and rounding, in millionths of a point."""

    measure: str
    label: str
    value: float
    target: float | None
    words: str
    gain: int


def improvements(model: Model, assessment: Assessment, most: int = MOST) -> list[Improvement]:
    """The steps that bring most, the greatest first; none of an unknown score, nor of measures without data."""
    if assessment.raw is None:
        return []
    found = sorted(_steps(model, assessment), key=lambda one: (-one.gain, one.measure))
    return [one for one in found if one.gain > 0][:most]


def _steps(model: Model, assessment: Assessment) -> Iterator[Improvement]:
    parts = assessment.contributions[: len(model.leaves)]
    points = tuple(part.points for part in parts)
    for i, (leaf, part) in enumerate(zip(model.leaves, parts, strict=True)):
        if part.value is None or part.points is None:
            continue
        step = next_step(leaf.curve, part.value, part.points)
        if step is not None:
            target, reached = step
            gain = _raw(model, (*points[:i], reached, *points[i + 1 :])) - (assessment.raw or 0)
            yield Improvement(leaf.measure, leaf.words, part.value, target, _words(leaf, part.value, target), gain)


def _raw(model: Model, points: Rated) -> int:
    return sum(model.plan.weigh(points).parts or ())


def next_step(curve: Curve, value: float, points: int) -> tuple[float | None, int] | None:
    """(value, points in millionths) of the nearest value that brings more points; None at the top. The value is None
    where it depends on similar accounts."""
    if points >= MOST_POINTS:
        return None
    if curve.peers:
        return _next_quarter(curve.peers, points)
    ends = [(step.lower, millionths(step.points)) for step in curve.steps or ()]
    ends += [(bend.at, millionths(bend.points)) for bend in curve.linear or ()]
    place = bisect_right([at for at, _ in ends], value)
    above = ((at, there) for at, there in ends[place:] if there > points)
    below = ((at, there) for at, there in reversed(ends[:place]) if there > points)
    options = [one for one in (next(above, None), next(below, None)) if one is not None]
    if curve.steps:  # a lower step is reached by anything below the one above it
        options = [(at if at > value else _just_below(ends, at), there) for at, there in options]
    return min(options, key=lambda one: abs(one[0] - value), default=None)


def _just_below(ends: list[tuple[float, int]], at: float) -> float:
    """The upper bound, exclusive, of the step that begins at `at`."""
    return next(bound for bound, _ in ends if bound > at)


def _next_quarter(quarters: Quarters, points: int) -> tuple[None, int] | None:
    better = sorted(there for _, value in quarters if (there := millionths(value)) > points)
    return (None, better[0]) if better else None


def _words(leaf: Leaf, value: float, target: float | None) -> str:
    if target is None:
        return f"from {spoken(leaf, value)} to the next quarter of similar accounts"
    bound = "to below " if leaf.curve.steps and target <= value else "to "
    return f"from {spoken(leaf, value)} {bound}{spoken(leaf, target)}"
