"""Accounts are told anew once keys have come to mean others: every event counts where its key leads now.

Facts are folded from nothing, from all events of the account's keys. So accounts that were merged and parted again are
exactly what they would be if they had never met.
"""

import datetime as dt
import random
from collections.abc import Iterable, Mapping

from services.ingest.store import accounts, lists, refold
from services.ingest.store import events as event_store
from services.ingest.store import facts as fact_store
from services.ingest.store.accounts import Key, account_id
from services.ingest.store.facts import Version, Written
from services.ingest.wakeups import wakeups
from shared import outbox
from shared.database import Writing
from shared.facts import Facts, encode
from shared.fold import fold_into
from shared.fold.areas import all_changed, pack


async def tell_anew(tx: Writing, touched: Iterable[int], now: dt.datetime, partitions: int) -> None:
    """Moves the events of these accounts to where their keys lead, and folds all that are concerned from nothing.
    The caller has passed the gate alone."""
    held = await refold.keys_of(tx, touched)
    places = await _places(tx, held, now)
    known = set(touched) | set(places.values())
    before = await fact_store.lock(tx, known)
    versions = {account: version.number + 1 for account, version in before.items()}
    first: dict[int, int] = {}
    for account, keys in held.items():
        for key, day in keys.items():
            to = places.get(key)
            if to == account:
                continue
            await _move(tx, account, key, to, versions)
            for one in (account, to):
                if one is not None:
                    first[one] = min(first.get(one, day), day)
    await refold.clear(tx, sorted(known))
    for account in sorted(known):
        await _fold_all(tx, account, versions[account], now)
    await event_store.correct(tx, {account: (versions[account], day) for account, day in first.items()})
    await outbox.put(tx, "ingest", wakeups(sorted(versions.items()), now, partitions, now))


async def _places(tx: Writing, held: Mapping[int, Mapping[Key, int]], now: dt.datetime) -> dict[Key, int]:
    """Where events of the keys go now. A key that means nothing any more, but told of an account, creates it."""
    keys = {key for some in held.values() for key in some}
    places = await accounts.find(tx, keys)
    for account, some in held.items():
        born = await refold.creators(tx, account, some.keys() - places.keys())
        if born:
            await accounts.create(tx, sorted(born), now)
            links = {key: (account_id(key), event) for key, event in born.items()}
            places |= await accounts.link(tx, links, now, "own")
    return places


async def _move(tx: Writing, account: int, key: Key, to: int | None, versions: Mapping[int, int]) -> None:
    if to is None:
        await refold.strand(tx, account, key)
    else:
        await refold.move(tx, account, key, to, versions[to])


async def _fold_all(tx: Writing, account: int, version: int, now: dt.datetime) -> None:
    """Writes facts, presence and lists of an account as its events tell them."""
    told = await refold.telling(tx, account)
    facts = Facts()
    presence = fold_into(facts, {}, told)
    async for some in refold.activity(tx, account):
        presence |= fold_into(facts, presence, some)
    anew = Version(version, random.getrandbits(63))
    await fact_store.save(tx, [Written(account, anew, encode(facts), pack(all_changed(version)))], now)
    await fact_store.save_presence(tx, {account: presence})
    if told:
        await lists.save_all(tx, [(account, facts, told)])
