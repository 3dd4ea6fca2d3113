"""Links that move nothing: of keys that nobody knows yet, or that mean the same account already. CRMs tell one with
nearly every change; unlike decisions that move a key, they need not pass the gate alone."""

import datetime as dt
from collections.abc import Iterable, Sequence

from services.ingest.nouns import Arrival
from services.ingest.store import accounts, identities
from services.ingest.store.accounts import Key
from shared.database import Reading, Writing
from shared.facts import Event


async def moving_nothing(tx: Reading, decisions: Sequence[Arrival]) -> set[bytes]:
    """The ids of those links that move nothing, as far as can be seen before the gate."""
    links = [event for event, _ in decisions if event.type == "identity.linked"]
    if not links:
        return set()
    told: dict[Key, set[Key]] = {}
    for event in links:
        told.setdefault(_key(event), set()).add(event.account)
    homes = await accounts.homes(tx, told.keys() | {event.account for event in links})
    return {
        event.id
        for event in links
        if len(told[_key(event)]) == 1 and homes.get(_key(event)) in (None, homes.get(event.account))
    }


async def link(tx: Writing, links: Iterable[Event], now: dt.datetime) -> tuple[dict[Key, int], list[Event]]:
    """Links the keys, but for those of which something newer was said. (where events of the keys go, the links that
    move something after all, because somebody else was faster: they are decisions like any other)."""
    newest = {_key(event): event for event in sorted(links, key=lambda e: (e.occurred_at, e.sequence, e.id))}
    homes = await accounts.homes(tx, {event.account for event in newest.values()})
    known = {key: (homes[event.account], event) for key, event in newest.items() if event.account in homes}
    meant = await accounts.homes(tx, known)
    late = [event for key, (home, event) in known.items() if meant.get(key, home) != home]
    light = {key: one for key, one in known.items() if meant.get(key, one[0]) == one[0]}
    fresh = await identities.decide_links(tx, light)
    if not fresh:
        return {}, late
    wanted = {key: (light[key][0], light[key][1].id) for key in fresh}
    places = await accounts.link(tx, wanted, now, "explicit")
    meant = await accounts.homes(tx, wanted)
    return places, late + [light[key][1] for key, (home, _) in wanted.items() if meant[key] != home]


def _key(event: Event) -> Key:
    return (event.body.source, event.body.external_id)
