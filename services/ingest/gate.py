"""What every batch passes before it places events: nobody changes meanwhile what keys mean or who is forgotten.

Batches pass together. A batch, or a person, that decides who is who passes alone: it waits for the batches in flight,
and those that come wait for it. So a batch never folds into an account that has just been merged away, and never
keeps the name of somebody who has just been erased.
"""

from services.ingest.memory import Memory
from services.ingest.store import forgotten, gate
from shared.database import Writing


async def enter(tx: Writing, memory: Memory, *, alone: bool) -> None:
    """Passes, and forgets what is stale in memory."""
    state = await gate.pass_through(tx, alone=alone)
    if state.changes != memory.changes:
        memory.keys.clear()
        memory.changes = state.changes
    if state.erased != memory.erased.count:
        memory.erased = await forgotten.load(tx)
