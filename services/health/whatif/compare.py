"""Two scores of the same accounts beside each other: the one that stands and that of a draft. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from services.health.model import UNKNOWN, Model
from services.health.vector.score import Scored

Direction = Literal["up", "down", "known", "unknown"]
"""Of a change of band; `known` out of `unknown`, and `unknown` into it."""


class Standing(NamedTuple):
    """An account as it stands: `depth` is how far down its band lies, from 0, the best, to 1, the worst."""

    account: int
    segment: str
    score: int | None
    band: str
    depth: float


class Move(NamedTuple):
    """An account whose band would be another."""

    account: int
    segment: str
    from_score: int | None
    from_band: str
    to_score: int | None
    to_band: str
    direction: Direction


@dataclass(frozen=True)
class Spread:
    """How many accounts are in each band, before and after."""

    before: Counter[str]
    after: Counter[str]


@dataclass(frozen=True)
class Comparison:
    """What a draft changes. `moves`: the deepest falls first; `segments` add up to `spread`."""

    accounts: int
    moves: list[Move]
    spread: Spread
    segments: dict[str, Spread]

    def count(self, direction: Direction) -> int:
        """How many move that way."""
        return sum(move.direction == direction for move in self.moves)


def compare(standing: Sequence[Standing], scored: Scored) -> Comparison:
    """What changes for these accounts; row i of `scored` is the draft's score of `standing[i]`."""
    after = list(_after(scored))
    spread, segments = Spread(Counter(), Counter()), dict[str, Spread]()
    for before, (_, band) in zip(standing, after, strict=True):
        for one in (spread, segments.setdefault(before.segment, Spread(Counter(), Counter()))):
            one.before[before.band] += 1
            one.after[band] += 1
    moves = [
        Move(b.account, b.segment, b.score, b.band, score, band, _direction(scored.model, b, score, band))
        for b, (score, band) in zip(standing, after, strict=True)
        if b.band != band
    ]
    moves.sort(key=lambda move: ((move.to_score or 0) - (move.from_score or 0), move.account))
    return Comparison(len(standing), moves, spread, dict(sorted(segments.items())))


def depth(model: Model, band: str) -> float:
    """How far down a band of the model lies: 0 the best, 1 the worst; 1 for what it has not."""
    names = [known.name for known in model.bands]
    return names.index(band) / max(len(names) - 1, 1) if band in names else 1.0


def _after(scored: Scored) -> Iterator[tuple[int | None, str]]:
    names = np.array([*(band.name for band in scored.model.bands), UNKNOWN])
    for score, band in zip(scored.score.tolist(), names[scored.band].tolist(), strict=True):
        yield (score if score >= 0 else None), band


def _direction(draft: Model, before: Standing, score: int | None, band: str) -> Direction:
    """By the score; where that is the same, by how far down the band lies among those of its model."""
    if before.score is None or score is None:
        return "known" if before.score is None else "unknown"
    if score != before.score:
        return "up" if score > before.score else "down"
    return "up" if depth(draft, band) < before.depth else "down"
