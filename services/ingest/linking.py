"""Links that move nothing: of keys that nobody knows yet, or that mean the same account already. CRMs tell one with
nearly every change; unlike decisions that move a key, they need not pass the gate alone."""

import datetime as dt
from collections.abc import Iterable, Sequence

from services.ingest.nouns import Arrival
from services.ingest.sources import SPEAKERS
from services.ingest.store import accounts, identities
from services.ingest.store.accounts import Key
from shared.database import Reading, Writing
from shared.facts import Event

LINKS = frozenset({"identity.linked", "person.moved"})
"""Types of events that link a key to their account."""


async def moving_nothing(tx: Reading, decisions: Sequence[Arrival]) -> set[bytes]:
    """The ids of those links that move nothing, as far as can be seen before the gate."""
    links = [event for event, _ in decisions if event.type in LINKS]
    if not links:
        return set()
    told: dict[Key, set[Key]] = {}
    for event in links:
        told.setdefault(key_of(event), set()).add(event.account)
    homes = await accounts.homes(tx, told.keys() | {event.account for event in links})
    return {
        event.id
        for event in links
        if len(told[key_of(event)]) == 1 and homes.get(key_of(event)) in (None, homes.get(event.account))
    }


async def link(tx: Writing, links: Iterable[Event], now: dt.datetime) -> tuple[dict[Key, int], list[Event]]:
    """Links the keys, but for those of which something newer was said. (where events of the keys go, the links that
    move something after all, because somebody else was faster: they are decisions like any other)."""
    newest = {key_of(event): event for event in sorted(links, key=lambda e: (e.occurred_at, e.sequence, e.id))}
    homes = await accounts.homes(tx, {event.account for event in newest.values()})
    known = {key: (homes[event.account], event) for key, event in newest.items() if event.account in homes}
    meant = await accounts.homes(tx, known)
    late = [event for key, (home, event) in known.items() if meant.get(key, home) != home]
    light = {key: one for key, one in known.items() if meant.get(key, one[0]) == one[0]}
    if not light:
        return {}, late
    await identities.decide_links(tx, [(key, home, True, event) for key, (home, event) in light.items()])
    decided = await identities.decided(tx, light)
    wanted = {key: decided[key] for key, (home, _) in light.items() if key in decided and decided[key][0] == home}
    places = await accounts.link(tx, wanted, now, "explicit") if wanted else {}
    meant = await accounts.homes(tx, wanted)
    return places, late + [light[key][1] for key, (home, _) in wanted.items() if meant[key] != home]


def key_of(event: Event) -> Key:
    """The key that a link means: the one that it names, or that of the person who has moved."""
    return person_key(event) if event.type == "person.moved" else (event.body.source, event.body.external_id)


def person_key(event: Event) -> Key:
    """The key of the person whom an event tells of: in the ids of its source where that has people of its own."""
    own = event.source if event.source in SPEAKERS else event.account[0].removesuffix(":person")
    return f"{own}:person", event.body.person_id
