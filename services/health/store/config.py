"""What is in force, and what was: revisions of the configuration and their documents; the columns of day closes."""

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from services.health.columns import Column
from services.health.configuration import Document
from shared.database import Reading, Writing


class Mark(NamedTuple):
    """The newest revision (0 when there is none) and how many columns there are: equal marks mean equal rules."""

    revision: int
    columns: int


class Revision(NamedTuple):
    """A configuration that was put in force; the newest one is."""

    id: int
    applied_at: dt.datetime
    applied_by: str
    words: str
    documents: list[bytes]


async def mark(reading: Reading) -> Mark:
    """What is in force, at a glance."""
    row = await reading.row(
        "SELECT (SELECT coalesce(max(id), 0) FROM config_revisions), (SELECT count(*) FROM measure_columns)"
    )
    assert row is not None
    return Mark(row[0], row[1])


async def revisions(reading: Reading, most: int = 50) -> list[Revision]:
    """The newest revisions, the newest first."""
    rows = await reading.fetch(
        "SELECT id, applied_at, applied_by, words, documents FROM config_revisions ORDER BY id DESC LIMIT $1", most
    )
    return [Revision(*row) for row in rows]


async def revision(reading: Reading, number: int) -> Revision | None:
    """One revision, or None."""
    row = await reading.row(
        "SELECT id, applied_at, applied_by, words, documents FROM config_revisions WHERE id = $1", number
    )
    return Revision(*row) if row else None


async def contents(reading: Reading, digests: Collection[bytes] | None = None) -> list[tuple[str, str, Any]]:
    """(kind, name, content) of documents, of all that ever were in force when None."""
    rows = await reading.fetch(
        """
        SELECT kind, name, content FROM config_documents
         WHERE $1::bytea[] IS NULL OR digest = ANY($1) ORDER BY digest
        """,
        None if digests is None else list(digests),
    )
    return [(row["kind"], row["name"], json.loads(row["content"])) for row in rows]


async def put_in_force(tx: Writing, documents: Sequence[Document], *, by: str, words: str, now: dt.datetime) -> int:
    """A new revision of these documents; its number. Whoever assesses meanwhile waits, and then goes by it."""
    await tx.execute("LOCK TABLE config_revisions IN SHARE ROW EXCLUSIVE MODE")
    await tx.execute(
        """
        INSERT INTO config_documents (digest, kind, name, content)
        SELECT digest, kind, name, content::jsonb
          FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[]) AS new(digest, kind, name, content)
        ON CONFLICT DO NOTHING
        """,
        [one.digest for one in documents], [one.key.kind for one in documents],
        [one.key.name for one in documents], [one.text for one in documents],
    )  # fmt: skip
    number: int = await tx.value(
        """
        INSERT INTO config_revisions (id, applied_at, applied_by, words, documents)
        SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4 FROM config_revisions RETURNING id
        """,
        now, by, words, [one.digest for one in documents],
    )  # fmt: skip
    return number


async def columns(reading: Reading) -> list[Column]:
    """All columns in their order."""
    return [Column(*row) for row in await reading.fetch("SELECT measure, params FROM measure_columns ORDER BY id")]


async def add_columns(tx: Writing, wanted: Sequence[Column]) -> list[Column]:
    """All columns in their order, after those of `wanted` that are missing were added at the end."""
    await tx.execute("LOCK TABLE measure_columns IN SHARE ROW EXCLUSIVE MODE")
    known = await columns(tx)
    new = [one for one in dict.fromkeys(wanted) if one not in set(known)]
    await tx.copy("measure_columns", ("id", *Column._fields), [(i, *one) for i, one in enumerate(new, len(known))])
    return [*known, *new]
