"""Whose an account is: a person's choice, else the CRM's word, else what a pool gives it (SEG-10).

Pools look at an account when something of it changed that they ask for, and at all of them every day and when the
configuration changes. One transaction at a time shares out, so that loads are true.
"""

import datetime as dt
from collections.abc import Collection

from services.health.pools import Pool, distribute, unsettled
from services.health.store import assignments
from shared.database import Database, Writing

CHUNK = 1_000
"""Accounts of one transaction."""


async def share_out(database: Database, pools: Collection[Pool], now: dt.datetime, *, anew: bool = False) -> int:
    """Lets pools look at all accounts that wait for it, and first, with `anew`, at all; how many got another owner, or
    lost theirs. Pools without members have nothing to give."""
    changed = 0
    async with database.reading() as reading:
        if not (any(pool.members for pool in pools) or await assignments.any_given(reading)):
            return 0
    after: int | None = 0
    while anew and after is not None:
        async with database.writing() as tx:
            some = await assignments.lock_after(tx, after, CHUNK)
            changed += await _share(tx, pools, some, now)
        after = some[-1] if len(some) == CHUNK else None
    while True:
        async with database.writing() as tx:
            waiting = await assignments.lock_unshared(tx, CHUNK)
            await assignments.set_shared(tx, waiting)
            changed += await _share(tx, pools, waiting, now)
        if len(waiting) < CHUNK:
            return changed


async def _share(tx: Writing, pools: Collection[Pool], some: Collection[int], now: dt.datetime) -> int:
    await assignments.end_outranked(tx, some, now)
    theirs = unsettled(pools, await assignments.kept(tx, some))
    if not theirs:
        return 0
    people = {member.email.lower() for pool in pools for member in pool.members}
    loads = await assignments.loads(tx, people)
    changes = distribute(pools, theirs, loads, await assignments.last_given(tx))
    await assignments.give(tx, changes, now)
    return len(changes)


async def choose_owner(tx: Writing, account: int, owner: str, by: str, reason: str, now: dt.datetime) -> None:  # noqa: PLR0917
    """A person says whose an account is, whatever the CRM and the pools say."""
    await assignments.end(tx, [account], [f"{by} chose {owner}"], now)
    await assignments.choose(tx, account, owner, by, reason, now)


async def forget_choice(tx: Writing, account: int, by: str, now: dt.datetime) -> bool:
    """The CRM, or a pool, says again whose an account is. False where nobody had chosen."""
    if not await assignments.is_chosen(tx, account):
        return False
    await assignments.end(tx, [account], [f"{by} took the choice back"], now)
    await assignments.unshare(tx, account)
    return True
