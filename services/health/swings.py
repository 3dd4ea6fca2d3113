"""Swings of the score: how far it lies from the greatest and the least of a window (ERR-6, TR-S2-1, TR-S3-3). Pure.

The window is in the history, which is dear to read. So what is kept beside an account is how far its score can have
been at most since the history was last read: as long as not even that is a swing, nothing need be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

import msgspec

from services.health.detectors.finding import Finding
from services.health.signal_files import SignalFile


class Range(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Between which scores of a model (a number that stands for it) the score has been, at most."""

    model: int
    low: int = 0
    high: int = 100

    @classmethod
    def unread(cls, model: str) -> "Range":
        """Where there may be any history."""
        return cls(crc32(model.encode()))

    def wider(self, model: str, score: int | None) -> "Range":
        """With another score; of another model, that alone: scores of two models are not compared (ERR-8)."""
        number = crc32(model.encode())
        if number != self.model:
            return Range(number) if score is None else Range(number, score, score)
        if score is None or self.low <= score <= self.high:
            return self
        return Range(number, min(self.low, score), max(self.high, score))


UNKNOWN = Range(0)
"""Before anything was seen: a first score is compared with nothing."""


class Extremes(NamedTuple):
    """The least and the greatest score of a window."""

    low: int
    high: int


def may_swing(files: Sequence[SignalFile], known: Range, score: int | None) -> bool:
    """Whether the score can have swung, as far as is known without the history."""
    return score is not None and any(_size(file, known, score) is not None for file in files)


def swing_of(
    file: SignalFile, seen: Mapping[int, Extremes], score: int | None, events: tuple[bytes, ...], at: int
) -> Iterator[Finding]:
    """The swing that holds, if any; `seen` are the extremes by the length of their window."""
    found = seen.get(file.window_days or 0)
    size = None if found is None or score is None else _size(file, found, score)
    if found is not None and size is not None:
        edge = found.high if file.swing == "down" else found.low
        verb = "fell" if file.swing == "down" else "rose"
        words = f"The score {verb} from {edge} to {score} within {file.window_days} days"
        yield Finding("", size, words, events, at, {"score": float(score or 0), "reference": float(edge)})


def _size(file: SignalFile, known: Range | Extremes, score: int) -> float | None:
    """By how many points it swung in the file's direction; None where that is of no severity."""
    size = known.high - score if file.swing == "down" else score - known.low
    return None if file.severity(size) is None else size
