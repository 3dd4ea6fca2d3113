"""Whose events are that name a person or a domain, and no account. Only what is unambiguous is believed."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from services.ingest.nouns import Arrival
from services.ingest.sources.owners import FREE_MAIL
from services.ingest.store import accounts, identities
from services.ingest.store.accounts import Key
from services.ingest.store.identities import PersonKey
from shared.database import Writing
from shared.facts import FORGOTTEN

DOMAIN = "domain"
"""Namespace of keys that are a domain on the internet."""

_MOST = 20_000
Wanted = Mapping[Key, tuple[bytes, str | None]]
"""Key → (an event that has it, an address that such an event tells)."""


def is_person(key: Key) -> bool:
    """Whether a key names a person or a domain rather than an account."""
    return key[0].endswith(":person") or key[0] == DOMAIN


async def learn(tx: Writing, told: Sequence[PersonKey], now: dt.datetime) -> None:
    """Notes people's ids and addresses, and links what waits for one of them."""
    if not told or not await identities.learn_people(tx, told):
        return
    if await identities.is_anybody_waiting(tx, {one.key[1].lower() for one in told}):
        await link_waiting(tx, now, domains=False)


async def recognise(
    tx: Writing, strangers: Mapping[Key, Arrival], now: dt.datetime, *, domains: bool
) -> dict[Key, int]:
    """Links those of the unknown keys of people and domains that lead to one account; where their events go."""
    wanted = {key: (arrival.event.id, _address_in(arrival)) for key, arrival in strangers.items()}
    return await _link(tx, wanted, now, domains=domains)


async def link_waiting(tx: Writing, now: dt.datetime, *, domains: bool) -> int:
    """The same for the keys of events that wait; how many keys were linked."""
    rows = await identities.waiting_people(tx, _MOST)
    wanted = {(row["account_source"], row["account_key"]): (row["event_id"], row["email"]) for row in rows}
    return len(await _link(tx, wanted, now, domains=domains)) if wanted else 0


async def _link(tx: Writing, wanted: Wanted, now: dt.datetime, *, domains: bool) -> dict[Key, int]:
    people = await identities.accounts_of_people(
        tx, {one for key, (_, email) in wanted.items() for one in _names(key, email)}
    )
    found: dict[str, dict[Key, tuple[int, bytes]]] = {}
    for key, (event, email) in wanted.items():
        for name in _names(key, email):
            if name in people:
                found.setdefault("email" if name[0] == "email" else "person", {})[key] = (people[name], event)
                break
    known = {key for some in found.values() for key in some}
    if domains:
        found["domain"] = await _by_domain(tx, {key: one for key, one in wanted.items() if key not in known})
    places: dict[Key, int] = {}
    for rule, links in found.items():
        fair = await _fair(tx, links)
        places |= await accounts.link(tx, fair, now, rule) if fair else {}
    return places


async def _fair(tx: Writing, links: Mapping[Key, tuple[int, bytes]]) -> dict[Key, tuple[int, bytes]]:
    """Without those that somebody has ruled out: who was taken from an account is not recognised as its own again."""
    ruled_out = await identities.barred(tx, [(key, home) for key, (home, _) in links.items()]) if links else set()
    return {key: one for key, one in links.items() if (key, one[0]) not in ruled_out}


def _names(key: Key, email: str | None) -> Iterable[Key]:
    """The person keys that a key may be, best first."""
    source, name = key
    if source != DOMAIN:
        yield key
        if "@" in name or name.startswith(FORGOTTEN):
            yield ("email", name.strip().lower())
        if email:
            yield ("email", email.strip().lower())


async def _by_domain(tx: Writing, wanted: Wanted) -> dict[Key, tuple[int, bytes]]:
    domains = {key: domain for key, (_, email) in wanted.items() if (domain := domain_of(key, email))}
    known = await identities.accounts_of_domains(tx, set(domains.values())) if domains else {}
    return {key: (known[domain], wanted[key][0]) for key, domain in domains.items() if domain in known}


def domain_of(key: Key, email: str | None = None) -> str | None:
    """The domain that may tell a key's account, in small letters; None where there is none, or anybody may have it."""
    source, name = key
    address = name if source == DOMAIN or "@" in name else email or ""
    domain = address.strip().lower().rpartition("@")[2].rstrip(".") if source == DOMAIN or "@" in address else ""
    return domain if domain and domain not in FREE_MAIL else None


def _address_in(arrival: Arrival) -> str | None:
    body = arrival.event.body
    respondent = getattr(body, "respondent", None)
    found: str | None = getattr(body, "email", None) or getattr(respondent, "email", None)
    return found
