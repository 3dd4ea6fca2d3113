"""What people and CRMs decided about keys and accounts, people's keys, and claims that were not believed."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.ingest.store.accounts import Key
from shared.clock import from_us
from shared.database import Reading, Row, Writing
from shared.facts import Event

_NEWER = "(d.occurred_at, d.sequence, d.event_id) <= (excluded.occurred_at, excluded.sequence, excluded.event_id)"


class Conflict(NamedTuple):
    """A claim on a key that changed nothing."""

    key: Key
    claimed_by: int
    linked_to: int | None
    kind: str
    event: bytes


class PersonKey(NamedTuple):
    """An id or address by which a person of an account is known."""

    key: Key
    account: int
    person: str


# --- keys and accounts ----------------------------------------------------------------------------


async def one(tx: Reading, key: Key) -> Row | None:
    """What a key means by itself: account_id, rule."""
    return await tx.row("SELECT account_id, rule FROM identities WHERE source = $1 AND external_id = $2", *key)


async def decide_links(tx: Writing, links: Iterable[tuple[Key, int, bool, Event]]) -> None:
    """Notes what was said of keys and accounts: explicit links (True), or their ends. Of each account the newest of
    both counts."""
    newest: dict[tuple[Key, int, bool], Event] = {}
    for key, account, linked, event in sorted(links, key=lambda one: (one[3].occurred_at, one[3].sequence, one[3].id)):
        newest[key, account, linked] = event
    ordered = sorted(newest)
    events = [newest[one] for one in ordered]
    await tx.execute(
        f"""
        INSERT INTO identity_decisions AS d
               (source, external_id, account_id, linked, occurred_at, sequence, event_id)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::timestamptz[], $6::bigint[],
                             $7::bytea[])
        ON CONFLICT (source, external_id, account_id, linked) DO UPDATE
           SET occurred_at = excluded.occurred_at, sequence = excluded.sequence, event_id = excluded.event_id
         WHERE {_NEWER}
        """,
        [key[0] for key, _, _ in ordered], [key[1] for key, _, _ in ordered], [account for _, account, _ in ordered],
        [linked for _, _, linked in ordered], [from_us(event.occurred_at) for event in events],
        [event.sequence for event in events], [event.id for event in events],
    )  # fmt: skip


async def decided(tx: Reading, keys: Iterable[Key]) -> dict[Key, tuple[int, bytes]]:
    """Key → (the account that it was linked to last, by which event), unless it was taken off that account since."""
    wanted = list(keys)
    rows = await tx.fetch(
        """
        SELECT * FROM (
            SELECT DISTINCT ON (d.source, d.external_id) d.source, d.external_id, d.account_id, d.event_id,
                   d.occurred_at, d.sequence
              FROM identity_decisions d
              JOIN unnest($1::text[], $2::text[]) AS k(source, external_id)
                ON d.source = k.source AND d.external_id = k.external_id
             WHERE d.linked
             ORDER BY d.source, d.external_id, d.occurred_at DESC, d.sequence DESC, d.event_id DESC) AS l
         WHERE NOT EXISTS (
            SELECT FROM identity_decisions u
             WHERE u.source = l.source AND u.external_id = l.external_id AND u.account_id = l.account_id
               AND NOT u.linked
               AND (u.occurred_at, u.sequence, u.event_id) > (l.occurred_at, l.sequence, l.event_id))
        """,
        [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return {(row["source"], row["external_id"]): (row["account_id"], row["event_id"]) for row in rows}


async def decide_merge(tx: Writing, key: Key, into: int, event: Event, *, merged: bool) -> bool:
    """Notes a merge of the account of a key, or its end. False when something newer was said already."""
    return bool(
        await tx.execute(
            f"""
            INSERT INTO account_merges AS d (source, external_id, into_id, merged, occurred_at, sequence, event_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (source, external_id) DO UPDATE
               SET into_id = excluded.into_id, merged = excluded.merged, occurred_at = excluded.occurred_at,
                   sequence = excluded.sequence, event_id = excluded.event_id
             WHERE {_NEWER}
            """,
            *key, into, merged, from_us(event.occurred_at), event.sequence, event.id,
        )
    )  # fmt: skip


async def set_key(tx: Writing, key: Key, account: int, event: bytes, *, now: dt.datetime, rule: str) -> None:
    """Makes a key mean an account, whatever it meant before."""
    await tx.execute(
        """
        INSERT INTO identities (source, external_id, account_id, linked_at, event_id, rule)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (source, external_id) DO UPDATE
           SET account_id = excluded.account_id, linked_at = excluded.linked_at, event_id = excluded.event_id,
               rule = excluded.rule
        """,
        *key, account, now, event, rule,
    )  # fmt: skip


async def drop_key(tx: Writing, key: Key) -> None:
    """Makes a key mean nothing."""
    await tx.execute("DELETE FROM identities WHERE source = $1 AND external_id = $2", *key)


async def barred(tx: Reading, claims: Iterable[tuple[Key, int]]) -> set[tuple[Key, int]]:
    """Those of the claims (key, account) that somebody has ruled out by unlinking."""
    wanted = list(claims)
    rows = await tx.fetch(
        """
        SELECT d.source, d.external_id, d.account_id FROM identity_decisions d
          JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS k(source, external_id, account_id)
            ON d.source = k.source AND d.external_id = k.external_id AND d.account_id = k.account_id
         WHERE NOT d.linked AND NOT EXISTS (
            SELECT FROM identity_decisions l
             WHERE l.source = d.source AND l.external_id = d.external_id AND l.account_id = d.account_id AND l.linked
               AND (l.occurred_at, l.sequence, l.event_id) > (d.occurred_at, d.sequence, d.event_id))
        """,
        [key[0] for key, _ in wanted], [key[1] for key, _ in wanted], [account for _, account in wanted],
    )  # fmt: skip
    return {((row["source"], row["external_id"]), row["account_id"]) for row in rows}


async def survivors(tx: Reading, ids: Iterable[int]) -> dict[int, int]:
    """Where events of these accounts go, merges followed."""
    rows = await tx.fetch(
        "SELECT id, coalesce(survivor, id) AS survivor FROM accounts WHERE id = ANY($1::bigint[])", list(ids)
    )
    return {row["id"]: row["survivor"] for row in rows}


async def merged_into(tx: Reading, account: int) -> int | None:
    """The account that this one was merged into, if it was."""
    found: int | None = await tx.value("SELECT merged_into FROM accounts WHERE id = $1", account)
    return found


async def below(tx: Reading, account: int) -> set[int]:
    """The account and all that were merged into it, at any depth."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE below(id) AS (
            SELECT $1::bigint UNION SELECT a.id FROM accounts a JOIN below b ON a.merged_into = b.id)
        SELECT id FROM below
        """,
        account,
    )
    return {row["id"] for row in rows}


async def redirect(tx: Writing, account: int, into: int | None, survivor: int, tree: Iterable[int]) -> None:
    """Merges an account into another, or lets it stand alone; the events of its tree go to `survivor`."""
    await tx.execute("UPDATE accounts SET merged_into = $2 WHERE id = $1", account, into)
    await tx.execute(
        "UPDATE accounts SET survivor = nullif($2::bigint, id) WHERE id = ANY($1::bigint[])", list(tree), survivor
    )


async def note_change(tx: Writing, event: bytes, now: dt.datetime) -> None:
    """What processes remember of keys is stale from this commit on."""
    await tx.execute("INSERT INTO identity_changes (at, event_id) VALUES ($1, $2)", now, event)


async def note_conflicts(tx: Writing, conflicts: Sequence[Conflict], now: dt.datetime) -> None:
    """Keeps claims that were not believed, each once, with how often it was made."""
    unique = {(*c.key, c.claimed_by, c.kind): c for c in conflicts}
    rows = [unique[name] for name in sorted(unique)]
    await tx.execute(
        """
        INSERT INTO identity_conflicts AS c
               (source, external_id, claimed_by, linked_to, kind, event_id, first_at, last_at, times)
        SELECT source, external_id, claimed_by, linked_to, kind, event_id, $7, $7, 1
          FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bytea[])
               AS k(source, external_id, claimed_by, linked_to, kind, event_id)
        ON CONFLICT (source, external_id, claimed_by, kind) DO UPDATE
           SET linked_to = excluded.linked_to, event_id = excluded.event_id, last_at = excluded.last_at,
               times = c.times + 1
        """,
        [c.key[0] for c in rows], [c.key[1] for c in rows], [c.claimed_by for c in rows], [c.linked_to for c in rows],
        [c.kind for c in rows], [c.event for c in rows], now,
    )  # fmt: skip


# --- people ---------------------------------------------------------------------------------------


async def learn_people(tx: Writing, told: Sequence[PersonKey]) -> int:
    """Notes by which ids and addresses people of accounts are known; how many are new."""
    rows = sorted(set(told))
    return await tx.execute(
        """
        INSERT INTO person_keys (source, external_id, account_id, person_id)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) ON CONFLICT DO NOTHING
        """,
        [r.key[0] for r in rows], [r.key[1] for r in rows], [r.account for r in rows], [r.person for r in rows],
    )  # fmt: skip


async def accounts_of_people(tx: Reading, keys: Iterable[Key]) -> dict[Key, int]:
    """The account of each person key that means people of one account only, after merges and moves."""
    wanted = list(keys)
    rows = await tx.fetch(
        """
        SELECT p.source, p.external_id, min(p.account_id) AS account_id FROM person_keys p
          JOIN unnest($1::text[], $2::text[]) AS k(source, external_id)
            ON p.source = k.source AND p.external_id = k.external_id
          JOIN accounts a ON a.id = p.account_id
         WHERE NOT p.moved_on
         GROUP BY p.source, p.external_id HAVING count(DISTINCT coalesce(a.survivor, a.id)) = 1
        """,
        [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return {(row["source"], row["external_id"]): row["account_id"] for row in rows}


async def accounts_of_domains(tx: Reading, domains: Iterable[str]) -> dict[str, int]:
    """The account of each domain (in small letters) that one account only has."""
    rows = await tx.fetch(
        """
        SELECT lower(domain) AS domain, min(id) AS account_id FROM accounts
         WHERE lower(domain) = ANY($1::text[]) AND merged_into IS NULL GROUP BY lower(domain) HAVING count(*) = 1
        """,
        list(domains),
    )
    return {row["domain"]: row["account_id"] for row in rows}


async def waiting_people(tx: Reading, most: int) -> list[Row]:
    """Keys of waiting events that name a person or a domain, with an address that such an event tells, if any."""
    return await tx.fetch(
        """
        SELECT account_source, account_key, min(id) AS event_id,
               max(CASE WHEN type = 'person.updated' THEN convert_from(payload, 'UTF8')::jsonb ->> 'email' END) AS email
          FROM unmatched WHERE account_source LIKE '%:person' OR account_source = 'domain'
         GROUP BY account_source, account_key ORDER BY account_source, account_key LIMIT $1
        """,
        most,
    )


async def is_anybody_waiting(tx: Reading, keys: Mapping[str, object] | Iterable[str]) -> bool:
    """Whether events wait under one of these person ids or addresses (in small letters)."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM unmatched WHERE account_source LIKE '%:person'"
            " AND lower(account_key) = ANY($1::text[]))",
            list(keys),
        )
    )
