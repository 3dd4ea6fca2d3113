"""What the archive has, what it lacks, and how events leave the database."""

import datetime as dt
from collections.abc import AsyncIterator, Collection, Sequence
from typing import NamedTuple

from shared.archive import Entry
from shared.clock import from_us, to_us
from shared.database import Reading, Row, Writing
from shared.parquet import Filed

TABLES = {"telling": "telling_events", "activity": "activity"}
"""Kind of file → the table whose rows it holds."""

_ALONE = 7_305_811_002  # any number that nobody else uses

_ENTRY = (
    "day, kind, part, path, rows, bytes, sha256, digest, schema_version, first_received_at, last_received_at, left_at"
)
UNPACKED = """
    SELECT substring(a.ids FROM (16 * e.n - 15)::int FOR 16) AS id, a.source, a.type, a.account_id, a.account_source,
           a.account_key, substring(a.occurred FROM (8 * e.n - 7)::int FOR 8)::bigint AS occurred,
           substring(a.received FROM (8 * e.n - 7)::int FOR 8)::bigint AS received,
           coalesce(substring(a.sequences FROM (8 * e.n - 7)::int FOR 8)::bigint, 0) AS sequence, a.version,
           convert_to(e.payload::text, 'UTF8') AS payload
      FROM {table} a,
           json_array_elements(convert_from(a.payloads, 'UTF8')::json) WITH ORDINALITY AS e(payload, n)
     WHERE a.received_at >= $1 AND a.received_at < $2
"""
"""As the view `events` unpacks rows of activity; a row belongs to the day of its newest arrival."""
PLAIN = """
    SELECT id, source, type, account_id, account_source, account_key,
           (extract(epoch FROM occurred_at) * 1000000)::bigint, (extract(epoch FROM received_at) * 1000000)::bigint,
           sequence, version, payload
      FROM {table} WHERE received_at >= $1 AND received_at < $2
"""


class Share(NamedTuple):
    """A partition of events: of one month, or the rest where `until` is None. `inserts` ever made into it."""

    kind: str
    name: str
    inserts: int
    since: dt.datetime | None
    until: dt.datetime | None


class Kept(NamedTuple):
    """A file of the archive, and when its events left the database, if they have."""

    entry: Entry
    left_at: dt.datetime | None


async def alone(tx: Writing) -> bool:
    """Whether this transaction is the only one that changes or reads through the archive; it may then take its time."""
    await take_time(tx)
    return bool(await tx.value("SELECT pg_try_advisory_xact_lock($1)", _ALONE))


async def take_time(tx: Reading) -> None:
    """This transaction may last: it waits for files."""
    await tx.value("SELECT set_config('transaction_timeout', '0', true)")
    await tx.value("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")


async def shares(tx: Reading) -> list[Share]:
    """The partitions of events, by month."""
    rows = await tx.fetch(
        """
        SELECT p.relname AS parent, c.relname AS name, pg_stat_get_tuples_inserted(c.oid) AS inserts,
               pg_get_expr(c.relpartbound, c.oid) AS bound
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
         WHERE i.inhparent = ANY (ARRAY['telling_events'::regclass, 'activity'::regclass]) ORDER BY c.relname
        """
    )
    kinds = {table: kind for kind, table in TABLES.items()}
    return [Share(kinds[row["parent"]], row["name"], row["inserts"], *_bounds(row["bound"])) for row in rows]


def _bounds(bound: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(since, until) out of `FOR VALUES FROM ('2026-01-01 00:00:00+00') TO (…)`; nothing of DEFAULT."""
    told = bound.split("'")
    if len(told) != 5:
        return None, None
    return dt.datetime.fromisoformat(told[1]), dt.datetime.fromisoformat(told[3])


async def counted(tx: Reading) -> dict[str, tuple[int, dt.date]]:
    """At how many inserts, and up to which day, each partition was last compared with the archive."""
    rows = await tx.fetch("SELECT name, inserts, counted_to FROM archive_partitions")
    return {row["name"]: (row["inserts"], row["counted_to"]) for row in rows}


async def note_counted(tx: Writing, share: Share, to: dt.date) -> None:
    """Notes that a partition's days before `to` are in the archive as they were at its number of inserts."""
    await tx.execute(
        """
        INSERT INTO archive_partitions (name, inserts, counted_to) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET inserts = excluded.inserts, counted_to = excluded.counted_to
        """,
        share.name, share.inserts, to,
    )  # fmt: skip


async def count(tx: Reading, share: Share, before: dt.date) -> dict[dt.date, int]:
    """How many events of a partition arrived on each UTC day before one."""
    events = "octet_length(ids) / 16" if share.kind == "activity" else "1"
    rows = await tx.fetch(
        f"""
        SELECT (received_at AT TIME ZONE 'UTC')::date AS day, sum({events})::bigint AS events
          FROM {share.name} WHERE received_at < ($1::date)::timestamp AT TIME ZONE 'UTC' GROUP BY day ORDER BY day
        """,
        before,
    )
    return {row["day"]: row["events"] for row in rows}


async def of_day(tx: Reading, share: Share, day: dt.date) -> AsyncIterator[Filed]:
    """A partition's events of a day of arrival, by id. However long it takes to write them down."""
    await take_time(tx)
    since = dt.datetime.combine(day, dt.time(), dt.UTC)
    sql = (UNPACKED if share.kind == "activity" else PLAIN).format(table=share.name)
    async for row in tx.stream(f"{sql} ORDER BY id", since, since + dt.timedelta(days=1), prefetch=5_000):
        yield Filed(*row)


# --- the list of files --------------------------------------------------------------------------------


async def files(tx: Reading) -> list[Kept]:
    """All files of the archive, by day."""
    return [_kept(row) for row in await tx.fetch(f"SELECT {_ENTRY} FROM archive_files ORDER BY day, kind, part")]


def _kept(row: Row) -> Kept:
    first, last = to_us(row["first_received_at"]), to_us(row["last_received_at"])
    entry = Entry(
        row["day"].isoformat(), row["kind"], row["part"], row["path"], row["rows"], row["bytes"], row["sha256"],
        row["digest"], row["schema_version"], first, last,
    )  # fmt: skip
    return Kept(entry, row["left_at"])


async def keep(tx: Writing, entry: Entry, now: dt.datetime) -> None:
    """Lists a file, in place of the one of the same day, kind and part."""
    await tx.execute(
        """
        INSERT INTO archive_files (day, kind, part, path, rows, bytes, sha256, digest, schema_version,
                                   first_received_at, last_received_at, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (day, kind, part) DO UPDATE
           SET path = excluded.path, rows = excluded.rows, bytes = excluded.bytes, sha256 = excluded.sha256,
               digest = excluded.digest, schema_version = excluded.schema_version,
               first_received_at = excluded.first_received_at, last_received_at = excluded.last_received_at,
               archived_at = excluded.archived_at
        """,
        dt.date.fromisoformat(entry.day), entry.kind, entry.part, entry.path, entry.rows, entry.bytes, entry.sha256,
        entry.digest, entry.schema, from_us(entry.first_received), from_us(entry.last_received), now,
    )  # fmt: skip


async def forget(tx: Writing, entry: Entry) -> None:
    """Takes a file off the list."""
    await tx.execute("DELETE FROM archive_files WHERE path = $1", entry.path)


# --- erasing --------------------------------------------------------------------------------------


class Stale(NamedTuple):
    """A day whose files may still name somebody who was forgotten. `noted`: which erasure said so last."""

    kind: str
    day: dt.date
    noted: int


async def note_stale(tx: Writing, kind: str, days: Collection[dt.date]) -> None:
    """Files of these days, and of all days of activity that has left the database, are to be looked at."""
    await tx.execute(
        """
        INSERT INTO archive_stale (kind, day)
        SELECT $1, day FROM unnest($2::date[]) AS day
        UNION SELECT kind, day FROM archive_files WHERE left_at IS NOT NULL
        ON CONFLICT (kind, day) DO UPDATE SET noted = nextval(pg_get_serial_sequence('archive_stale', 'noted'))
        """,
        kind, sorted(days),
    )  # fmt: skip


async def stale(tx: Reading) -> list[Stale]:
    """The days that are to be looked at."""
    return [Stale(*row) for row in await tx.fetch("SELECT kind, day, noted FROM archive_stale ORDER BY day, kind")]


async def forget_stale(tx: Writing, one: Stale) -> None:
    """The day was looked at, unless somebody was forgotten meanwhile."""
    await tx.execute("DELETE FROM archive_stale WHERE kind = $1 AND day = $2 AND noted = $3", *one)


# --- leaving ------------------------------------------------------------------------------------------


async def stand_still(tx: Writing, share: Share) -> None:
    """Nobody writes to the partition until the commit; reading goes on."""
    await tx.execute(f"LOCK TABLE {share.name} IN SHARE MODE")


async def drop(tx: Writing, share: Share) -> None:
    """The partition and all its events leave."""
    await tx.execute(f"DROP TABLE {share.name}")
    await tx.execute("DELETE FROM archive_partitions WHERE name = $1", share.name)


async def delete_before(tx: Writing, share: Share, day: dt.date) -> int:
    """The rows that arrived before a day leave the partition; how many."""
    return await tx.execute(
        f"DELETE FROM {share.name} WHERE received_at < ($1::date)::timestamp AT TIME ZONE 'UTC'", day
    )


async def note_left(tx: Writing, kind: str, days: Sequence[dt.date], now: dt.datetime) -> None:
    """Notes that the events of these days are in the archive alone."""
    await tx.execute(
        "UPDATE archive_files SET left_at = $3 WHERE kind = $1 AND day = ANY($2::date[]) AND left_at IS NULL",
        kind, list(days), now,
    )  # fmt: skip
