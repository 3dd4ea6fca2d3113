"""The crossings of a walk in the words that everybody reads, each with what became of its account. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from services.health.model import UNKNOWN as UNKNOWN_BAND
from services.health.model import Model
from services.health.past import day_end
from services.health.vector.board import NO_CLOSE, Board
from services.health.vector.score import UNKNOWN
from services.health.whatif.walk import Crossed
from shared import contracts
from shared.clock import DAY_US, from_us


class Later(NamedTuple):
    """What the score was from a close (µs) on."""

    at: int
    score: int | None
    band: str


class Told(NamedTuple):
    """A crossing that would have been told, the account's segment then, and every other score that came after it."""

    crossing: contracts.Crossing
    segment: str
    later: Sequence[Later]


def told(model: Model, board: Board, crossings: Sequence[Crossed]) -> Iterator[Told]:
    """The crossings, in their order."""
    places = {account: place for place, account in enumerate(board.accounts)}
    for crossed in crossings:
        yield Told(_told(model, crossed), crossed.segment, _later(model, board, places[crossed.account], crossed.at))


def _told(model: Model, crossed: Crossed) -> contracts.Crossing:
    crossing = crossed.crossing
    return contracts.Crossing(
        crossing_id=str(crossing.id),
        account_id=crossed.account,
        episode_id=str(crossing.episode.id),
        model=model.key,
        from_band=crossing.from_band,
        to_band=crossing.to_band,
        direction=crossing.direction,
        score=crossed.score,
        previous_score=crossed.previous_score,
        lower_bound=crossing.lower_bound,
        at=from_us(crossed.at),
        causes=[],
    )


def _later(model: Model, board: Board, place: int, at: int) -> list[Later]:
    first = at // DAY_US - board.first_day
    scores = board.scores[first:, place].astype(np.int64)
    changed = np.flatnonzero((scores[1:] != scores[:-1]) & (scores[1:] != NO_CLOSE)) + 1
    return [
        Later(day_end(board.first_day + first + int(day)), *_standing(model, int(scores[day]))) for day in changed
    ]  # fmt: skip


def _standing(model: Model, score: int) -> tuple[int | None, str]:
    return (None, UNKNOWN_BAND) if score == UNKNOWN else (score, model.plan.bands[score])
