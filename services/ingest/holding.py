"""When a source's records are held: after a run of rejects, or a batch full of them. Pure.

One bad record is parked and the rest go on. Hundreds in a row mean that the source has changed its language:
parking them one by one would lose their order, so the source is held until a person replays it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_FOR_A_RATIO = 200
"""Batches with fewer records of a source say nothing about its ratio of rejects."""


@dataclass(frozen=True)
class SourceState:
    """How a source has been doing. Held since an instant (µs), or not."""

    rejects_in_a_row: int = 0
    held_since: int | None = None

    @property
    def held(self) -> bool:
        """Whether its records are to be held, not translated."""
        return self.held_since is not None


def after_batch(
    state: SourceState, outcomes: Sequence[bool], *, hold_after: int, hold_ratio: float, now: int
) -> SourceState:
    """The state after a batch's outcomes for this source, in order; True is accepted. Holding does not end by
    itself: a person ends it by replaying or discarding what is held."""
    if all(outcomes):
        return SourceState(0 if outcomes else state.rejects_in_a_row, state.held_since)
    longest, trailing = _runs(state.rejects_in_a_row, outcomes)
    if state.held:
        return SourceState(trailing, state.held_since)
    rejected = len(outcomes) - sum(outcomes)
    crowded = len(outcomes) >= LEAST_FOR_A_RATIO and rejected >= hold_ratio * len(outcomes)
    return SourceState(trailing, now if crowded or longest >= hold_after else None)


def _runs(before: int, outcomes: Sequence[bool]) -> tuple[int, int]:
    """The longest run of rejects that this batch made longer, and the run that it ends in."""
    longest, run = 0, before
    for accepted in outcomes:
        run = 0 if accepted else run + 1
        longest = longest if accepted else max(longest, run)
    return longest, run
