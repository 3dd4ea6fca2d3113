"""Accepted events become facts: shared out, folded at once for each account, and kept, with all that follows."""

import datetime as dt
import random
from collections.abc import Iterable, Mapping
from itertools import chain

from services.ingest.memory import Known, Memory
from services.ingest.nouns import Arrival, Share
from services.ingest.recalling import recall
from services.ingest.store import events as event_store
from services.ingest.store import facts as fact_store
from services.ingest.store import lists
from services.ingest.store.facts import Version, Written
from services.ingest.wakeups import wakeups
from shared import outbox
from shared.clock import DAY_US, day_of, from_us
from shared.database import Writing
from shared.facts import Presence, encode
from shared.facts.still import encode_moving, still_of
from shared.fold import ACTIVITY, areas, fold_parts

_LARGE = 1_000
"""Facts of more bytes are not encoded whole again while only activity is folded in."""


def share_out(
    arrivals: Iterable[Arrival], places: Mapping[tuple[str, str], int]
) -> tuple[dict[int, Share], list[Arrival]]:
    """(each account's share of the arrivals, those whose account is not known)."""
    shares: dict[int, Share] = {}
    homeless = []
    for n, arrival in enumerate(arrivals):
        event = arrival[0]
        account = places.get(event[3])
        if account is None:
            homeless.append(arrival)
            continue
        share = shares.get(account)
        if share is None:
            share = shares[account] = Share()
        if event[2] in ACTIVITY:
            share.active.append(arrival)
        else:
            share.telling.append(arrival)
            share.places.append(n)
    return shares, homeless


async def fold(
    tx: Writing, shares: Mapping[int, Share], memory: Memory, now: dt.datetime, partitions: int, *,
    rebase: bool = False, more: bool = False,
) -> None:  # fmt: skip
    """Folds events into their accounts' facts and keeps all that follows. `more`: other events follow at once."""
    if not shares:
        return
    known = await recall(tx, shares, memory)
    moved: dict[int, Presence] = {}
    stamp = random.getrandbits(63)
    written = [_fold_one(account, known[account], share, stamp, moved) for account, share in shares.items()]
    await fact_store.save(tx, written, now)
    await fact_store.save_presence(tx, moved)
    versions = {account: version.number for account, version, _, _ in written}
    await _keep(tx, shares, versions, known)
    arrivals = list(chain.from_iterable(shares.values()))
    received = [arrival[1] for arrival in arrivals]
    if rebase:
        await event_store.note_history(tx, versions)
    elif min([event[4] for event, _ in arrivals]) // DAY_US < max(received) // DAY_US:
        await event_store.correct(tx, _corrections(shares, versions))
    arrived = from_us(min(received))
    told = wakeups(versions.items(), arrived, partitions, now, rebase="import" if rebase else None, more=more)
    await outbox.put(tx, "ingest", told)
    tx.after_commit(lambda: memory.remember(known, moved))


def _fold_one(account: int, one: Known, share: Share, stamp: int, moved: dict[int, Presence]) -> Written:
    """The account's new facts; who of it moved comes into `moved`."""
    telling, began = [event for event, _ in share.telling], areas.beginning(one.facts)
    changed = fold_parts(one.facts, one.presence, [event for event, _ in share.active], telling)
    one.version = Version(one.version.number + 1, stamp)
    if telling:
        one.still = None
    if changed:
        moved[account] = changed
    touched = areas.areas_of([event[2] for event in telling]) if telling else 0
    if share.active:
        touched |= areas.ACTIVITY
        if areas.beginning(one.facts) != began:
            touched |= areas.BEGINNING
    one.changed = areas.changing(one.changed, touched, one.version.number)
    return Written(account, one.version, _encode(one), areas.pack(one.changed))


def _encode(one: Known) -> bytes:
    if one.still is not None:
        return encode_moving(one.facts, one.still)
    encoded = encode(one.facts)
    if len(encoded) > _LARGE:
        one.still = still_of(one.facts)
    return encoded


async def _keep(
    tx: Writing, shares: Mapping[int, Share], versions: Mapping[int, int], known: Mapping[int, Known]
) -> None:
    """Keeps the events, and brings the lists for reading up to what they tell."""
    telling = [(account, versions[account], share.telling) for account, share in shares.items() if share.telling]
    active = [(account, versions[account], share.active) for account, share in shares.items() if share.active]
    await event_store.keep_activity(tx, active)
    if telling:
        await event_store.keep_telling(tx, versions, shares)
        await lists.save_all(
            tx, [(account, known[account].facts, [event for event, _ in some]) for account, _, some in telling]
        )


def _corrections(shares: Mapping[int, Share], versions: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Accounts whose past changed: an event of an earlier day than the one it arrived on."""
    corrected = {}
    for account, share in shares.items():
        late = [event[4] for event, received in share if event[4] // DAY_US < received // DAY_US]
        if late:
            corrected[account] = (versions[account], day_of(min(late)))
    return corrected
