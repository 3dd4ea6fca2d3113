"""The arithmetic of `scoring`, over rows: int64 throughout, the same digits. NO_POINTS stands for None.

No product or sum reaches 2^63: the bounds are those of `scoring`, and a test holds them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.health.scoring import ONE, Groups

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_POINTS = -1
"""In place of the points of a leaf that has none."""


def coverage(groups: Groups, rated: Ints) -> Ints:
    """The share of the weight that has ratings, of every row (row × leaf), in millionths."""
    covered = np.zeros(len(rated), np.int64)
    for weight, leaves, own in _by_group(groups, rated):
        present = (own != NO_POINTS) @ leaves
        covered += weight * half_up(ONE * present, int(leaves.sum()))
    return half_up(covered, sum(weight for weight, _ in groups))


def raw_scores(groups: Groups, points: Ints) -> tuple[Ints, Flags]:
    """What the contributions of every row add up to, and whether there are any; 0 where not."""
    raised, total = np.zeros(len(points), np.int64), np.zeros(len(points), np.int64)
    for weight, leaves, own in _by_group(groups, points):
        present = (own != NO_POINTS) @ leaves
        raised += weight * half_up(np.maximum(own, 0) @ leaves, np.maximum(present, 1))
        total += weight * (present > 0)
    return half_up(raised, np.maximum(total, 1)), total > 0


def contributions(groups: Groups, points: Ints) -> Ints:
    """What every leaf of every row brings; the sum of a row is its raw score. 0 throughout where no leaf has points."""
    raised, total = [], np.zeros(len(points), np.int64)
    for weight, leaves, own in _by_group(groups, points):
        present = (own != NO_POINTS) @ leaves
        raised.append(weight * share(np.maximum(own, 0) * leaves, np.maximum(present, 1)))
        total += weight * (present > 0)
    return share(np.concatenate(raised, axis=1), np.maximum(total, 1))


def share(products: Ints, denominators: Ints) -> Ints:
    """Each product / the row's denominator, as integers that add up to the half-up quotient of the row's sum."""
    parts, remainders = np.divmod(products, denominators[:, None])
    missing = half_up(products.sum(axis=1), denominators) - parts.sum(axis=1)
    places = np.argsort(-remainders, axis=1, kind="stable")
    more = np.arange(products.shape[1]) < missing[:, None]
    np.put_along_axis(parts, places, np.take_along_axis(parts, places, axis=1) + more, axis=1)
    return parts


def half_up(numerators: Ints, denominator: Any) -> Ints:
    """The quotients rounded to the nearest integer, halves upwards; of numerators that are not negative."""
    quotients: Ints = (2 * numerators + denominator) // (2 * denominator)
    return quotients


def _by_group(groups: Groups, rows: Ints) -> Iterator[tuple[int, Ints, Ints]]:
    """(weight of the group, weights of its leaves, their columns)."""
    start = 0
    for weight, leaves in groups:
        yield weight, np.array(leaves, np.int64), rows[:, start : start + len(leaves)]
        start += len(leaves)
