"""Accounts and how sources call them. A key means an account by itself; a merge redirects the account, not its keys."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from shared import facts as f
from shared.database import Reading, Writing

Key = tuple[str, str]


def account_id(key: Key) -> int:
    """The id of the account that a key creates: a 53-bit digest, exact in JSON everywhere, the same in a rebuild."""
    digest = hashlib.blake2b("\0".join(key).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) or 1


async def find(tx: Reading, keys: Iterable[Key]) -> dict[Key, int]:
    """The accounts that events of these keys go to, merges followed, for the keys that are known."""
    wanted = list(keys)
    rows = await tx.fetch(
        """
        SELECT i.source, i.external_id, coalesce(a.survivor, a.id) AS account_id FROM identities i
          JOIN unnest($1::text[], $2::text[]) AS k(source, external_id)
            ON i.source = k.source AND i.external_id = k.external_id
          JOIN accounts a ON a.id = i.account_id
        """,
        [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return {(row["source"], row["external_id"]): row["account_id"] for row in rows}


async def homes(tx: Reading, keys: Iterable[Key]) -> dict[Key, int]:
    """The accounts that these keys mean by themselves, as if nothing had been merged."""
    wanted = list(keys)
    rows = await tx.fetch(
        """
        SELECT i.source, i.external_id, i.account_id FROM identities i
          JOIN unnest($1::text[], $2::text[]) AS k(source, external_id)
            ON i.source = k.source AND i.external_id = k.external_id
        """,
        [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return {(row["source"], row["external_id"]): row["account_id"] for row in rows}


async def create(tx: Writing, keys: Sequence[Key], now: dt.datetime) -> None:
    """Creates accounts, with empty facts. Those that exist stay as they are."""
    ids = sorted((account_id(key), key[1]) for key in keys)
    await tx.execute(
        """
        INSERT INTO accounts (id, name, created_at) SELECT id, name, $3
          FROM unnest($1::bigint[], $2::text[]) AS a(id, name) ON CONFLICT DO NOTHING
        """,
        [i for i, _ in ids], [name for _, name in ids], now,
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO facts (account_id, version, stamp, facts, updated_at) SELECT id, 0, 0, $2, $3
          FROM unnest($1::bigint[]) AS id ON CONFLICT DO NOTHING
        """,
        [i for i, _ in ids], f.encode(f.Facts()), now,
    )  # fmt: skip


async def link(
    tx: Writing, links: Mapping[Key, tuple[int, bytes]], now: dt.datetime, rule: str = "told"
) -> dict[Key, int]:
    """Links keys to accounts by a rule, unless they are linked already; where events of each key go now."""
    ordered = sorted(links)
    await tx.execute(
        """
        INSERT INTO identities (source, external_id, account_id, linked_at, event_id, rule)
        SELECT source, external_id, account_id, $5, event_id, $6
          FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) AS k(source, external_id, account_id, event_id)
        ON CONFLICT DO NOTHING
        """,
        [k[0] for k in ordered], [k[1] for k in ordered],
        [links[k][0] for k in ordered], [links[k][1] for k in ordered], now, rule,
    )  # fmt: skip
    return await find(tx, ordered)
