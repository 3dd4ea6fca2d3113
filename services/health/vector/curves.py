"""Curves over columns: the points of many values of one measure, the same as `curves` gives each."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.health.curves import FEWEST_PEERS, Bend, Curve, Quarters, Quartiles, Step, millionths
from services.health.scoring import ONE
from services.health.vector.weighing import NO_POINTS, Ints

Values = NDArray[np.float64]
"""Values of one measure, NaN for none."""

Among = tuple[Values, Values, Values]
"""The lower quartile, median and upper quartile that each value is held against, NaN where there are none."""

RateAll = Callable[[Values, Among | None], Ints]
"""A curve: the points of each value, in millionths, or NO_POINTS."""


def rate_all(curve: Curve) -> RateAll:
    """A curve as a function of columns, made once."""
    if curve.steps:
        return _by_steps(curve.steps)
    if curve.linear:
        return _along_lines(curve.linear)
    assert curve.peers is not None
    return _among_peers(curve.peers)


def among(references: Sequence[Mapping[str, Quartiles]], codes: NDArray[np.intp], column: str) -> Among:
    """The quartiles of a column for every row; `codes` says which of the references a row is held against."""
    found = [_usable(reference.get(column)) for reference in references]
    table = np.array(found, np.float64).reshape(len(found), 3)
    return table[codes, 0], table[codes, 1], table[codes, 2]


def _usable(quartiles: Quartiles | None) -> tuple[float, float, float]:
    if quartiles is None or quartiles.accounts < FEWEST_PEERS:
        return np.nan, np.nan, np.nan
    return quartiles.lower, quartiles.median, quartiles.upper


def _known(points: Ints, known: NDArray[np.bool_]) -> Ints:
    return np.where(known, points, NO_POINTS)


def _by_steps(steps: tuple[Step, ...]) -> RateAll:
    bounds = np.array([step.lower for step in steps[1:]], np.float64)
    points = np.array([millionths(step.points) for step in steps], np.int64)
    return lambda values, _: _known(points[np.searchsorted(bounds, values, side="right")], ~np.isnan(values))


def _along_lines(bends: tuple[Bend, ...]) -> RateAll:
    bounds = np.array([bend.at for bend in bends], np.float64)
    points = np.array([bend.points for bend in bends], np.float64)

    def rate(values: Values, _: Among | None) -> Ints:
        known = ~np.isnan(values)
        given = np.where(known, values, bounds[0])
        high = np.clip(np.searchsorted(bounds, given, side="right"), 1, len(bends) - 1)
        low = high - 1
        way = np.clip((given - bounds[low]) / (bounds[high] - bounds[low]), 0.0, 1.0)
        exact = points[low] + (points[high] - points[low]) * way
        return _known(np.rint(exact * ONE).astype(np.int64), known)  # to even, as `round` does

    return rate


def _among_peers(quarters: Quarters) -> RateAll:
    top, upper, lower, bottom = map(
        millionths, (quarters.top, quarters.upper, quarters.lower, quarters.bottom)
    )  # fmt: skip

    def rate(values: Values, peers: Among | None) -> Ints:
        if peers is None:
            return np.full(len(values), NO_POINTS, np.int64)
        least, median, most = peers
        above, below = np.where(values >= most, top, upper), np.where(values >= least, lower, bottom)
        points: Ints = np.where(values >= median, above, below)
        return _known(points, ~np.isnan(values) & ~np.isnan(median))

    return rate
