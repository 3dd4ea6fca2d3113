"""How long an event takes from being sent to being in a visible score, while events come steadily."""

import asyncio
import datetime as dt
import random
import time
from collections.abc import Iterable

from bench import workload
from bench.place import Place, Plan, say
from bench.product import services, stale
from services.ingest.store.accounts import account_id
from shared.database import Database
from shared.kafka import KafkaProducer

_PROBE_EVERY_S = 0.05


async def measure(place: Place, plan: Plan, *, rate: int, seconds: int) -> list[float]:
    """Milliseconds from sending an event to its score being visible, at `rate` events a second."""
    say.print(f"Live: {rate:,} events/s for {seconds} s …")
    async with services(place, plan, "ingest", "health"):
        producer = await place.broker.producer("bench-live")
        await _warm(place, producer)
        sender = asyncio.create_task(_send_steadily(producer, plan.accounts, rate, seconds))
        latencies: list[float] = []
        prober = asyncio.create_task(_probe(place, producer, plan, latencies))
        await sender
        await asyncio.sleep(3)  # the last probes
        prober.cancel()
        await asyncio.gather(prober, return_exceptions=True)
        await producer.stop()
    return latencies


async def _warm(place: Place, producer: KafkaProducer) -> None:
    await producer.send([workload.one(0, workload.account_name(0), dt.datetime.now(dt.UTC))])
    await asyncio.sleep(1)
    while await stale(place.database):
        await asyncio.sleep(0.2)
    await asyncio.sleep(5)


async def _send_steadily(producer: KafkaProducer, accounts: int, rate: int, seconds: int) -> None:
    began, sent = time.perf_counter(), 0
    weights = [1.0 / (i + 1) for i in range(accounts)]
    while (elapsed := time.perf_counter() - began) < seconds:
        due = int(elapsed * rate) - sent
        if due > 0:
            now = dt.datetime.now(dt.UTC)
            chosen = random.choices(range(accounts), weights, k=due)
            await producer.send([workload.one(0, workload.account_name(n), now) for n in chosen])
            sent += due
        await asyncio.sleep(0.02)


async def _probe(place: Place, producer: KafkaProducer, plan: Plan, latencies: list[float]) -> None:
    """Twenty times a second, sends an event of a random account that is otherwise quiet; waits until the scores of all
    of them stand on theirs, asking every ten milliseconds."""
    waiting: dict[int, tuple[int, float]] = {}
    due = time.perf_counter()
    while True:
        if time.perf_counter() >= due:
            due += _PROBE_EVERY_S
            number = random.randrange(plan.accounts // 2, plan.accounts)
            account = account_id(("native", workload.account_name(number)))
            if account not in waiting:
                (before,) = (await versions(place.database, [account])).values()
                waiting[account] = before, time.perf_counter()
                await producer.send([workload.one(0, workload.account_name(number), dt.datetime.now(dt.UTC))])
        for account, version in (await versions(place.database, waiting)).items():
            before, began = waiting[account]
            if version > before:
                latencies.append((time.perf_counter() - began) * 1000)
                del waiting[account]
        await asyncio.sleep(0.01)


async def versions(database: Database, accounts: Iterable[int]) -> dict[int, int]:
    """Account → the version of the facts that its score stands on; without those that have none."""
    async with database.reading() as reading:
        rows = await reading.fetch(
            "SELECT account_id, facts_version FROM scores WHERE account_id = ANY($1::bigint[])", list(accounts)
        )
    return {row["account_id"]: row["facts_version"] for row in rows}
