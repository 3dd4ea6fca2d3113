"""Whether ingest stays as fast with many accounts, and with a long history behind it.

Each rate is a run of its own, with a database of its own. A history is what so many days of traffic leave: the ids of
their events in `seen`, in the parts in which ingest would have kept them, and facts and presence folded from who used
the product on which day.
"""

import datetime as dt
from typing import Any

import numpy as np

from bench import workload
from bench.figures import create_accounts, load
from bench.place import Place, Plan, open_place, say
from bench.product import drain
from services.ingest.forgetting import keep_ids
from services.ingest.store import facts as store
from services.ingest.store import seen
from services.ingest.store.accounts import account_id
from services.ingest.store.facts import Version, Written
from shared.clock import DAY_US, to_us
from shared.database import Database
from shared.facts import Event, Facts, Presence, Usage, decode, encode
from shared.fold import fold_into
from shared.fold.areas import all_changed, pack
from shared.settings import Settings

FEW_ACCOUNTS, MANY_ACCOUNTS = 1_000, 100_000
SHORT, LONG = 1, 90
"""Days of history."""
PER_DAY = 200_000
"""Events a day in a history."""


async def measure(plan: Plan) -> dict[str, Any]:
    """Events a second with few accounts and with many, with a short history and with a long one; how much slower."""
    few, many = [await _rate(plan, accounts=count) for count in (FEW_ACCOUNTS, MANY_ACCOUNTS)]
    short, long = [await _rate(plan, accounts=plan.accounts, days=days) for days in (SHORT, LONG)]
    return {
        f"events_per_second_{FEW_ACCOUNTS}_accounts": round(few),
        f"events_per_second_{MANY_ACCOUNTS}_accounts": round(many),
        "slower_with_many_accounts": round(few / many, 2),
        f"events_per_second_{SHORT}_day": round(short),
        f"events_per_second_{LONG}_days": round(long),
        "slower_with_a_long_history": round(short / long, 2),
    }


async def _rate(plan: Plan, *, accounts: int, days: int = 0) -> float:
    plan = Plan(plan.events, accounts)
    say.print(f"{accounts:,} accounts, {days} days of history:")
    async with open_place(plan) as place:
        await create_accounts(place, plan, "ingest")
        if days:
            await _make_history(place, plan, days)
        await load(place, plan)
        seconds, _ = await drain(place, plan, plan.events, "ingest")
    say.print(f"  {plan.events / seconds:,.0f} events/s")
    return plan.events / seconds


async def _make_history(place: Place, plan: Plan, days: int) -> None:
    say.print(f"Making {days * PER_DAY:,} events of history …")
    await _make_ids(place.database, days)
    await _make_facts(place.database, plan, days)
    async with place.database._pool.acquire() as connection:  # neither runs in a transaction
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")


async def _make_ids(database: Database, days: int) -> None:
    """Ids of events, of all days before today; after each day ingest keeps house, and ends a part when it is time."""
    today = dt.datetime.now(dt.UTC).date()
    async with database.writing() as tx:
        await tx.execute("UPDATE seen_parts SET began_on = $1", today - dt.timedelta(days=days))
    for day in range(days, 0, -1):
        async with database.writing() as tx:
            part = (await seen.parts(tx))[-1].number
            await tx.execute(
                f"""
                INSERT INTO seen_{part} (id, part, keep) SELECT id, {part}, false
                  FROM (SELECT uuid_send(gen_random_uuid()) AS id FROM generate_series(1, $1::int)) AS ids ORDER BY id
                """,
                PER_DAY,
            )
        await keep_ids(database, Settings(), today - dt.timedelta(days=day - 1))


async def _make_facts(database: Database, plan: Plan, days: int) -> None:
    """Facts and presence of all accounts, as if they had been told of these days."""
    now = dt.datetime.now(dt.UTC)
    known = {number: (Facts(), Presence()) for number in range(plan.accounts)}
    ids = [account_id(("native", workload.account_name(number))) for number in known]
    async with database.writing() as tx:
        stored = await store.load(tx, ids)
        versions = await store.lock(tx, ids)
    for number, account in enumerate(ids):
        known[number] = (decode(stored[account].facts), {})
    for day in range(days, 0, -1):
        _use(known, to_us(now) - day * DAY_US, day)
    for start in range(0, len(ids), 1_000):
        some = list(enumerate(ids))[start : start + 1_000]
        written = [
            Written(account, Version(version, 0), encode(known[number][0]), pack(all_changed(version)))
            for number, account in some
            for version in [versions[account].number + 1]
        ]
        async with database.writing() as tx:
            await store.save(tx, written, now)
            await store.save_presence(tx, {account: known[number][1] for number, account in some})


def _use(known: dict[int, tuple[Facts, Presence]], at: int, seed: int) -> None:
    """A day's traffic: who used what, each once."""
    chance = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, len(known) + 1)
    accounts = chance.choice(len(known), size=PER_DAY, p=weights / weights.sum())
    people = chance.integers(workload.PEOPLE, size=PER_DAY)
    told: dict[int, list[Event]] = {}
    for number, person in set(zip(accounts.tolist(), people.tolist(), strict=True)):
        who = workload.person_name(person, workload.account_name(number))
        body = Usage(who, workload.FEATURES[person % len(workload.FEATURES)], 4)
        event = Event(b"history", "product.events", "usage.recorded", ("native", ""), at, 0, body, b"")
        told.setdefault(number, []).append(event)
    for number, events in told.items():
        facts, presence = known[number]
        presence |= fold_into(facts, presence, events)
