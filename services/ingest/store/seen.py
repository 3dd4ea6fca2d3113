"""Which events were seen before."""

import datetime as dt
from collections.abc import Collection, Iterable

from shared.database import Reading, Writing


async def remember(tx: Writing, ids: Iterable[bytes], today: dt.date, *, keep: bool) -> set[bytes]:
    """Records distinct ids, in sorted order so that workers with common duplicates do not deadlock; those that were
    known before."""
    ordered = sorted(ids)
    new = await tx.execute(
        """
        INSERT INTO seen (id, seen_on, keep)
        SELECT substring($1::bytea FROM start FOR 16), $3, $4 FROM generate_series(1, $2::int, 16) AS start
            ON CONFLICT DO NOTHING
        """,
        b"".join(ordered), 16 * len(ordered), today, keep,
    )  # fmt: skip
    if new == len(ordered):
        return set()
    rows = await tx.fetch(
        "SELECT id FROM seen WHERE id = ANY($1::bytea[]) AND xmin = pg_current_xact_id()::xid", ordered
    )
    return set(ordered).difference([row["id"] for row in rows])


async def forget(tx: Writing, before: dt.date, spared: Collection[bytes] = ()) -> int:
    """Deletes ids first seen before a day, but for imported ones, those of events that wait, and the `spared`."""
    return await tx.execute(
        """
        DELETE FROM seen s
         WHERE s.seen_on < $1 AND NOT s.keep
           AND NOT EXISTS (SELECT FROM unmatched u WHERE u.id = s.id)
           AND NOT EXISTS (SELECT FROM unnest($2::bytea[]) AS spared WHERE spared = s.id)
        """,
        before, list(spared),
    )  # fmt: skip


async def has_any(tx: Reading, before: dt.date) -> bool:
    """Whether there are ids first seen before a day that are not kept for ever."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM seen WHERE seen_on < $1 AND NOT keep)", before))
