"""When a source's records are held: after a run of rejects, or a batch full of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceState:
    """How a source has been doing. Held since an instant (µs), or not."""

    rejects_in_a_row: int = 0
    held_since: int | None = None


def after_batch(
    state: SourceState, outcomes: Sequence[bool], *, hold_after: int, hold_ratio: float, now: int
) -> SourceState:
    """The state after a batch's outcomes for this source, in order; True is accepted."""
    raise NotImplementedError
