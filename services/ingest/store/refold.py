"""Whose an event is, after keys have come to mean other accounts; and everything of an account, to fold it anew.

Events keep the key they came with. Only the account that they count for, and the version, are written over.
"""

import struct
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import msgspec

from services.ingest.store import lists
from services.ingest.store.accounts import Key
from shared.clock import to_us
from shared.database import Reading, Row, Writing
from shared.facts import Event
from shared.native import decode_body

_payloads = msgspec.json.Decoder(list[msgspec.Raw]).decode

REVENUE = ("mrr_movements", "subscription_states", "subscriptions", "invoices")
_BASES = ("telling_events", "activity")
_LISTS = ("people", "subscriptions", "subscription_states", "mrr_movements", "invoices", "tickets")


async def keys_of(tx: Reading, accounts: Iterable[int]) -> dict[int, dict[Key, int]]:
    """Account → the keys of the events that count for it → first UTC day (since 1970) on which such an event was."""
    rows = await tx.fetch(
        """
        SELECT account_id, account_source, account_key, min(first) AS first
          FROM (SELECT account_id, account_source, account_key,
                       (extract(epoch FROM min(occurred_at)) * 1000000)::bigint AS first
                  FROM telling_events WHERE account_id = ANY($1::bigint[]) GROUP BY 1, 2, 3
                 UNION ALL
                SELECT account_id, account_source, account_key,
                       min(substring(occurred FROM (8 * n - 7)::int FOR 8)::bigint)
                  FROM activity, generate_series(1, octet_length(occurred) / 8) AS n
                 WHERE account_id = ANY($1::bigint[]) GROUP BY 1, 2, 3) AS e
         GROUP BY account_id, account_source, account_key
        """,
        list(accounts),
    )
    found: dict[int, dict[Key, int]] = {}
    for account, source, key, first in rows:
        found.setdefault(account, {})[source, key] = first // 86_400_000_000
    return found


async def creators(tx: Reading, account: int, keys: Iterable[Key]) -> dict[Key, bytes]:
    """Those of the keys under which an account was told of, with the first such event."""
    wanted = list(keys)
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (e.account_source, e.account_key) e.account_source, e.account_key, e.id
          FROM telling_events e
          JOIN unnest($2::text[], $3::text[]) AS k(source, key) ON e.account_source = k.source AND e.account_key = k.key
         WHERE e.account_id = $1 AND e.type = 'account.updated'
         ORDER BY e.account_source, e.account_key, e.received_at, e.id
        """,
        account, [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return {(row["account_source"], row["account_key"]): row["id"] for row in rows}


async def move(tx: Writing, account: int, key: Key, to: int, version: int) -> None:
    """Makes the events that an account has by a key count for another one, by its version."""
    for base in _BASES:
        await tx.execute(
            f"UPDATE {base} SET account_id = $4, version = $5"
            " WHERE account_id = $1 AND account_source = $2 AND account_key = $3",
            account, *key, to, version,
        )  # fmt: skip


async def strand(tx: Writing, account: int, key: Key) -> None:
    """Lets the events that an account has by a key wait, because nobody knows any more whose they are."""
    await tx.execute(
        """
        INSERT INTO unmatched
               (id, source, type, account_source, account_key, occurred_at, received_at, sequence, payload)
        SELECT id, source, type, account_source, account_key, occurred_at, received_at, sequence, payload
          FROM events WHERE account_id = $1 AND account_source = $2 AND account_key = $3
        """,
        account, *key,
    )  # fmt: skip
    for base in _BASES:
        await tx.execute(
            f"DELETE FROM {base} WHERE account_id = $1 AND account_source = $2 AND account_key = $3", account, *key
        )


async def telling(tx: Reading, account: int) -> list[Event]:
    """What the events of an account tell, activity apart."""
    rows = await tx.fetch(
        """
        SELECT id, source, type, account_source, account_key, occurred_at, sequence, payload
          FROM telling_events WHERE account_id = $1 ORDER BY received_at, id
        """,
        account,
    )
    return [_event(row, to_us(row["occurred_at"])) for row in rows]


async def activity(tx: Reading, account: int) -> AsyncIterator[list[Event]]:
    """The events of an account that tell of activity alone, some at a time."""
    async for row in tx.stream(
        """
        SELECT source, type, account_source, account_key, ids, occurred, sequences, payloads
          FROM activity WHERE account_id = $1 ORDER BY received_at
        """,
        account,
    ):
        yield list(_unpacked(row))


def _unpacked(row: Row) -> Iterator[Event]:
    """The events of a row of activity, as `store.events` packs them."""
    source, kind, key = row["source"], row["type"], (row["account_source"], row["account_key"])
    count = len(row["ids"]) // 16
    numbers = struct.Struct(f">{count}q")
    occurred = numbers.unpack(row["occurred"])
    sequences = numbers.unpack(row["sequences"]) if row["sequences"] else [0] * count
    for n, payload in enumerate(_payloads(row["payloads"])):
        raw = bytes(payload)
        id_ = row["ids"][16 * n : 16 * n + 16]
        yield Event(id_, source, kind, key, occurred[n], sequences[n], decode_body(kind, raw), raw)


def _event(row: Row, occurred: int) -> Event:
    body = decode_body(row["type"], row["payload"])
    key = (row["account_source"], row["account_key"])
    return Event(row["id"], row["source"], row["type"], key, occurred, row["sequence"], body, row["payload"])


async def clear(tx: Writing, accounts: Sequence[int]) -> None:
    """Empties presence and the lists for reading of accounts that are about to be told anew, and calls each by the
    key that it was created under."""
    for table in ("presence", *REVENUE, *lists.TABLES):
        await tx.execute(f"DELETE FROM {table} WHERE account_id = ANY($1::bigint[])", list(accounts))
    await tx.execute(
        """
        UPDATE accounts a SET name = i.external_id FROM identities i
         WHERE a.id = ANY($1::bigint[]) AND a.merged_into IS NULL AND i.account_id = a.id AND i.rule = 'own'
        """,
        list(accounts),
    )
