"""The lists for reading: the customer record as rows. One module a room.

Rows depend on which events were told, not on the order in which they came, and know nothing of the bounds of facts.
"""

from collections.abc import Sequence

from services.ingest.store.lists import accounts, interactions, people, plans, revenue, support
from services.ingest.store.lists.telling import Telling
from shared.database import Writing
from shared.facts import Event, Facts

Touched = Sequence[tuple[int, Facts, Sequence[Event]]]
"""(account, its new facts, the events that were folded in), for the accounts of a batch."""

TABLES = (
    *accounts.TABLES, *people.TABLES, *plans.TABLES, *interactions.TABLES, *support.TABLES, *revenue.TABLES
)  # fmt: skip
"""Each has a column `account_id`, and may be emptied of an account that is then told anew."""


async def save_all(tx: Writing, touched: Touched) -> None:
    """Brings the lists up to what the events tell. The accounts are locked."""
    telling = Telling(touched)
    for room in (accounts, people, plans, interactions, support, revenue):
        if telling.has(room.KINDS):
            await room.save(tx, telling)
