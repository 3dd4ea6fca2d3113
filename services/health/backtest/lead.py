"""How long beforehand a score warned of those that left. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.health.backtest.outcomes import Lives
from services.health.past import day_end
from services.health.vector.board import NO_CLOSE, Board
from services.health.vector.score import UNKNOWN
from shared.clock import DAY_US

AT_RISK_BELOW = 60
"""Scores below this are at risk: from there down FC-1 promises no more than six renewals in ten."""


class Warned(NamedTuple):
    """An account that left: days from its first close at risk, and from the first of the last unbroken stretch of them,
    to its leaving. None where it never was at risk, or no longer was at the end."""

    account: int
    first: int | None
    last_stretch: int | None


class Lead(NamedTuple):
    """Of those that left: how many, how many were ever at risk, and quartiles of the days."""

    left: int
    warned: int
    first_days: tuple[float, float, float] | None
    stretch_days: tuple[float, float, float] | None


def warnings(board: Board, lives: Lives, at_risk_below: int = AT_RISK_BELOW) -> list[Warned]:
    """Every account that left while there were closes of it, in the order of the board."""
    found = []
    for place, account in enumerate(board.accounts):
        ends = [stay.end for stay in lives.get(account, ()) if stay.end is not None]
        for end in (end for end in ends if day_end(board.first_day) < end <= day_end(board.last_day)):
            found.append(_warned(board, account, board.scores[:, place], end, at_risk_below))
    return found


def _warned(board: Board, account: int, scores: NDArray[np.int8], end: int, at_risk_below: int) -> Warned:
    before = scores[: max(end // DAY_US - board.first_day, 0)]
    known = (before != NO_CLOSE) & (before != UNKNOWN)
    at_risk = known & (before < at_risk_below)
    calm = np.flatnonzero(known & ~at_risk)
    risky = np.flatnonzero(at_risk)
    since = risky[risky > (calm[-1] if len(calm) else -1)]
    first, stretch = (len(before) - int(days[0]) if len(days) else None for days in (risky, since))
    return Warned(account, first, stretch)


def lead(found: list[Warned]) -> Lead:
    """The leads in quartiles."""
    first = [one.first for one in found if one.first is not None]
    stretch = [one.last_stretch for one in found if one.last_stretch is not None]
    return Lead(len(found), len(first), _quartiles(first), _quartiles(stretch))


def _quartiles(days: list[int]) -> tuple[float, float, float] | None:
    if not days:
        return None
    low, middle, high = np.quantile(days, (0.25, 0.5, 0.75))
    return float(low), float(middle), float(high)
