"""A person's rights: everything that names them as one document, and to be forgotten."""

import datetime as dt
import json
from typing import Any

from services.ingest import erasing, identity
from services.ingest.erasing import Person
from services.ingest.handle import Ingest
from services.ingest.naming import Naming
from services.ingest.store import persons, privacy
from services.ingest.store import unmatched as unmatched_store
from shared.database import Reading, Row, Writing
from shared.errors import NotFound


async def find(tx: Reading, text: str, account: int | None = None) -> Person:
    """Who is meant by an address, or by an id in any source or at any account; `account`: an id at this account alone.
    Raises NotFound."""
    if "@" in text and account is None:
        person = await erasing.complete(tx, Person(keys={("email", text.strip().lower())}))
        person = person if person.pairs else await _by_id(tx, text, None)
    else:
        person = await _by_id(tx, text, account)
    if not person.pairs and not await _is_named(tx, person):
        raise NotFound(f"nobody is known as {text}", "name an e-mail address, or the person's id with --account")
    return person


async def _by_id(tx: Reading, text: str, account: int | None) -> Person:
    person = Person()
    if account is not None:
        person.pairs.add((account, text))
    else:
        for row in await persons.people(tx, (), [text], ()):
            person.pairs.add((row["account_id"], row["person_id"]))
        for row in await persons.keys_by_id(tx, text):
            person.pairs.add((row["account_id"], row["person_id"]))
            person.keys.add((row["source"], row["external_id"]))
        if "@" in text:
            person.keys.add(("email", text.strip().lower()))
    return await erasing.complete(tx, person)


async def _is_named(tx: Reading, person: Person) -> bool:
    if not person.ids | person.emails | person.names:
        return False
    return bool(await privacy.waiting(tx, _small(person)) or await erasing.named_raw(tx, person))


def _small(person: Person) -> list[str]:
    return [name.lower() for name in sorted(person.ids | person.emails | person.names)]


async def export(tx: Reading, text: str, account: int | None = None) -> dict[str, Any]:
    """Everything that names a person, for JSON: how they are known, what the record says of them, every event that
    names them with its payload, their activity by day, what waits, which rejected records hold their names, or an id
    that may be a namesake's."""
    person = await find(tx, text, account)
    rows = await persons.people(tx, person.pairs, (), person.emails)
    return {
        "person": {"accounts": sorted(person.accounts), "ids": sorted(person.ids), "emails": sorted(person.emails)},
        "known_as": [
            {"source": source.removesuffix(":person"), "id": name} for source, name in sorted(person.keys)
        ],
        "people": [dict(row) for row in rows],
        "events": await _events(tx, person),
        "activity": [dict(row) for row in await privacy.count_activity(tx, person.accounts, erasing.as_ids(person))],
        "waiting": [_shown(row) for row in await privacy.waiting(tx, _small(person))],
        "rejected": [_rejected(row, found) for row, found in await erasing.named_raw(tx, person)],
    }  # fmt: skip


async def _events(tx: Reading, person: Person) -> list[dict[str, Any]]:
    names = [name.lower() for name in person.emails | person.names]
    ids = [json.dumps(one, ensure_ascii=False) for one in person.ids]
    found = []
    async for row in privacy.telling(tx, person.accounts):
        text = row["payload"].decode()
        if any(one in text for one in ids) or any(name in text.lower() for name in names):
            found.append(_shown(row))
    return found


def _rejected(row: Row, found: Naming) -> dict[str, Any]:
    said = {name: row[name] for name in ("id", "source", "reason", "rejected_at")}
    return said | {"perhaps_a_namesake": found is Naming.AN_ID}


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"].hex(), "source": row["source"], "type": row["type"],
        "account": f"{row['account_source']}:{row['account_key']}", "occurred_at": row["occurred_at"],
        "received_at": row["received_at"], "data": json.loads(row["payload"]),
    }  # fmt: skip


async def erase(tx: Writing, ingest: Ingest, text: str, account: int | None = None, *, now: dt.datetime) -> int:
    """Forgets a person at every account where they are known; how many accounts. Raises NotFound."""
    person = await find(tx, text, account)
    emails: list[str | None] = [*sorted(person.emails)] or [None]
    wanted = sorted(person.pairs) or [(0, "")]
    for place, own in wanted:
        if (place, own) != wanted[0] and not await persons.person_keys(tx, [(place, own)], ()):
            continue  # the first request found them by what they are also known as
        subject = await unmatched_store.own_key(tx, place) if place else None
        for email in emails if (place, own) == wanted[0] else emails[:1]:
            told = {"person_id": own or None, "email": email}
            await identity.decide(tx, ingest, "person.erased", subject or ("steward:person", text), now, **told)
    return len(person.accounts)
