"""What imports need to know and to leave: what rows told, how far a file was read, which ids are taken, which rows
were rejected."""

import datetime as dt
from collections.abc import Mapping, Sequence

from shared.clock import from_us
from shared.database import Reading, Writing
from shared.outbox import pack_headers
from shared.parking import Parked


async def told_before(tx: Reading, rows: Sequence[bytes]) -> dict[bytes, tuple[str, dt.datetime]]:
    """What the newest export told of each of these rows, and when that export was."""
    found = await tx.fetch("SELECT id, told, exported_at FROM imported_rows WHERE id = ANY($1::bytea[])", list(rows))
    return {row["id"]: (row["told"], row["exported_at"]) for row in found}


async def note_told(tx: Writing, told: Mapping[bytes, str], exported_at: dt.datetime) -> None:
    """Notes what an export tells of rows; what a later one told stays."""
    ordered = sorted(told)
    await tx.execute(
        """
        INSERT INTO imported_rows AS r (id, told, exported_at)
        SELECT id, told, $3 FROM unnest($1::bytea[], $2::text[]) AS t(id, told)
        ON CONFLICT (id) DO UPDATE SET told = excluded.told, exported_at = excluded.exported_at
         WHERE r.exported_at < excluded.exported_at
        """,
        ordered, [told[row] for row in ordered], exported_at,
    )  # fmt: skip


async def note_reached(tx: Writing, bookmark: bytes, told: str, exported_at: dt.datetime) -> None:
    """Notes how far an import has come with a file, in the place of what was noted before."""
    await tx.execute(
        """
        INSERT INTO imported_rows (id, told, exported_at) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET told = excluded.told, exported_at = excluded.exported_at
        """,
        bookmark, told, exported_at,
    )  # fmt: skip


async def forget_reached(tx: Writing, bookmarks: Sequence[bytes]) -> None:
    """Forgets how far imports had come, because they are done."""
    await tx.execute("DELETE FROM imported_rows WHERE id = ANY($1::bytea[])", list(bookmarks))


async def park_rows(tx: Writing, parked: Sequence[Parked], now: dt.datetime) -> int:
    """Keeps rejected rows, each once however often it is imported; how many are new."""
    return await tx.execute(
        """
        INSERT INTO rejected (source, topic, partition, "offset", reason, words, headers, key, value,
                              first_received_at, rejected_at, status)
        SELECT source, 'import', 0, line, reason, words, headers, key, value, received, $9,
               CASE WHEN value = '' THEN 'discarded' ELSE 'parked' END
          FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[],
                      $8::timestamptz[])
               AS p(source, line, reason, words, headers, key, value, received)
        ON CONFLICT (source, key, md5(value)) WHERE topic = 'import' DO NOTHING
        """,
        [p.source for p in parked],
        [p.record.offset for p in parked],
        [str(p.reason) for p in parked],
        [p.words[:1000] for p in parked],
        [pack_headers(p.record.headers) for p in parked],
        [p.record.key for p in parked],
        [p.record.value for p in parked],
        [from_us(p.received) for p in parked],
        now,
    )


async def release_rows(tx: Writing, source: str, keys: Sequence[bytes]) -> int:
    """Marks parked rows as replayed, because an import has taken what they stand for; how many."""
    return await tx.execute(
        """
        UPDATE rejected SET status = 'replayed'
         WHERE topic = 'import' AND source = $1 AND key = ANY($2::bytea[]) AND status = 'parked'
        """,
        source, list(keys),
    )  # fmt: skip


async def accounts_of(tx: Reading, source: str) -> list[int]:
    """The accounts that a source has told of, by id."""
    rows = await tx.fetch("SELECT DISTINCT account_id FROM events WHERE source = $1 ORDER BY account_id", source)
    return [row["account_id"] for row in rows]
