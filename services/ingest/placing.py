"""Which account an event belongs to: ordered, deterministic, never guessed.

A key means an account because it was linked to it, by the first of these rules that applies:

1. explicit: somebody decided it (`identity.linked`, `person.moved`);
2. own: the account was created under it (`account.updated`);
3. told: `external_ids` of an account name it: a CRM's id, a Stripe customer, an organisation, a group;
4. person: it names a person by an id that one account's people have;
5. email: it names a person, by it or in the event, with an address that one account's people have;
6. domain, where switched on: the part of that address behind the @, or the key itself, is one account's domain.

The first link of a key stays, but for decisions; a second claim is kept as a conflict and changes nothing. Who is
decided upon, see `deciding`; that accounts may be merged, see there, too.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from services.ingest import deciding, gate, linking, recognising
from services.ingest.memory import Memory
from services.ingest.nouns import Arrival
from services.ingest.store import accounts, identities
from services.ingest.store.accounts import Key, account_id
from services.ingest.store.identities import Conflict, PersonKey
from shared.database import Writing
from shared.facts import Event
from shared.logs import log
from shared.settings import Settings

_PEOPLE = frozenset({"person.updated", "person.linked", "person.moved"})
_NOTABLE = deciding.DECISIONS | _PEOPLE | {"account.updated"}
_EVERYDAY = Settings.model_construct()


async def place(
    tx: Writing, arrivals: list[Arrival], memory: Memory, now: dt.datetime, settings: Settings = _EVERYDAY
) -> dict[Key, int]:
    """The account of every key that is known, after creating, linking and deciding what the arrivals say.

    Nobody changes meanwhile what keys mean, until the commit. In `arrivals` itself, people who were forgotten are
    replaced by what stands for them, and requests to forget somebody of no known account, which are done with, go."""
    notable = [arrival for arrival in arrivals if arrival[0][2] in _NOTABLE]
    decisions = [arrival for arrival in notable if arrival.event.type in deciding.DECISIONS]
    light = await linking.moving_nothing(tx, decisions) if decisions else set()
    decisions = [arrival for arrival in decisions if arrival.event.id not in light]
    await gate.enter(tx, memory, alone=bool(decisions))
    changes = memory.changes
    forgotten = await deciding.forget(tx, decisions, memory, now) if decisions else []
    if memory.erased.count:
        _veil(arrivals, memory)
        notable = [arrival for arrival in arrivals if arrival[0][2] in _NOTABLE]
    keys = {event[3] for event, _ in arrivals}
    places = {key: memory.keys[key] for key in keys if key in memory.keys}
    unknown = keys - places.keys()
    if unknown:
        places |= await accounts.find(tx, unknown)
    if notable:
        await _take_note(tx, notable, keys, places, now)
    late: list[Event] = []
    if light:
        linked, late = await linking.link(tx, (event for event, _ in notable if event.id in light), now)
        places |= {key: account for key, account in linked.items() if key in keys}
        if late:
            await gate.enter(tx, memory, alone=True)
    missing = {key for key in keys - places.keys() if recognising.is_person(key)}
    if missing:
        strangers = {arrival.event.account: arrival for arrival in arrivals if arrival.event.account in missing}
        places |= await recognising.recognise(tx, strangers, now, domains=settings.match_email_domains)
    if decisions or forgotten or late:
        heavy = (event for event, _ in notable if event.type in deciding.DECISIONS and event.id not in light)
        decided = [*heavy, *late]
        if await deciding.decide(tx, decided, forgotten, memory, now=now, partitions=settings.partitions):
            places = await accounts.find(tx, keys)
        arrivals[:] = [a for a in arrivals if a.event.type != "person.erased" or a.event.account in places]
    tx.after_commit(lambda: memory.learn(places) if memory.changes == changes else None)
    return places


def _veil(arrivals: list[Arrival], memory: Memory) -> None:
    veil = memory.erased.veil
    for i, (event, received) in enumerate(arrivals):
        veiled = veil(event)
        if veiled is not event:
            arrivals[i] = Arrival(veiled, received)


async def _take_note(
    tx: Writing, notable: Sequence[Arrival], keys: set[Key], places: dict[Key, int], now: dt.datetime
) -> None:
    """Creates accounts, links what events say of them, and learns who their people are; completes `places`."""
    born = _creations(notable, keys - places.keys())
    if born:
        await accounts.create(tx, sorted(born), now)
        links = {key: (account_id(key), event) for key, event in born.items()}
        places |= await accounts.link(tx, links, now, "own")
    claims = list(_claims(notable, places))
    people = [arrival for arrival in notable if arrival.event.type in _PEOPLE and arrival.event.account in places]
    if claims or people:
        homes = await accounts.homes(tx, {arrival.event.account for arrival in notable})
        await _link(tx, [(key, homes[owner], event) for key, owner, event in claims], keys, places, now)
        await recognising.learn(tx, list(_person_keys(people, homes)), now)


def _creations(arrivals: Iterable[Arrival], unknown: set[Key]) -> dict[Key, bytes]:
    """Unknown keys whose account an event creates, with that event."""
    return {
        event.account: event.id
        for event, _ in arrivals
        if event.type == "account.updated" and event.account in unknown and not recognising.is_person(event.account)
    }


def _claims(arrivals: Iterable[Arrival], places: Mapping[Key, int]) -> Iterable[tuple[Key, Key, bytes]]:
    """What the arrivals say of other sources' keys: (key, the account's own key, event)."""
    for event, _ in arrivals:
        if event.type == "account.updated" and event.account in places and event.body.external_ids:
            for source, external_id in event.body.external_ids.items():
                yield (source, external_id), event.account, event.id


async def _link(
    tx: Writing, claims: Sequence[tuple[Key, int, bytes]], keys: set[Key], places: dict[Key, int], now: dt.datetime
) -> None:
    """Links what is claimed (key, home, event), but for what was ruled out or means another account already."""
    if not claims:
        return
    barred = await identities.barred(tx, [(key, home) for key, home, _ in claims])
    fair = [claim for claim in claims if claim[:2] not in barred]
    linked = await accounts.link(tx, {key: (home, event) for key, home, event in reversed(fair)}, now) if fair else {}
    places |= {key: account for key, account in linked.items() if key in keys}
    survivors = await identities.survivors(tx, {home for _, home, _ in fair})
    conflicts = [
        Conflict(key, home, linked[key], "claim", event) for key, home, event in fair if linked[key] != survivors[home]
    ]
    if conflicts:
        await identities.note_conflicts(tx, conflicts, now)
    for key, claimed_by, linked_to, _, event in conflicts:
        log.warning(
            "identity_conflict", source=key[0], external_id=key[1], linked_to=linked_to, claimed_by=claimed_by,
            told_by=event.hex(),
        )  # fmt: skip


def _person_keys(people: Iterable[Arrival], homes: Mapping[Key, int]) -> Iterable[PersonKey]:
    """By which ids and addresses the people are known whom the arrivals tell of."""
    for event, _ in people:
        body, home = event.body, homes[event.account]
        key = linking.person_key(event)
        yield PersonKey(key, home, body.person_id)
        if event.type == "person.moved":
            continue
        if body.email:
            yield PersonKey(("email", body.email.strip().lower()), home, body.person_id)
        if event.type == "person.linked" and body.external_id:
            named = f"{body.source}:person" if body.source else key[0]
            yield PersonKey((named, body.external_id), home, body.person_id)
