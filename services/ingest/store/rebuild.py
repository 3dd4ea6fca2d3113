"""A schema beside the live one, what is told to it, and the digests by which the two are compared."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence

from services.ingest.store.archive import PLAIN, UNPACKED, take_time
from shared.database import Reading, Row, Writing
from shared.parquet import Filed

SCHEMA = "rebuild"
_EVER = (dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC))
_LIST = """
    SELECT account_id::text AS of,
           sha256(string_agg(sha256(convert_to(to_jsonb(l)::text, 'UTF8')), '' ORDER BY {key})) AS digest
      FROM {table} l GROUP BY account_id
"""
"""Digests of a list by account, each row by all its columns, by name: their places in the table do not matter."""
_DIGESTS = {
    "facts": "SELECT account_id::text AS of, sha256(facts) AS digest FROM facts",
    "presence": """
        SELECT account_id::text AS of,
               sha256(string_agg(int8send(person) || int4send(last_day) || mask, '' ORDER BY person)) AS digest
          FROM presence GROUP BY account_id
    """,
    "identities": """
        SELECT source || ':' || external_id AS of, int8send(account_id) AS digest FROM identities
    """,
    "people": _LIST.format(table="people", key="person_id"),
    "subscriptions": _LIST.format(table="subscriptions", key="subscription_id"),
    "mrr_movements": _LIST.format(table="mrr_movements", key="at, subscription_id, currency"),
}
COMPARED = tuple(_DIGESTS)
"""What is compared: facts, presence and lists by account, and which account each key means."""


def beside(url: str) -> str:
    """The address under which the same database shows the schema of a rebuild. It may lose what it is told: it would
    be told again."""
    return f"{url}{'&' if '?' in url else '?'}search_path={SCHEMA}&synchronous_commit=off"


async def make_schema(tx: Writing) -> None:
    """An empty schema for a rebuild; one that an earlier rebuild left goes."""
    await drop_schema(tx)
    await tx.execute(f"CREATE SCHEMA {SCHEMA}")


async def drop_schema(tx: Writing) -> None:
    """The schema of rebuilds goes with all that is in it."""
    await tx.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


async def count(tx: Reading) -> int:
    """How many events the database has."""
    found: int = await tx.value(
        """
        SELECT (SELECT count(*) FROM telling_events) - (SELECT count(*) FROM moved_events)
             + (SELECT coalesce(sum(octet_length(ids) / 16), 0) FROM activity)
             + (SELECT count(*) FROM unmatched WHERE type = 'identity.unlinked')
        """
    )
    return found


async def telling(tx: Reading) -> AsyncIterator[Filed]:
    """What the database has that tells something, in the order in which it was accepted: the first link of a key
    stays. What follows of a person's moves is worked out anew."""
    await take_time(tx)
    received = "NOT EXISTS (SELECT FROM moved_events m WHERE m.id = telling_events.id)"
    sql = f"{PLAIN.format(table='telling_events')} AND {received} ORDER BY place NULLS FIRST, received_at, id"
    async for row in tx.stream(sql, *_EVER, prefetch=5_000):
        yield Filed(*row)


async def activity(tx: Reading) -> AsyncIterator[Filed]:
    """What the database has of activity."""
    await take_time(tx)
    async for row in tx.stream(UNPACKED.format(table="activity"), *_EVER, prefetch=5_000):
        yield Filed(*row)


async def unlinked(tx: Reading) -> AsyncIterator[Filed]:
    """Keys that were taken off their account by an event under the key itself, which waits since then."""
    async for row in tx.stream(
        """
        SELECT id, source, type, 0::bigint, account_source, account_key,
               (extract(epoch FROM occurred_at) * 1000000)::bigint,
               (extract(epoch FROM received_at) * 1000000)::bigint, sequence, 0::bigint, payload
          FROM unmatched WHERE type = 'identity.unlinked' ORDER BY received_at, id
        """
    ):
        yield Filed(*row)


async def forgotten(tx: Reading) -> tuple[list[Row], list[Row]]:
    """Digests of people who were erased, and the salt that they were made with."""
    erased = await tx.fetch("SELECT digest, pseudonym, erased_at FROM erased")
    return erased, await tx.fetch("SELECT salt FROM erased_salt")


async def keep_forgotten(tx: Writing, erased: Sequence[Row], salts: Sequence[Row]) -> None:
    """Whoever was erased stays so."""
    await tx.copy("erased", ("digest", "pseudonym", "erased_at"), [tuple(row) for row in erased])
    await tx.copy("erased_salt", ("salt",), [tuple(row) for row in salts])


async def recognised(tx: Reading) -> list[tuple[str, str, int, bytes, str]]:
    """Keys of people and domains that were recognised: (source, id, account, event, rule)."""
    rows = await tx.fetch(
        "SELECT source, external_id, account_id, event_id, rule FROM identities"
        " WHERE rule IN ('person', 'email', 'domain')"
    )
    return [tuple(row) for row in rows]


async def keep_recognised(tx: Writing, found: Sequence[tuple[str, str, int, bytes, str]]) -> None:
    """What was recognised will be so once its account is known: `recognise`."""
    await tx.execute(
        "CREATE TABLE recognised (source text, external_id text, account_id bigint, event_id bytea, rule text)"
    )
    await tx.copy("recognised", ("source", "external_id", "account_id", "event_id", "rule"), found)


async def recognise(tx: Writing) -> int:
    """Links the recognised keys whose accounts are known by now; how many."""
    return await tx.execute(
        """
        WITH known AS (DELETE FROM recognised r USING accounts a WHERE a.id = r.account_id RETURNING r.*)
        INSERT INTO identities (source, external_id, account_id, linked_at, event_id, rule)
        SELECT source, external_id, account_id, '1970-01-01+00', event_id, rule FROM known ON CONFLICT DO NOTHING
        """
    )


async def waiting(tx: Reading) -> int:
    """How many events wait for their account."""
    found: int = await tx.value("SELECT count(*) FROM unmatched")
    return found


async def digests(tx: Reading, what: str) -> dict[str, bytes]:
    """Digests of one of `COMPARED`, by what they are of."""
    return {row["of"]: row["digest"] async for row in tx.stream(_DIGESTS[what], prefetch=10_000)}


async def names(tx: Reading, accounts: Sequence[int]) -> dict[int, str]:
    """What accounts are called."""
    rows = await tx.fetch("SELECT id, name FROM accounts WHERE id = ANY($1::bigint[])", list(accounts))
    return {row["id"]: row["name"] for row in rows}
