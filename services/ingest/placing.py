"""Which account an event belongs to: ordered, deterministic, never guessed.

A key means an account because it was linked to it. Keys are linked by the event that creates the account
(`account.updated`, under its own key) and by the `external_ids` that such events name. The first link stays;
a second claim on a key is reported and changes nothing.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from services.ingest.memory import Memory
from services.ingest.nouns import Arrival
from services.ingest.store import accounts
from services.ingest.store.accounts import Key, account_id
from shared.database import Writing
from shared.logs import log


async def place(tx: Writing, arrivals: Sequence[Arrival], memory: Memory, now: dt.datetime) -> dict[Key, int]:
    """The account of every key that is known, after creating and linking what the arrivals create and link."""
    keys = {arrival.event.account for arrival in arrivals}
    places = {key: memory.keys[key] for key in keys if key in memory.keys}
    unknown = keys - places.keys()
    if unknown:
        places |= await accounts.find(tx, unknown)
    born = _creations(arrivals, keys - places.keys())
    if born:
        await accounts.create(tx, sorted(born), now)
        places |= await accounts.link(tx, {key: (account_id(key), event) for key, event in born.items()}, now)
    links = dict(_links(arrivals, places))
    if links:
        linked = await accounts.link(tx, links, now)
        _report_conflicts(links, linked)
        places |= {key: account for key, account in linked.items() if key in keys}
    tx.after_commit(lambda: memory.learn(places))
    return places


def _creations(arrivals: Iterable[Arrival], unknown: set[Key]) -> dict[Key, bytes]:
    """Unknown keys whose account an event creates, with that event."""
    return {
        arrival.event.account: arrival.event.id
        for arrival in arrivals
        if arrival.event.type == "account.updated" and arrival.event.account in unknown
    }


def _links(arrivals: Iterable[Arrival], places: dict[Key, int]) -> Iterable[tuple[Key, tuple[int, bytes]]]:
    """What the arrivals say of other sources' keys: (key, (account, event))."""
    for event, _ in arrivals:
        if event.type == "account.updated" and event.account in places and event.body.external_ids:
            for source, external_id in event.body.external_ids.items():
                yield (source, external_id), (places[event.account], event.id)


def _report_conflicts(asked: dict[Key, tuple[int, bytes]], linked: dict[Key, int]) -> None:
    for key, (account, event) in asked.items():
        if linked.get(key) != account:
            log.warning(
                "identity_conflict", source=key[0], external_id=key[1], linked_to=linked.get(key),
                claimed_by=account, event=event.hex(),
            )  # fmt: skip
