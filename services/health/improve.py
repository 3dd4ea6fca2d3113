"""What would raise a score most: for every measure one step up on its own curve, and the end of what holds the score
down, reckoned by the model itself, exceptions and all. Pure.

One step is the smallest change of the value that brings more points: the next step of a curve by steps, the next bend
of a curve by lines, the next quarter among similar accounts. The other measures stay as they are.
"""

from bisect import bisect_right
from collections.abc import Iterator
from math import inf, nextafter
from typing import NamedTuple

from services.health import words
from services.health.assess import Assessment
from services.health.curves import Curve, Quarters, millionths
from services.health.model import Condition, Leaf, Model, Watched
from services.health.plan import Ceiling
from services.health.scoring import MOST_POINTS
from services.health.words import spoken

MOST = 3

_BEYOND = {">=": -inf, "<=": inf}
"""Whither a value leaves a condition that holds of its own bound."""


class Improvement(NamedTuple):
    """One step of one measure: from a value to another (None among similar accounts), and what it brings the score,
    after exceptions and before rounding, in millionths of a point. Or the end of an exception: from the value for which
    it holds to the bound beyond which it does not."""

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
    ends = {one.measure: one for one in _ends(model, assessment)}
    steps = [one for one in _steps(model, assessment) if one.measure not in ends]
    found = sorted([*steps, *ends.values()], key=lambda one: (-one.gain, one.measure))
    return [one for one in found if one.gain > 0][:most]


def _steps(model: Model, assessment: Assessment) -> Iterator[Improvement]:
    for i, leaf in enumerate(model.leaves):
        part = assessment.contributions[i]
        if part.value is None or part.points is None:
            continue
        step = next_step(leaf.curve, part.value, part.points)
        if step is not None:
            target, reached = step
            sum_ = _Sum(model, assessment)
            sum_.put(i, _reached(leaf, part.value, target), reached)
            yield Improvement(leaf.measure, leaf.words, part.value, target, _words(leaf, part.value, target), sum_.gain)


def _reached(leaf: Leaf, value: float, target: float | None) -> float:
    """A value at the target; a bound below is exclusive on a curve by steps."""
    if target is None:
        return value
    return nextafter(target, -inf) if leaf.curve.steps and target <= value else target


class _Sum:
    """An assessment that is reckoned again with other values."""

    def __init__(self, model: Model, assessment: Assessment) -> None:
        self._model, self._stands = model, (assessment.raw or 0) + assessment.exception_points
        self._values = [part.value for part in assessment.contributions]
        self._points = [part.points for part in assessment.contributions[: len(model.leaves)]]

    def put(self, place: int, value: float, points: int | None) -> None:
        """The measure at this place of the model has this value, and these points if it is weighed."""
        self._values[place] = value
        if place < len(self._points) and points is not None:
            self._points[place] = points

    @property
    def gain(self) -> int:
        """What the score gains, in millionths of a point."""
        raw = sum(self._model.plan.weigh(tuple(self._points)).parts or ())
        return self._model.plan.bounded(self._values, raw)[1] - self._stands


def _ends(model: Model, assessment: Assessment) -> Iterator[Improvement]:
    """The end of the exception that holds the score down; of the first few together where one alone brings nothing."""
    sum_, told = _Sum(model, assessment), list[Improvement]()
    for exception in _holding_down(model, assessment):
        rule, watched = exception.rule, model.read[exception.position]
        value = assessment.contributions[exception.position].value or 0.0
        beyond = _beyond(rule.when)
        sum_.put(exception.position, beyond, _rated(watched, beyond))
        said = f"from {spoken(watched, value)} {_to(rule.when, watched)}; {words.exception(rule.words, None)}"
        told.append(Improvement(watched.measure, watched.words, value, rule.when.value, said, sum_.gain))
        if sum_.gain > 0:
            also = "".join(f", and {one.label} {one.words}" for one in told[1:])
            yield told[0]._replace(words=told[0].words + also, gain=sum_.gain)
            return


def _holding_down(model: Model, assessment: Assessment) -> Iterator[Ceiling]:
    """The exceptions that hold and say less than the sum; not those of one value alone, which nothing is next to."""
    values = [part.value for part in assessment.contributions]
    for exception in model.plan.exceptions:
        raw = assessment.raw or 0
        if exception.rule.when.op != "==" and exception.applies(values) and exception.rule.bound(raw) < raw:
            yield exception


def _beyond(when: Condition) -> float:
    """The nearest value for which the condition does not hold."""
    return nextafter(when.value, _BEYOND[when.op]) if when.op in _BEYOND else when.value


def _rated(watched: Watched, value: float) -> int | None:
    """The points of the value, where it is weighed and not compared with similar accounts."""
    return watched.curve.rate()(value, None) if isinstance(watched, Leaf) else None


def _to(when: Condition, watched: Watched) -> str:
    side = {">=": "to below", "<=": "to above"}.get(when.op, "to")
    return f"{side} {spoken(watched, when.value)}"


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
