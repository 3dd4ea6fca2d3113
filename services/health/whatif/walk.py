"""A draft on its walk over the day closes: the episodes it would have opened and its crossings. Pure.

Whoever stays quietly in the band of their episode is known to by numpy; all others go through `crossings`, the machine
that serves the live scores, with the instant of the close as `now`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.health import crossings
from services.health.assess import Assessment
from services.health.crossings import Crossing, Standing
from services.health.model import UNKNOWN as UNKNOWN_BAND
from services.health.model import Model
from services.health.vector.score import UNKNOWN
from services.health.vector.weighing import Ints

_NOBODY = Standing()


class Crossed(NamedTuple):
    """A crossing that would have been, of an account, at a close (µs)."""

    account: int
    segment: str
    crossing: Crossing
    score: int
    previous_score: int | None
    at: int


class Walk:
    """Where every account stands under a model, from close to close. `segments` are the names of the codes."""

    def __init__(self, model: Model, accounts: Sequence[int], segments: Sequence[str]) -> None:
        self._model = model
        self._accounts = accounts
        self._segments = segments
        self._standings = [_NOBODY] * len(accounts)
        self._held = np.full(len(accounts), UNKNOWN, np.int64)
        self._restless = np.ones(len(accounts), np.bool_)
        self._score = np.full(len(accounts), UNKNOWN, np.int64)
        self._segment = np.full(len(accounts), UNKNOWN, np.int64)

    def close(self, at: int, rows: NDArray[np.intp], scores: Ints, bands: Ints, segments: Ints) -> list[Crossed]:
        """The crossings of a day's close; `rows` are the places of the accounts that have one. Days must ascend."""
        moved = (segments != self._segment[rows]) & (self._segment[rows] != UNKNOWN)
        asked = self._restless[rows] | (bands != self._held[rows]) | moved
        found = [
            self._one(at, int(rows[i]), int(scores[i]), int(segments[i]), anew=bool(moved[i]))
            for i in np.flatnonzero(asked)
        ]
        self._score[rows], self._segment[rows] = scores, segments
        return [crossed for crossed in found if crossed is not None]

    def _one(self, at: int, place: int, score: int, segment: int, *, anew: bool) -> Crossed | None:
        account, held = self._accounts[place], self._standings[place]
        assessment = _assessment(self._model, self._segments[segment], score)
        crossing = None
        if not anew:
            standing, crossing = crossings.cross(held, self._model, assessment, account, at)
        elif held.episode and assessment.band in (held.episode.band, UNKNOWN_BAND):
            standing = Standing(held.episode, suspended=assessment.score is None)
        else:
            standing = crossings.rebase(self._model, assessment, account, at)
        self._keep(place, standing)
        if crossing is None:
            return None
        previous = int(self._score[place])
        told = None if previous == UNKNOWN else previous
        return Crossed(account, self._segments[segment], crossing, score, told, at)

    def _keep(self, place: int, standing: Standing) -> None:
        self._standings[place] = standing
        names = [band.name for band in self._model.bands]
        self._held[place] = names.index(standing.episode.band) if standing.episode else UNKNOWN
        self._restless[place] = standing.suspended or standing.pending_band is not None or standing.episode is None


def _assessment(model: Model, segment: str, score: int) -> Assessment:
    """As much of an assessment as a crossing reads."""
    if score == UNKNOWN:
        return Assessment(model.key, segment, None, None, 0, UNKNOWN_BAND, [], None, 0, 0)
    return Assessment(model.key, segment, score, None, 0, model.plan.bands[score], [], None, 0, 0)
