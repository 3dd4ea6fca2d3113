"""The arithmetic of scores, in integers: millionths of a point, shared out so that the parts add up exactly.

A division is rounded half up once, for the whole; its parts are rounded by largest remainder, the first in order
among equals. Points are at most 100_000_000, weights at most 10_000, groups at most 16, leaves at most 64 a group,
so that every product and sum stays below 2^63: numpy's int64 gives the same digits.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

ONE = 1_000_000
MOST_POINTS = 100 * ONE
MOST_WEIGHT = 10_000
MOST_GROUPS = 16
MOST_LEAVES = 64

Groups = Sequence[tuple[int, Sequence[int]]]
"""(weight of the group, weights of its leaves), in the model's order."""

Rated = tuple[int | None, ...]
"""The points of every leaf, in millionths; None without data."""


class Weighed(NamedTuple):
    """What ratings come to. `points` are the ratings with their stand-ins; `parts` add up to the raw score, and are
    None when no leaf has points; `coverage` is the share of the weight that had data. All in millionths."""

    coverage: int
    points: Rated
    parts: tuple[int, ...] | None


def weighing(groups: Groups, stand_ins: Rated, remembered: int = 8_192) -> Callable[[Rated], Weighed]:
    """A function that weighs ratings. It remembers its last answers: accounts often have the same points."""

    @lru_cache(maxsize=remembered)
    def weigh(rated: Rated) -> Weighed:
        points = tuple(instead if own is None else own for own, instead in zip(rated, stand_ins, strict=True))
        return Weighed(coverage(groups, rated), points, contributions(groups, points))

    return weigh


def contributions(groups: Groups, points: Rated) -> tuple[int, ...] | None:
    """What every leaf brings to the score; the sum is the raw score. None when no leaf has points.

    A leaf without points gives its weight to its group, a group without any to the other groups.
    """
    raised: list[int] = []
    total_weight = 0
    for weight, leaf_weights in groups:
        own = points[len(raised) : len(raised) + len(leaf_weights)]
        present = sum(leaf for leaf, rated in zip(leaf_weights, own, strict=True) if rated is not None)
        products = [leaf * (rated or 0) for leaf, rated in zip(leaf_weights, own, strict=True)]
        raised += [weight * part for part in share(products, present)] if present else products
        total_weight += weight if present else 0
    return tuple(share(raised, total_weight)) if total_weight else None


def share(products: Sequence[int], denominator: int) -> list[int]:
    """Each product / denominator, as integers that add up to the half-up quotient of their sum."""
    parts = [product // denominator for product in products]
    missing = half_up(sum(products), denominator) - sum(parts)
    if missing:
        remainders = [-(product % denominator) for product in products]
        for i in sorted(range(len(parts)), key=remainders.__getitem__)[:missing]:
            parts[i] += 1
    return parts


def coverage(groups: Groups, rated: Rated) -> int:
    """The share of the weight that has ratings, in millionths."""
    covered = start = 0
    for weight, leaf_weights in groups:
        present = sum(leaf for i, leaf in enumerate(leaf_weights, start) if rated[i] is not None)
        covered += weight * half_up(ONE * present, sum(leaf_weights))
        start += len(leaf_weights)
    return half_up(covered, sum(weight for weight, _ in groups))


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest integer, halves upwards (ERR-5)."""
    return (2 * numerator + denominator) // (2 * denominator)


def rounded(millionths: int) -> int:
    """The score that people see: whole points, half up, before banding (ERR-5, FX-3)."""
    return half_up(millionths, ONE)
