"""Rejected records, for people: listed, shown, sent again, discarded."""

from collections.abc import AsyncIterator, Sequence

from shared.database import Reading, Row, Writing

_COLUMNS = (
    'id, source, topic, partition, "offset", reason, words, headers, key, value, first_received_at, rejected_at, status'
)


async def some(
    tx: Reading, *, source: str | None, reason: str | None, statuses: Sequence[str], after: int, most: int
) -> list[Row]:
    """Rejected records after an id, in the order in which they came."""
    return await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM rejected
         WHERE id > $1 AND status = ANY($2) AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR reason = $4)
         ORDER BY id LIMIT $5
        """,
        after, list(statuses), source, reason, most,
    )  # fmt: skip


async def open_records(tx: Reading) -> AsyncIterator[Row]:
    """All that are parked or held, in no order."""
    async for row in tx.stream(f"SELECT {_COLUMNS} FROM rejected WHERE status IN ('parked', 'held')", prefetch=1_000):
        yield row


async def one(tx: Reading, id: int) -> Row | None:
    """One rejected record."""
    return await tx.row(f"SELECT {_COLUMNS} FROM rejected WHERE id = $1", id)


async def counts(tx: Reading) -> list[Row]:
    """How many are parked and held, by source, topic and reason."""
    return await tx.fetch(
        """
        SELECT source, topic, reason, status, count(*) AS count, min(rejected_at) AS oldest FROM rejected
         WHERE status IN ('parked', 'held') GROUP BY source, topic, reason, status ORDER BY count(*) DESC
        """
    )


async def lock(tx: Writing, ids: Sequence[int]) -> list[Row]:
    """These records, locked until the commit, in the order in which they came."""
    return await tx.fetch(
        f"SELECT {_COLUMNS} FROM rejected WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", list(ids)
    )


async def next_held(tx: Writing, source: str, most: int) -> list[Row]:
    """The first held records of a source, locked, in the order in which they came."""
    return await tx.fetch(
        f"SELECT {_COLUMNS} FROM rejected WHERE source = $1 AND status = 'held' ORDER BY id LIMIT $2 FOR UPDATE",
        source, most,
    )  # fmt: skip


async def next_open(
    tx: Writing, source: str | None, reason: str | None, statuses: Sequence[str], *, imported: str, most: int
) -> list[Row]:
    """The first records of a source, for a reason, or both, that nobody has dealt with, locked; but for rows of files,
    whose topic is called `imported`."""
    return await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM rejected
         WHERE status = ANY($1) AND ($2::text IS NULL OR source = $2) AND ($3::text IS NULL OR reason = $3)
           AND topic <> $4
         ORDER BY id LIMIT $5 FOR UPDATE
        """,
        list(statuses), source, reason, imported, most,
    )  # fmt: skip


async def mark(tx: Writing, ids: Sequence[int], status: str) -> int:
    """Sets the status of records; how many."""
    return await tx.execute("UPDATE rejected SET status = $2 WHERE id = ANY($1::bigint[])", list(ids), status)


async def release(tx: Writing, source: str) -> bool:
    """Ends the hold of a source. False when it was not held."""
    return bool(
        await tx.execute(
            "UPDATE sources SET held_since = NULL, rejects_in_a_row = 0 WHERE source = $1 AND held_since IS NOT NULL",
            source,
        )
    )


async def has_any(tx: Reading, source: str) -> bool:
    """Whether any record of a source was ever rejected."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM rejected WHERE source = $1)", source))
