"""The arithmetic of scores, in integers: millionths of a point, shared out so that the parts add up exactly.

A division is rounded half up once, for the whole; its parts are rounded by largest remainder, the first in order
among equals. Points are at most 100_000_000, weights at most 10_000, groups at most 16, leaves at most 64 a group,
so that every product and sum stays below 2^63: numpy's int64 gives the same digits.
"""

from collections.abc import Sequence

ONE = 1_000_000
MOST_POINTS = 100 * ONE
MOST_WEIGHT = 10_000
MOST_GROUPS = 16
MOST_LEAVES = 64

Groups = Sequence[tuple[int, Sequence[int]]]
"""(weight of the group, weights of its leaves), in the model's order."""


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest integer, halves upwards (ERR-5)."""
    return (2 * numerator + denominator) // (2 * denominator)


def share(products: Sequence[int], denominator: int) -> list[int]:
    """Each product / denominator, as integers that add up to the half-up quotient of their sum."""
    parts = [product // denominator for product in products]
    missing = half_up(sum(products), denominator) - sum(parts)
    if missing:
        by_remainder = sorted(range(len(products)), key=lambda i: -(products[i] % denominator))
        for i in by_remainder[:missing]:
            parts[i] += 1
    return parts


def contributions(groups: Groups, points: Sequence[int | None]) -> list[int] | None:
    """What every leaf brings to the score, in millionths; their sum is the raw score. None when no leaf has points.

    A leaf without points gives its weight to its group, a group without any to the other groups.
    """
    raised = [0] * len(points)
    total_weight = 0
    start = 0
    for weight, leaf_weights in groups:
        present = [i for i, _ in enumerate(leaf_weights, start) if points[i] is not None]
        if present:
            products = [(points[i] or 0) * leaf_weights[i - start] for i in present]
            parts = share(products, sum(leaf_weights[i - start] for i in present))
            for i, part in zip(present, parts, strict=True):
                raised[i] = part * weight
            total_weight += weight
        start += len(leaf_weights)
    return share(raised, total_weight) if total_weight else None


def coverage(groups: Groups, known: Sequence[bool]) -> int:
    """The share of the weight that had data, in millionths."""
    covered = start = 0
    for weight, leaf_weights in groups:
        present = sum(leaf for i, leaf in enumerate(leaf_weights, start) if known[i])
        covered += weight * half_up(ONE * present, sum(leaf_weights))
        start += len(leaf_weights)
    return half_up(covered, sum(weight for weight, _ in groups))


def rounded(millionths: int) -> int:
    """The score that people see: whole points, half up, before banding (ERR-5, FX-3)."""
    return half_up(millionths, ONE)
