"""Where people are named: found, shown, taken out. And the digests of those who were forgotten."""

import datetime as dt
import re
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from services.ingest.shielding import GIVEN_UP
from services.ingest.store.accounts import Key
from services.ingest.veil import Erased
from shared.database import Reading, Row, Writing
from shared.outbox import pack_headers

Pair = tuple[int, str]
"""(account, id of a person there)."""

_ACTIVITY = (
    "account_id", "version", "received_at", "source", "type", "account_source", "account_key",
    "ids", "occurred", "received", "sequences", "payloads",
)  # fmt: skip


# --- digests --------------------------------------------------------------------------------------


async def load(tx: Reading) -> Erased:
    """Everybody who was forgotten."""
    rows = await tx.fetch("SELECT digest, pseudonym FROM erased")
    salt: bytes | None = await tx.value("SELECT salt FROM erased_salt")
    return Erased(salt or b"", {row["digest"]: row["pseudonym"] for row in rows})


async def salt(tx: Writing) -> bytes:
    """The installation's salt, drawn when somebody is erased for the first time."""
    await tx.execute("INSERT INTO erased_salt (salt) VALUES ($1) ON CONFLICT DO NOTHING", secrets.token_bytes(32))
    found: bytes = await tx.value("SELECT salt FROM erased_salt")
    return found


async def pseudonym_of(tx: Reading, digests: Sequence[bytes]) -> str | None:
    """What stands for somebody of whom one of these digests is kept already."""
    found: str | None = await tx.value(
        "SELECT pseudonym FROM erased WHERE digest = ANY($1::bytea[]) ORDER BY erased_at, pseudonym LIMIT 1",
        list(digests),
    )
    return found


async def keep(tx: Writing, digests: Sequence[bytes], pseudonym: str, now: dt.datetime) -> None:
    """Keeps digests of one person."""
    await tx.execute(
        "INSERT INTO erased (digest, pseudonym, erased_at)"
        " SELECT digest, $2, $3 FROM unnest($1::bytea[]) AS digest ON CONFLICT DO NOTHING",
        sorted(digests), pseudonym, now,
    )  # fmt: skip


# --- who it is ------------------------------------------------------------------------------------


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


async def subject_of(tx: Reading, account: int) -> Row | None:
    """A key by which an event can be told of an account: source, external_id."""
    return await tx.row(
        """
        SELECT i.source, i.external_id FROM identities i JOIN accounts a ON a.id = i.account_id
         WHERE coalesce(a.survivor, a.id) = $1 AND i.source NOT LIKE '%:person' AND i.source <> 'domain'
         ORDER BY i.account_id <> $1, i.rule <> 'own', i.source <> 'native', i.source, i.external_id LIMIT 1
        """,
        account,
    )


# --- events ---------------------------------------------------------------------------------------


async def telling(tx: Reading, accounts: Collection[int]) -> AsyncIterator[Row]:
    """The events of accounts that tell more than activity: id, source, type, key, times and payload."""
    async for row in tx.stream(
        """
        SELECT id, source, type, account_id, account_source, account_key, occurred_at, received_at, payload
          FROM telling_events WHERE account_id = ANY($1::bigint[]) ORDER BY occurred_at, id
        """,
        list(accounts),
    ):
        yield row


async def rewrite_telling(
    tx: Writing, accounts: Collection[int], changed: Mapping[bytes, tuple[str, bytes]]
) -> set[dt.date]:
    """Writes payloads and keys of events over: id → (account key, payload). The UTC days on which they had arrived."""
    rows = await tx.fetch(
        """
        UPDATE telling_events e SET account_key = n.key, payload = n.payload
          FROM unnest($2::bytea[], $3::text[], $4::bytea[]) AS n(id, key, payload)
         WHERE e.account_id = ANY($1::bigint[]) AND e.id = n.id
        RETURNING (e.received_at AT TIME ZONE 'UTC')::date AS day
        """,
        list(accounts), list(changed), [key for key, _ in changed.values()], [raw for _, raw in changed.values()],
    )  # fmt: skip
    return {row["day"] for row in rows}


async def take_activity(tx: Writing, accounts: Collection[int], needles: Collection[bytes]) -> list[dict[str, Any]]:
    """Takes rows of activity out whose payloads hold one of the needles, or that have a person's key."""
    rows = await tx.fetch(
        f"""
        DELETE FROM activity WHERE account_id = ANY($1::bigint[])
           AND (account_source LIKE '%:person'
                OR EXISTS (SELECT FROM unnest($2::bytea[]) AS n WHERE position(n IN payloads) > 0))
        RETURNING {", ".join(_ACTIVITY)}
        """,
        list(accounts), list(needles),
    )  # fmt: skip
    return [dict(row) for row in rows]


async def put_activity(tx: Writing, rows: Iterable[Mapping[str, Any]]) -> None:
    """Puts rows of activity back."""
    await tx.copy("activity", _ACTIVITY, [tuple(row[name] for name in _ACTIVITY) for row in rows])


async def count_activity(tx: Reading, accounts: Collection[int], needles: Collection[bytes]) -> list[Row]:
    """How many uses and sign-ins hold one of the needles, by account, type and UTC day."""
    return await tx.fetch(
        """
        SELECT e.account_id, e.type, (e.occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM events e
         WHERE e.account_id = ANY($1::bigint[]) AND e.type IN ('usage.recorded', 'login.recorded')
           AND EXISTS (SELECT FROM unnest($2::bytea[]) AS n WHERE position(n IN e.payload) > 0)
         GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
        """,
        list(accounts), list(needles),
    )  # fmt: skip


# --- what waits or was rejected -------------------------------------------------------------------


async def waiting(tx: Reading, needles: Collection[str]) -> list[Row]:
    """Events that wait and hold one of the needles (in small letters) in key or payload."""
    return await tx.fetch(
        """
        SELECT id, source, type, account_source, account_key, occurred_at, received_at, payload FROM unmatched u
         WHERE EXISTS (SELECT FROM unnest($1::text[]) AS n
                        WHERE strpos(lower(u.account_key), n) > 0
                           OR strpos(lower(convert_from(u.payload, 'UTF8')), n) > 0)
        """,
        list(needles),
    )


async def rewrite_waiting(tx: Writing, changed: Mapping[bytes, tuple[str, bytes]]) -> None:
    """Writes payloads and keys of waiting events over: id → (account key, payload)."""
    if changed:
        await tx.execute(
            """
            UPDATE unmatched u SET account_key = n.key, payload = n.payload
              FROM unnest($1::bytea[], $2::text[], $3::bytea[]) AS n(id, key, payload) WHERE u.id = n.id
            """,
            list(changed), [key for key, _ in changed.values()], [raw for _, raw in changed.values()],
        )  # fmt: skip


async def rejected(tx: Reading, needles: Collection[bytes]) -> list[Row]:
    """Rejected records that hold one of the needles in key, headers or body: id, source, reason, rejected_at."""
    return await tx.fetch(
        """
        SELECT id, source, reason, rejected_at FROM rejected r
         WHERE EXISTS (SELECT FROM unnest($1::bytea[]) AS n
                        WHERE position(n IN r.value) > 0 OR position(n IN r.headers) > 0
                           OR position(n IN coalesce(r.key, '')) > 0)
         ORDER BY id
        """,
        list(needles),
    )


async def blank_rejected(tx: Writing, ids: Sequence[int]) -> int:
    """Empties rejected records and gives them up; how many."""
    return await tx.execute(
        """
        UPDATE rejected SET status = 'discarded', words = $2, headers = $3, key = convert_to(id::text, 'UTF8'),
               value = ''
         WHERE id = ANY($1::bigint[])
        """,
        list(ids), GIVEN_UP, pack_headers([]),
    )  # fmt: skip


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


# --- what other services have written -------------------------------------------------------------


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
