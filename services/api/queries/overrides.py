"""Questions about overrides: what people have set scores to."""

import datetime as dt
from uuid import UUID

from services.api.cursors import After, page, read_cursor, write_cursor
from services.api.schemas import Override, Page
from services.health.overrides import decode, in_force
from shared.clock import from_us, to_us
from shared.database import Reading

_COLUMNS = "id, value, author, reason, set_at, expires_at, ended_at, ended_because"


class SetAt(After, array_like=True, frozen=True):
    """Overrides, the newest first."""

    at: dt.datetime
    id: UUID


def override_in_force(kept: bytes | None, now: dt.datetime) -> Override | None:
    """The one that is kept beside a score, if it is in force."""
    found = in_force([decode(kept or b"")], to_us(now))
    if found is None:
        return None
    return Override(
        id=found.id, value=found.value, author=found.author, reason=found.reason, set_at=from_us(found.since),
        expires_at=from_us(found.until), ended_at=None, ended_because=None,
    )  # fmt: skip


async def list_overrides(tx: Reading, account: int, limit: int, cursor: str | None) -> Page[Override]:
    """All that the account ever had, the newest first. The caller has seen to `must_see`."""
    after = read_cursor(cursor, SetAt)
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM overrides
         WHERE account_id = $1 AND ($2::timestamptz IS NULL OR (set_at, id) < ($2, $3::uuid))
         ORDER BY set_at DESC, id DESC LIMIT $4
        """,
        account, after and after.at, after and after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    next_ = last and write_cursor(SetAt(last["set_at"], last["id"]))
    return Page(data=[Override(**dict(row)) for row in found], next=next_)
