"""What is known of a batch's accounts: out of memory where the database still agrees, else read. Under their locks."""

from collections.abc import Iterable, Mapping

from services.ingest.memory import Known, Memory
from services.ingest.nouns import Share
from services.ingest.store import facts as fact_store
from services.ingest.store.facts import person_key
from shared.database import Writing
from shared.facts import decode
from shared.fold.areas import unpack

_FEW = 300
"""An account with so many people in its window is read with all of them at once; of larger ones only who comes up."""


async def recall(tx: Writing, shares: Mapping[int, Share], memory: Memory) -> dict[int, Known]:
    """Locks the accounts; their facts, and the presence of the people that the events tell of."""
    versions = await fact_store.lock(tx, shares)
    known: dict[int, Known] = {}
    for account, version in versions.items():
        remembered = memory.take(account, version)
        if remembered is not None:
            known[account] = remembered
    missing = [account for account in shares if account not in known]
    if missing:
        for account, stored in (await fact_store.load(tx, missing)).items():
            version = versions[account]
            known[account] = Known(version, decode(stored.facts), unpack(stored.changed, version.number))
    await _recall_people(tx, shares, known)
    return known


async def _recall_people(tx: Writing, shares: Mapping[int, Share], known: Mapping[int, Known]) -> None:
    """Completes the presence of everybody whose activity the events tell of."""
    unread: list[int] = []
    crowded: dict[int, Iterable[str]] = {}
    for account, share in shares.items():
        one = known[account]
        if one.unnamed is None and share.active:
            if one.facts.last_seen is None:
                one.unnamed = {}  # nobody was ever active
            elif sum(one.facts.last_active) <= _FEW:
                unread.append(account)
            else:
                crowded[account] = _strangers(one, share)
    if unread:
        for account, people in (await fact_store.load_presence(tx, unread)).items():
            known[account].unnamed = people
    if crowded:
        for account, presence in (await fact_store.load_presence_of(tx, crowded)).items():
            known[account].presence.update(presence)
    for account, share in shares.items():
        one = known[account]
        if one.unnamed and share.active:
            _name(one, one.unnamed, share)


def _strangers(one: Known, share: Share) -> set[str]:
    return {event.body.person_id for event, _ in share.active} - one.presence.keys()


def _name(one: Known, unnamed: dict[int, tuple[int, int]], share: Share) -> None:
    for person in _strangers(one, share):
        found = unnamed.pop(person_key(person), None)
        if found is not None:
            one.presence[person] = found
