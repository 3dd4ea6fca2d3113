"""Every day the whole base is ranked anew, and accounts whose rank asks for it get another tier (SEG-1)."""

import datetime as dt

from services.health.segments import Scheme
from services.health.store import tiers as store
from services.health.store import transitions
from services.health.telling import tell_transition
from services.health.tiers import counts
from services.health.transitions import Step, Why, segment_words, steps_taken
from shared import outbox
from shared.clock import day_of, to_us
from shared.database import Database

CHUNK = 500
"""Accounts of one transaction."""

AGAIN = dt.timedelta(minutes=1)
"""How often accounts that are new on a day get their first tier; nobody else moves meanwhile."""


async def rank(database: Database, scheme: Scheme, now: dt.datetime) -> bool:
    """Ranks the base, unless that was done today; then only those that are new. Whether it was the whole base. Begun
    anew where it was interrupted."""
    day = day_of(to_us(now))
    async with database.reading() as reading:
        last = await store.ranked_at(reading, day, scheme.name)
        if last is not None and (now - last < AGAIN or not await store.any_unranked(reading)):
            return False
        accounts = await store.count(reading)
        displaced = await store.displaced(reading, counts(scheme, accounts), only_new=last is not None)
    if not accounts:
        return False
    for start in range(0, len(displaced), CHUNK):
        async with database.writing() as tx:
            moved = await store.move(tx, displaced[start : start + CHUNK])
            rows = [
                row
                for one in moved
                for row in steps_taken(one["account_id"], [_step(scheme, one["tier"], one["wanted"], now)], _WHY, now)
            ]
            await transitions.add(tx, rows)
            await outbox.put(tx, "health", [tell_transition(row) for row in rows])
    async with database.writing() as tx:
        await store.set_ranked(tx, day, scheme.name, accounts, now)
    return last is None


_WHY = Why("time")


def _step(scheme: Scheme, before: str | None, after: str, now: dt.datetime) -> Step:
    return Step("tier", scheme.name, before, after, segment_words(scheme, before, after), now)
