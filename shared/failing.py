"""The partitions of a lane that wait on a record which fails: how often it was tried, and when to try again."""

import time
from dataclasses import dataclass

from shared.broker import Partition

_TRYING = float("inf")


@dataclass
class _Failing:
    attempts: int
    retry_at: float


def backoff(attempts: int) -> float:
    """Seconds to wait after so many failures in a row: 0.1, 0.2, 0.4 … 10."""
    return float(min(0.1 * 2 ** (attempts - 1), 10.0))


class Failures:
    """Each waiting partition rests for a while after every failure, longer each time, until its record is done."""

    def __init__(self) -> None:
        self._failing: dict[Partition, _Failing] = {}

    def add(self, partition: Partition) -> int:
        """The first record of the partition failed; how often by now."""
        attempts = self._failing[partition].attempts + 1 if partition in self._failing else 1
        self._failing[partition] = _Failing(attempts, time.monotonic() + backoff(attempts))
        return attempts

    def done(self, partition: Partition) -> None:
        """The partition goes on."""
        self._failing.pop(partition, None)

    def clear(self) -> None:
        """They are somebody else's now, or are claimed anew."""
        self._failing.clear()

    def waiting(self) -> frozenset[Partition]:
        """All of them."""
        return frozenset(self._failing)

    def resting(self) -> set[Partition]:
        """Those that are not tried yet again."""
        now = time.monotonic()
        return {p for p, failing in self._failing.items() if now < failing.retry_at < _TRYING}

    def take_due(self) -> list[Partition]:
        """Those that have rested; they are being tried from now on."""
        now = time.monotonic()
        due = [p for p, failing in self._failing.items() if failing.retry_at <= now]
        for partition in due:
            self._failing[partition].retry_at = _TRYING
        return due
