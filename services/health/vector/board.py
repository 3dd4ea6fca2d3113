"""A board: the scores of a model at the close of every day, of many accounts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.health.vector.weighing import Ints

NO_CLOSE = -2
"""In place of the score of a day that was not closed for an account."""


@dataclass(frozen=True)
class Board:
    """The scores of accounts at the close of each day from `first_day` on: day × account, UNKNOWN and NO_CLOSE among
    them. `segments` are codes of `names`, of each day too."""

    accounts: Sequence[int]
    first_day: int
    scores: NDArray[np.int8]
    segments: NDArray[np.int8]
    names: Sequence[str]

    @property
    def last_day(self) -> int:
        """The last day that may have closes."""
        return self.first_day + len(self.scores) - 1

    def __iter__(self) -> Iterator[tuple[int, NDArray[np.intp], Ints, Ints]]:
        """Each day with closes: the day, which accounts (places), their scores and segments."""
        for offset, scores in enumerate(self.scores):
            rows = np.flatnonzero(scores != NO_CLOSE)
            if len(rows):
                segments = self.segments[offset, rows].astype(np.int64)
                yield self.first_day + offset, rows, scores[rows].astype(np.int64), segments


def blank(accounts: Sequence[int], first_day: int, last_day: int, names: Sequence[str]) -> Board:
    """A board without closes."""
    shape = (max(last_day - first_day + 1, 0), len(accounts))
    return Board(accounts, first_day, np.full(shape, NO_CLOSE, np.int8), np.zeros(shape, np.int8), names)
