"""Every score beside what came after it: accounts at cuts, point in time. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.health.backtest.outcomes import Lives, stay_at
from services.health.past import day_end
from services.health.vector.board import Board
from services.health.vector.score import UNKNOWN
from services.health.vector.weighing import Flags, Ints
from shared.clock import DAY_US


class Pair(NamedTuple):
    """One account at one cut. `days_left`: days from the cut until it left, within the horizon, else None."""

    account: int
    day: int
    segment: str
    score: int
    days_left: int | None


@dataclass(frozen=True)
class Observations:
    """Pairs in columns. `risk`: the higher, the likelier to leave; `renewing`: whether a renewal lay within the
    horizon, as far as that is known, else True."""

    accounts: Ints
    days: Ints
    segments: NDArray[np.str_]
    scores: Ints
    left: Flags
    risk: NDArray[np.float64]
    renewing: Flags

    def __len__(self) -> int:
        return len(self.accounts)

    def where(self, flags: Flags) -> "Observations":
        """Some of them."""
        parts: list[Any] = [self.accounts, self.days, self.segments, self.scores, self.left, self.risk, self.renewing]
        return Observations(*(part[flags] for part in parts))

    @property
    def leavers(self) -> int:
        """How many accounts left within the horizon of any cut."""
        return len(np.unique(self.accounts[self.left]))


def cuts(first_day: int, last_day: int, horizon_days: int, every_days: int) -> list[int]:
    """The days at whose close scores are looked at: every so many days, the last one so early that its horizon has
    ended by `last_day`."""
    newest = last_day - horizon_days
    return sorted(range(newest, first_day - 1, -every_days))


def observe(board: Board, lives: Lives, days: Sequence[int], horizon_days: int) -> list[Pair]:
    """A pair for each account with a score at the close of each of the days that was then a customer."""
    found: list[Pair] = []
    for day, rows, scores, segments in board:
        if day in days:
            known = scores != UNKNOWN
            found += _pairs(board, lives, day, rows[known], scores[known], segments[known], horizon_days)
    return found


def _pairs(  # noqa: PLR0917
    board: Board, lives: Lives, day: int, rows: NDArray[np.intp], scores: Ints, segments: Ints, horizon_days: int
) -> Iterator[Pair]:
    at = day_end(day)
    for place, score, segment in zip(rows.tolist(), scores.tolist(), segments.tolist(), strict=True):
        account = board.accounts[place]
        stay = stay_at(lives.get(account, ()), at)
        if stay is not None:
            gone = stay.end is not None and stay.end <= at + horizon_days * DAY_US
            days_left = (stay.end - at) // DAY_US if gone and stay.end is not None else None
            yield Pair(account, day, board.names[segment], score, days_left)


def observations(pairs: Sequence[Pair], renewing: set[tuple[int, int]] | None = None) -> Observations:
    """The pairs in columns; the risk is what the score lacks to 100. `renewing`: (account, day), None for all."""
    scores = np.array([pair.score for pair in pairs], np.int64)
    return Observations(
        np.array([pair.account for pair in pairs], np.int64),
        np.array([pair.day for pair in pairs], np.int64),
        np.array([pair.segment for pair in pairs], np.str_),
        scores,
        np.array([pair.days_left is not None for pair in pairs], np.bool_),
        (100 - scores).astype(np.float64),
        np.array([renewing is None or (pair.account, pair.day) in renewing for pair in pairs], np.bool_),
    )
