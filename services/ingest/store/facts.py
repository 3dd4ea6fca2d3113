"""Facts and presence, read under the lock and written once a batch.

Presence is stored by a digest of the person's id, so that the table names nobody.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from shared.database import Writing, bigints
from shared.facts import Presence
from shared.fold.areas import PACKED


class Version(NamedTuple):
    """A version of an account's facts. The stamp is random, so that equal numbers of different pasts differ."""

    number: int
    stamp: int


class Stored(NamedTuple):
    """Facts as bytes, and which of their areas changed when, packed."""

    facts: bytes
    changed: bytes


class Written(NamedTuple):
    """New facts of one account, as bytes, and which of their areas changed when, packed."""

    account_id: int
    version: Version
    facts: bytes
    changed: bytes


def person_key(person_id: str) -> int:
    """A person's key within an account: a 64-bit digest of their id, signed as PostgreSQL's bigint."""
    return int.from_bytes(hashlib.blake2b(person_id.encode(), digest_size=8).digest(), "big", signed=True)


async def lock(tx: Writing, accounts: Iterable[int]) -> dict[int, Version]:
    """Locks the accounts in id order until the commit; the version of each."""
    rows = await tx.fetch(
        """
        SELECT account_id, version, stamp FROM facts WHERE account_id = ANY($1::text::bigint[])
         ORDER BY account_id FOR NO KEY UPDATE
        """,
        bigints(sorted(accounts)),
    )
    return {row[0]: Version(row[1], row[2]) for row in rows}


async def load(tx: Writing, accounts: Iterable[int]) -> dict[int, Stored]:
    """The facts of accounts."""
    rows = await tx.fetch(
        "SELECT account_id, facts, changed FROM facts WHERE account_id = ANY($1::bigint[])", list(accounts)
    )
    return {row[0]: Stored(row[1], row[2]) for row in rows}


async def load_presence_of(tx: Writing, people: Mapping[int, Iterable[str]]) -> dict[int, Presence]:
    """What is known of these people, account → ids, by account."""
    names = {(account, person_key(person)): person for account, some in people.items() for person in some}
    rows = await tx.fetch(
        """
        SELECT p.account_id, p.person, p.last_day, p.mask FROM presence p
          JOIN unnest($1::bigint[], $2::bigint[]) AS k(account_id, person)
            ON p.account_id = k.account_id AND p.person = k.person
        """,
        [account for account, _ in names], [key for _, key in names],
    )  # fmt: skip
    known: dict[int, Presence] = {}
    for account, key, last_day, mask in rows:
        known.setdefault(account, {})[names[account, key]] = (last_day, int.from_bytes(mask, "little"))
    return known


async def load_presence(tx: Writing, accounts: Sequence[int]) -> dict[int, dict[int, tuple[int, int]]]:
    """The presence of everybody of these accounts, by account and `person_key`."""
    rows = await tx.fetch(
        "SELECT account_id, person, last_day, mask FROM presence WHERE account_id = ANY($1::bigint[])", accounts
    )
    known: dict[int, dict[int, tuple[int, int]]] = {account: {} for account in accounts}
    for account, key, last_day, mask in rows:
        known[account][key] = (last_day, int.from_bytes(mask, "little"))
    return known


async def save(tx: Writing, written: Sequence[Written], now: dt.datetime) -> None:
    """Writes new facts over the locked ones."""
    lengths, areas = [len(w.facts) for w in written], PACKED
    await tx.execute(
        f"""
        UPDATE facts f SET version = w.version, stamp = w.stamp, facts = substring($6::bytea FROM w.start FOR w.length),
               changed = substring($7::bytea FROM ({areas} * n - {areas - 1})::int FOR {areas}), updated_at = $8
          FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], $4::text::int[], $5::text::int[])
               WITH ORDINALITY AS w(account_id, version, stamp, start, length, n)
         WHERE f.account_id = w.account_id
        """,
        bigints([w.account_id for w in written]), bigints([w.version.number for w in written]),
        bigints([w.version.stamp for w in written]), bigints(accumulate(lengths, initial=1)), bigints(lengths),
        b"".join([w.facts for w in written]), b"".join([w.changed for w in written]), now,
    )  # fmt: skip


async def save_presence(tx: Writing, changed: Mapping[int, Presence]) -> None:
    """Writes what changed, by account; the accounts are locked."""
    rows = sorted(
        [
            (account, person_key(person), last_day, mask)
            for account, presence in changed.items()
            for person, (last_day, mask) in presence.items()
        ]
    )
    if rows:
        accounts, people, days, masks = zip(*rows, strict=True)
        await tx.execute(
            """
            INSERT INTO presence (account_id, person, last_day, mask)
            SELECT account_id, person, last_day,
                   rtrim(substring($4::bytea FROM 16 * n::int - 15 FOR 16), '\\x00'::bytea)
              FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[]) WITH ORDINALITY
                   AS p(account_id, person, last_day, n)
            ON CONFLICT (account_id, person) DO UPDATE SET last_day = excluded.last_day, mask = excluded.mask
            """,
            bigints(accounts), bigints(people), bigints(days),
            b"".join([mask.to_bytes(16, "little") for mask in masks]),
        )  # fmt: skip
