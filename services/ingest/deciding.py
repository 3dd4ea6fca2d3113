"""What people and CRMs decide about who is who: explicit links, merges, erasures. Each is an event, and what it does
is done again by a rebuild.

Of two decisions about one key the one with the greater stamp holds, in whatever order they come. Nothing is guessed:
what contradicts how an account came into being, or itself, is kept as a conflict and changes nothing.
"""

import datetime as dt
from collections.abc import Sequence

from services.ingest import erasing, refolding
from services.ingest.erasing import Person
from services.ingest.linking import key_of
from services.ingest.memory import Memory
from services.ingest.nouns import Arrival
from services.ingest.store import accounts, forgotten, identities
from services.ingest.store.accounts import Key
from services.ingest.store.identities import Conflict
from shared.database import Row, Writing
from shared.facts import Event

DECISIONS = frozenset(
    {"identity.linked", "identity.unlinked", "account.merged", "account.unmerged", "person.moved", "person.erased"}
)  # fmt: skip
"""Types of events that pass the gate alone."""


async def forget(tx: Writing, decisions: Sequence[Arrival], memory: Memory, now: dt.datetime) -> list[Person]:
    """Keeps digests of the people who are to be forgotten, so that from here on nothing names them."""
    begun = [await erasing.begin(tx, event, now) for event, _ in decisions if event.type == "person.erased"]
    people = [person for person in begun if person is not None]
    if people:
        memory.erased = await forgotten.load(tx)
    return people


async def decide(
    tx: Writing, decisions: Sequence[Event], forgotten: Sequence[Person], memory: Memory, *, now: dt.datetime,
    partitions: int,
) -> bool:  # fmt: skip
    """Does what was decided, and tells anew all accounts that it concerns; whether there were any."""
    touched: set[int] = set()
    for event in sorted(decisions, key=lambda e: (e.occurred_at, e.sequence, e.id)):
        home = (await accounts.homes(tx, [event.account])).get(event.account)
        if home is not None and event.type in _ACTS:
            touched |= await _ACTS[event.type](tx, home, event, now)
    for person in forgotten:
        await erasing.carry_out(tx, person, memory.erased)
        touched |= person.accounts
    if touched:
        await identities.note_change(tx, (decisions[0].id if decisions else b""), now)
        await refolding.tell_anew(tx, touched, now, partitions)
    return bool(touched)


async def _on_linked(tx: Writing, home: int, event: Event, now: dt.datetime) -> set[int]:
    key = key_of(event)
    known = await identities.one(tx, key)
    if known is not None and known["rule"] == "own" and known["account_id"] != home:
        return await _conflict(tx, key, home, event, "own", now=now)
    await identities.decide_links(tx, [(key, home, True, event)])
    if known is not None and known["rule"] == "own":
        return set()
    return await _follow(tx, key, known, now)


async def _on_unlinked(tx: Writing, home: int, event: Event, now: dt.datetime) -> set[int]:
    key = (event.body.source, event.body.external_id)
    known = await identities.one(tx, key)
    if known is not None and known["rule"] == "own" and known["account_id"] == home:
        return await _conflict(tx, key, home, event, "own", now=now)
    await identities.decide_links(tx, [(key, home, False, event)])
    if known is None or known["account_id"] != home:
        return set()
    return await _follow(tx, key, known, now)


async def _follow(tx: Writing, key: Key, known: Row | None, now: dt.datetime) -> set[int]:
    """Lets a key mean what was decided last, and nothing where that was taken back; who is concerned. `known`: what it
    meant up to now."""
    decided = (await identities.decided(tx, [key])).get(key)
    before: int | None = known["account_id"] if known else None
    if decided is not None:
        await identities.set_key(tx, key, *decided, now=now, rule="explicit")
    elif known is None or not (
        known["rule"] == "explicit" or await identities.barred(tx, [(key, known["account_id"])])
    ):
        return set()
    else:
        await identities.drop_key(tx, key)
    after = decided[0] if decided else None
    if before is None or before == after:
        return set()
    return set((await identities.survivors(tx, {before} | ({after} if after else set()))).values())


async def _on_merged(tx: Writing, home: int, event: Event, now: dt.datetime) -> set[int]:
    key = _other(event)
    known = await identities.one(tx, key)
    other: int | None = known["account_id"] if known else None
    tree = await identities.below(tx, other) if other is not None else set()
    if other == home:
        return set()
    if home in tree:
        return await _conflict(tx, key, home, event, "circle", now=now)
    if not await identities.decide_merge(tx, key, home, event, merged=True):
        return set()
    if other is None:
        await identities.set_key(tx, key, home, event.id, now=now, rule="merge")
        return set()
    before = await identities.merged_into(tx, other)
    if before not in (None, home):
        await _conflict(tx, key, home, event, "merged twice", now=now)
    return await _redirect(tx, other, home, home)


async def _on_unmerged(tx: Writing, home: int, event: Event, now: dt.datetime) -> set[int]:
    key = _other(event)
    if not await identities.decide_merge(tx, key, home, event, merged=False):
        return set()
    known = await identities.one(tx, key)
    if known is None:
        return set()
    if known["rule"] == "merge" and known["account_id"] == home:
        await identities.drop_key(tx, key)
        return set((await identities.survivors(tx, [home])).values())
    other = known["account_id"]
    if await identities.merged_into(tx, other) != home:
        return set()
    return await _redirect(tx, other, None, other)


async def _redirect(tx: Writing, account: int, into: int | None, towards: int) -> set[int]:
    """Sends the account and all that were merged into it to where `towards` goes; who is concerned."""
    before = await identities.survivors(tx, [account, towards])
    tree = await identities.below(tx, account)
    survivor = account if into is None else before[towards]
    await identities.redirect(tx, account, into, survivor, tree)
    return {*before.values(), survivor}


def _other(event: Event) -> Key:
    return (event.body.from_source or event.account[0], event.body.from_id)


async def _conflict(tx: Writing, key: Key, home: int, event: Event, kind: str, *, now: dt.datetime) -> set[int]:
    known = await identities.one(tx, key)
    linked_to = known["account_id"] if known else None
    await identities.note_conflicts(tx, [Conflict(key, home, linked_to, kind, event.id)], now)
    return set()


_ACTS = {
    "identity.linked": _on_linked,
    "identity.unlinked": _on_unlinked,
    "person.moved": _on_linked,
    "account.merged": _on_merged,
    "account.unmerged": _on_unmerged,
}
