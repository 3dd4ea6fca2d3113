"""How long facts take from their arrival to a visible score, by health's own runner on the embedded log."""

import asyncio
import time

from bench.live import versions
from services.health.handle import Health
from services.ingest.wakeups import wakeups
from shared.broker import Outgoing
from shared.clock import Clock
from shared.consume import run_consumer
from shared.contracts import Topic
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.settings import Settings

PER_S, SECONDS = 50, 20
"""Arrivals a second, each of another account, and for how long."""
_PARTITIONS = 8
_PATIENCE_S = 10

Waiting = dict[int, tuple[int, float]]
"""Account → the version of its facts that is to be scored, and when they arrived."""


async def measure(database: Database, health: Health, clock: Clock, accounts: int, used: str) -> list[float]:
    """Milliseconds from an account's facts being written (as the SQL `used` sets them) to its score standing on them.
    Wake-ups are gathered as health's settings say, but a record on any partition of the embedded log ends the wait. All
    of it shares this process."""
    settings, broker = Settings(), EmbeddedLog(database)
    await broker.create_topics([Topic.CHANGES], _PARTITIONS)
    runner = asyncio.create_task(
        run_consumer(
            broker=broker, database=database, settings=settings, group="health", topics=[str(Topic.CHANGES)],
            handler=health.on_accounts_changed, clock=clock, name="bench-health",
            coalesce_ms=settings.wakeup_coalesce_ms,
        ),
        name="bench-health",
    )  # fmt: skip
    waiting, latencies = Waiting(), list[float]()
    watcher = asyncio.create_task(_watch(database, waiting, latencies), name="bench-watch")
    try:
        await _arrive(database, broker, clock, accounts, used, waiting)
        async with asyncio.timeout(_PATIENCE_S):
            while waiting:
                await asyncio.sleep(0.01)
    finally:
        for task in (watcher, runner):
            task.cancel()
        await asyncio.gather(watcher, runner, return_exceptions=True)
        await broker.stop()
    return latencies


async def _arrive(
    database: Database, broker: EmbeddedLog, clock: Clock, accounts: int, used: str, waiting: Waiting
) -> None:  # fmt: skip
    producer = await broker.producer("bench-arrivals")
    began = time.perf_counter()
    for number in range(min(PER_S * SECONDS, accounts)):
        await asyncio.sleep(max(began + number / PER_S - time.perf_counter(), 0))
        account, arrived = number * 997 % accounts + 1, time.perf_counter()
        async with database.writing() as tx:
            version = await tx.value(f"UPDATE facts SET {used} WHERE account_id = $1 RETURNING version", account)
        waiting[account] = version, arrived
        await producer.send(_wakeup(account, version, clock))


def _wakeup(account: int, version: int, clock: Clock) -> list[Outgoing]:
    return wakeups([(account, version)], clock.now(), _PARTITIONS, clock.now())


async def _watch(database: Database, waiting: Waiting, latencies: list[float]) -> None:
    """Asks every ten milliseconds which of those that wait are scored."""
    while True:
        for account, stands_on in (await versions(database, list(waiting))).items():
            version, arrived = waiting[account]
            if stands_on >= version:
                latencies.append(1000 * (time.perf_counter() - arrived))
                del waiting[account]
        await asyncio.sleep(0.01)
