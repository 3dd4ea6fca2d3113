"""Who a person is: their rows and keys, found and renamed; and what other services have written of them."""

import re
from collections.abc import Collection, Mapping

import msgspec

from services.ingest.store.accounts import Key
from shared.database import Reading, Row, Writing

Pair = tuple[int, str]
"""(account, id of a person there)."""


async def people(tx: Reading, pairs: Collection[Pair], ids: Collection[str], emails: Collection[str]) -> list[Row]:
    """The rows of people that are these, have one of the ids at any account, or one of the addresses."""
    return await tx.fetch(
        """
        SELECT p.account_id, p.person_id, p.name, p.email, p.title, p.role, p.left_at, p.updated_at FROM people p
         WHERE p.person_id = ANY($3::text[]) OR lower(p.email) = ANY($4::text[])
            OR (p.account_id, p.person_id) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))
         ORDER BY p.account_id, p.person_id
        """,
        [account for account, _ in pairs], [person for _, person in pairs], list(ids), list(emails),
    )  # fmt: skip


async def person_keys(tx: Reading, pairs: Collection[Pair], keys: Collection[Key]) -> list[Row]:
    """The keys of people at accounts, merges followed, or the people of keys: source, external_id, account_id and
    person_id."""
    return await tx.fetch(
        """
        SELECT p.source, p.external_id, coalesce(a.survivor, a.id) AS account_id, p.person_id
          FROM person_keys p JOIN accounts a ON a.id = p.account_id
         WHERE (coalesce(a.survivor, a.id), p.person_id) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))
            OR (p.source, p.external_id) IN (SELECT * FROM unnest($3::text[], $4::text[]))
         ORDER BY p.source, p.external_id, p.account_id
        """,
        [account for account, _ in pairs], [person for _, person in pairs],
        [source for source, _ in keys], [external_id for _, external_id in keys],
    )  # fmt: skip


async def keys_by_id(tx: Reading, id: str) -> list[Row]:
    """The person keys that are this id in any source."""
    return await tx.fetch(
        """
        SELECT p.source, p.external_id, coalesce(a.survivor, a.id) AS account_id, p.person_id
          FROM person_keys p JOIN accounts a ON a.id = p.account_id
         WHERE p.source LIKE '%:person' AND p.external_id = $1 ORDER BY p.source, p.account_id
        """,
        id,
    )


async def account_keys(tx: Reading, accounts: Collection[int]) -> list[tuple[int, str, str]]:
    """(account, source, id) of all keys of accounts, merges followed."""
    rows = await tx.fetch(
        """
        SELECT coalesce(a.survivor, a.id) AS account_id, i.source, i.external_id FROM identities i
          JOIN accounts a ON a.id = i.account_id
         WHERE i.source NOT LIKE '%:person' AND coalesce(a.survivor, a.id) = ANY($1::bigint[])
        """,
        list(accounts),
    )
    return [(row["account_id"], row["source"], row["external_id"]) for row in rows]


async def rename_keys(
    tx: Writing, accounts: Collection[int], new: Mapping[Key, str], person: Mapping[str, str]
) -> None:
    """Puts `new` names in place of a person's ids and addresses, where keys lead to these accounts, and `person` in
    place of the ids of people that keys mean."""
    sources, names = [source for source, _ in new], [name for _, name in new]
    for table, columns, values in (
        ("identities", "account_id, linked_at, event_id, rule", "account_id, linked_at, event_id, rule"),
        (
            "person_keys",
            "account_id, person_id, moved_on",
            "account_id, coalesce(($5::jsonb) ->> person_id, person_id), moved_on",
        ),
    ):
        await tx.execute(
            f"""
            WITH gone AS (
                DELETE FROM {table} t
                 USING unnest($1::text[], $2::text[], $3::text[]) AS k(source, name, called), accounts a
                 WHERE a.id = t.account_id AND coalesce(a.survivor, a.id) = ANY($4::bigint[])
                   AND (t.source = k.source AND t.external_id = k.name
                        OR k.source = 'email' AND t.source LIKE '%:person' AND lower(t.external_id) = k.name)
                RETURNING t.*, k.called)
            INSERT INTO {table} (source, external_id, {columns})
            SELECT DISTINCT ON (source, called, account_id) source, called, {values} FROM gone
             WHERE $5::jsonb IS NOT NULL ORDER BY source, called, account_id ON CONFLICT DO NOTHING
            """,
            sources, names, list(new.values()), list(accounts), msgspec.json.encode(person).decode(),
        )  # fmt: skip
    for table in ("identity_decisions", "person_moves", "moved_events"):
        await tx.execute(
            f"""
            UPDATE {table} t SET external_id = k.called
              FROM unnest($1::text[], $2::text[], $3::text[]) AS k(source, name, called)
             WHERE t.source = k.source AND t.external_id = k.name AND t.source LIKE '%:person'
            """,
            sources, names, list(new.values()),
        )  # fmt: skip


async def forget_elsewhere(
    tx: Writing, accounts: Collection[int], people: Mapping[str, str], names: Collection[str]
) -> None:
    """Has health and playbooks forget a person at accounts and what was merged into them, by the functions that each
    keeps for its own tables. `people`: id → what stands for it; `names` are taken out of sentences."""
    named = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    pattern = f"(?<![[:alnum:]])({named})(?![[:alnum:]])" if named else ""
    await tx.execute(
        """
        WITH homes AS (SELECT array_agg(id) AS ids FROM accounts WHERE coalesce(survivor, id) = ANY($1::bigint[]))
        SELECT forget_in_health(ids, $2::text[], $3::text[], $4), forget_in_playbooks(ids, $4) FROM homes
        """,
        list(accounts), list(people), list(people.values()), pattern,
    )  # fmt: skip
