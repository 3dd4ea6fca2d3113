"""The gate between batches, which place events, and decisions that change what known keys mean."""

from typing import NamedTuple

from shared.database import Reading, Writing

_GATE = 7_305_811_003  # any number that nobody else uses


class State(NamedTuple):
    """How often known keys have changed their meaning, and how many digests of erased people there are."""

    changes: int
    erased: int


async def pass_through(tx: Writing, *, alone: bool) -> State:
    """Waits until nobody decides (`alone`: until nobody places either); what holds until this commit."""
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    await tx.value(f"SELECT {lock}($1)", _GATE)
    return await state(tx)


async def state(tx: Reading) -> State:
    """What a batch compares its memory with."""
    row = await tx.row("SELECT (SELECT coalesce(max(n), 0) FROM identity_changes), (SELECT count(*) FROM erased)")
    return State(*row) if row else State(0, 0)
