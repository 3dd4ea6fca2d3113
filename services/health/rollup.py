"""The score of a company out of those of its accounts, weighted by what they pay. Pure.

Whoever pays more counts more; who pays nothing, and whose score is not known, does not count. In whole millionths,
shared out so that the parts add up (see `scoring`).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from services.health.scoring import ONE, rounded, share

LeftOut = Literal["no score", "no revenue"]


class Member(NamedTuple):
    """An account of the company: the score that counts, and its annual recurring revenue in millionths."""

    account: int
    score: int | None
    arr: int | None


class Part(NamedTuple):
    """What one account brings: its share of the revenue that counts, and its points, both in millionths. `left_out`:
    why it brings nothing, where it does not count."""

    account: int
    weight: int
    points: int
    left_out: LeftOut | None


class Rollup(NamedTuple):
    """The whole: `raw` = Σ points; None where no account counts. `parts` in the order of the members; `arr` is the
    revenue that counts."""

    score: int | None
    raw: int | None
    arr: int
    parts: tuple[Part, ...]


def roll_up(members: Sequence[Member]) -> Rollup:
    """The revenue-weighted score of the members. The weights add up to one, the points to the sum."""
    counting = [0 if _left_out(one) else one.arr or 0 for one in members]
    arr = sum(counting)
    if not arr:
        return Rollup(None, None, 0, tuple(Part(one.account, 0, 0, _left_out(one)) for one in members))
    weights = share([ONE * revenue for revenue in counting], arr)
    points = share(
        [ONE * revenue * (one.score or 0) for revenue, one in zip(counting, members, strict=True)], arr
    )  # fmt: skip
    parts = tuple(
        Part(one.account, weight, brought, _left_out(one))
        for one, weight, brought in zip(members, weights, points, strict=True)
    )
    return Rollup(rounded(sum(points)), sum(points), arr, parts)


def _left_out(one: Member) -> LeftOut | None:
    if one.score is None:
        return "no score"
    return None if one.arr and one.arr > 0 else "no revenue"
