"""Questions about who is who: what waits, and which claims were not believed."""

from services.api.cursors import After, page, read_cursor, write_cursor
from services.api.schemas import Page
from services.api.schemas.identity import IdentityConflict, UnmatchedKey
from services.ingest.identity import remedy
from services.ingest.store import unmatched
from shared.database import Reading, Row


class ByKey(After, array_like=True, frozen=True):
    """Ids in their order."""

    source: str
    external_id: str
    account: int = 0


async def list_unmatched(tx: Reading, source: str | None, limit: int, cursor: str | None) -> Page[UnmatchedKey]:
    """The ids that events wait under, in their order."""
    after = read_cursor(cursor, ByKey) or ByKey("", "")
    rows = await unmatched.keys(tx, source=source, after=(after.source, after.external_id), most=limit + 1)
    found, last = page(rows, limit)
    return Page(
        data=[_waiting(row) for row in found],
        next=last and write_cursor(ByKey(last["account_source"], last["account_key"])),
    )


def _waiting(row: Row) -> UnmatchedKey:
    plain = ("events", "types", "first_at", "last_at", "waiting_since", "accounts")
    told = {name: row[name] for name in plain}
    return UnmatchedKey(source=row["account_source"], external_id=row["account_key"], **told)


async def list_conflicts(tx: Reading, limit: int, cursor: str | None) -> Page[IdentityConflict]:
    """Claims that are still in the way, in the order of their ids."""
    after = read_cursor(cursor, ByKey) or ByKey("", "")
    rows = await unmatched.conflicts(tx, after=(after.source, after.external_id, after.account), most=limit + 1)
    found, last = page(rows, limit)
    plain = ("source", "external_id", "claimed_by", "linked_to", "kind", "first_at", "last_at", "times")
    return Page(
        data=[
            IdentityConflict(event_id=row["event_id"].hex(), remedy=remedy(row), **{name: row[name] for name in plain})
            for row in found
        ],
        next=last and write_cursor(ByKey(last["source"], last["external_id"], last["claimed_by"])),
    )


async def days_to_clean(tx: Reading) -> int:
    """How many days of the archive have files that may still name somebody who was forgotten."""
    found: int = await tx.value(
        """
        SELECT count(DISTINCT s.day) FROM archive_stale s
         WHERE EXISTS (SELECT FROM archive_files f WHERE f.kind = s.kind AND f.day = s.day)
        """
    )
    return found
