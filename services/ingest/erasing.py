"""A person is forgotten: digests of their names are kept, and all that names them is written over.

What they did still counts, under a pseudonym. Their names, addresses, titles and own words go; so do their names in
other people's sentences.
"""

import datetime as dt
import secrets
from dataclasses import dataclass, field

import msgspec

from services.ingest.naming import KnownBy, Naming, naming, needles
from services.ingest.store import accounts, archive, forgotten, persons, privacy
from services.ingest.store.accounts import Key
from services.ingest.store.persons import Pair
from services.ingest.veil import Erased, Names, digests, names_of
from shared.clock import UTC
from shared.database import Reading, Row, Writing
from shared.facts import FORGOTTEN, Event
from shared.outbox import unpack_headers

_payloads = msgspec.json.Decoder(list[msgspec.Raw]).decode
_LEAST_NAME = 4  # shorter names are words of other sentences, too


@dataclass
class Person:
    """Somebody, by all the ways in which they are known."""

    pairs: set[Pair] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)
    """Ids in sources (`<name>:person`) and addresses (`email`)."""
    names: set[str] = field(default_factory=set)
    spaces: set[tuple[str, str, str]] = field(default_factory=set)
    """(namespace, account, id) of events that name them."""
    pseudonym: str = ""

    @property
    def emails(self) -> set[str]:
        return {name for source, name in self.keys if source == "email"}

    @property
    def ids(self) -> set[str]:
        return {one for _, one in self.pairs} | {name for source, name in self.keys if source != "email"}

    @property
    def accounts(self) -> set[int]:
        return {account for account, _ in self.pairs}


async def who_is(tx: Reading, event: Event) -> Person:
    """Everything by which the person of a `person.erased` is known."""
    person = Person()
    named, email = event.body.person_id, event.body.email
    if email:
        person.keys.add(("email", email.strip().lower()))
    if named:
        person.keys.add((f"{event.account[0].removesuffix(':person')}:person", named))
        person.spaces.update(names_of(event.account, named, event.source))
        place = (await accounts.find(tx, [event.account])).get(event.account)
        if place is not None:
            person.pairs.add((place, named))
    return await complete(tx, person)


async def complete(tx: Reading, person: Person) -> Person:
    """The person with what is known of them: their other addresses, ids and accounts. A native id means them at the
    accounts that are named alone."""
    known = -1
    while known != len(person.pairs) + len(person.keys):
        known = len(person.pairs) + len(person.keys)
        for row in await persons.people(tx, person.pairs, (), person.emails):
            person.pairs.add((row["account_id"], row["person_id"]))
            person.names |= {row["name"]} if row["name"] and len(row["name"]) >= _LEAST_NAME else set()
            if row["email"]:
                person.keys.add(("email", row["email"].strip().lower()))
        asked = {key for key in person.keys if key[0] != "native:person"}
        for row in await persons.person_keys(tx, person.pairs, asked):
            person.pairs.add((row["account_id"], row["person_id"]))
            person.keys.add((row["source"], row["external_id"]))
    await _note_spaces(tx, person)
    return person


async def _note_spaces(tx: Reading, person: Person) -> None:
    person.spaces |= {name for key in person.keys if _has_own_ids(key[0]) for name in names_of(key, key[1])}
    for account, source, key in await persons.account_keys(tx, person.accounts):
        person.spaces |= {(source, key, named) for place, named in person.pairs if place == account}


def _has_own_ids(source: str) -> bool:
    return source not in ("email", "native:person")


async def begin(tx: Writing, event: Event, now: dt.datetime) -> Person | None:
    """Keeps digests of the person whom a `person.erased` names. None: it was done before."""
    if (event.body.person_id or event.body.email or "").startswith(FORGOTTEN):
        return None
    person = await who_is(tx, event)
    salt = await forgotten.salt(tx)
    kept = digests(salt, Names(frozenset(person.spaces), frozenset(person.emails)))
    person.pseudonym = await forgotten.pseudonym_of(tx, kept) or FORGOTTEN + secrets.token_hex(8)
    await forgotten.keep(tx, kept, person.pseudonym, now)
    return person


async def carry_out(tx: Writing, person: Person, erased: Erased) -> None:
    """Writes over whatever names the person, but for facts and lists, which are to be told anew from it."""
    new = {key: erased.stand_in(person.pseudonym, key[1]) for key in sorted(person.keys)}
    people = {one: erased.stand_in(person.pseudonym, one) for one in sorted(person.ids)}
    await persons.rename_keys(tx, person.accounts, new, people)
    await _veil_telling(tx, person, erased)
    await _veil_activity(tx, person, erased)
    await _veil_waiting(tx, person, erased)
    await privacy.blank_rejected(tx, [row["id"] for row, _ in await named_raw(tx, person)])
    await persons.forget_elsewhere(tx, person.accounts, people, in_sentences(person))


def in_sentences(person: Person) -> set[str]:
    """What names the person where people write: addresses, names, and ids that no word of a sentence can be."""
    ids = {one for one in person.ids if len(one) >= _LEAST_NAME and not one.isalpha() and not one.isdigit()}
    return {name for name in person.emails | person.names | ids if not name.startswith(FORGOTTEN)}


async def named_raw(tx: Reading, person: Person) -> list[tuple[Row, Naming]]:
    """The rejected records that name the person, or hold an id that may be theirs: (id, source, reason, rejected_at),
    and which of both."""
    known = known_by(person)
    judged = [
        (row, naming(known, row["source"], [row["key"] or b"", *_values(row["headers"])], row["value"]))
        async for row in privacy.rejected(tx, needles(known))
    ]
    return [(row, found) for row, found in judged if found is not Naming.NOTHING]


def _values(headers: bytes) -> list[bytes]:
    return [value for _, value in unpack_headers(headers)]


def known_by(person: Person) -> KnownBy:
    """The same without their places. A system knows them by an id also where an account of theirs is known to it."""
    known = {(source.removesuffix(":person"), one) for source, one in person.keys if source != "email"}
    spaces = {(space, one) for space, _, one in person.spaces}
    own = {(system, one) for system, one in known | spaces if system != "native"}
    accounts = {account for _, account, _ in person.spaces if account}
    return KnownBy(frozenset(person.emails | person.names), frozenset(person.ids), frozenset(own), frozenset(accounts))


def as_ids(person: Person) -> list[bytes]:
    """The person's ids and addresses as activity spells the id of whoever was active."""
    return [msgspec.json.encode(one) for one in sorted(person.ids | person.emails)]


async def _veil_telling(tx: Writing, person: Person, erased: Erased) -> None:
    changed: dict[bytes, tuple[str, bytes]] = {}
    async for row in privacy.telling(tx, person.accounts):
        key = (row["account_source"], row["account_key"])
        veiled = erased.veil_raw(row["type"], key, row["payload"], person.names, row["source"])
        if veiled is not None:
            changed[row["id"]] = (veiled[0][1], veiled[1])
    await archive.note_stale(tx, "telling", await privacy.rewrite_telling(tx, person.accounts, changed))


async def _veil_activity(tx: Writing, person: Person, erased: Erased) -> None:
    rows = await privacy.take_activity(tx, person.accounts, as_ids(person))
    for row in rows:
        key = (row["account_source"], row["account_key"])
        payloads = [bytes(raw) for raw in _payloads(row["payloads"])]
        veiled = [erased.veil_raw(row["type"], key, raw, source=row["source"]) or (key, raw) for raw in payloads]
        row["account_key"] = veiled[0][0][1]
        row["payloads"] = b"[%b]" % b",".join(raw for _, raw in veiled)
    await privacy.put_activity(tx, rows)
    await archive.note_stale(tx, "activity", {row["received_at"].astimezone(UTC).date() for row in rows})


async def _veil_waiting(tx: Writing, person: Person, erased: Erased) -> None:
    changed: dict[bytes, tuple[str, bytes]] = {}
    wanted = [name.lower() for name in sorted(person.ids | person.emails | person.names)]
    for row in await privacy.waiting(tx, wanted):
        key = (row["account_source"], row["account_key"])
        veiled = erased.veil_raw(row["type"], key, row["payload"], person.names, row["source"])
        if veiled is not None:
            changed[row["id"]] = (veiled[0][1], veiled[1])
    await privacy.rewrite_waiting(tx, changed)
