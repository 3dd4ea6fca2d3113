"""The product as a benchmark runs it: services as processes, and how far they are."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import psutil

from bench.place import Place, Plan
from shared.database import Database


@asynccontextmanager
async def services(place: Place, plan: Plan, *names: str) -> AsyncIterator[dict[str, psutil.Process]]:
    """The services of these names, running, each a process."""
    env = os.environ | {
        "STEWARD_DATABASE_URL": place.url, "STEWARD_KAFKA_BOOTSTRAP": place.bootstrap, "STEWARD_LANES": str(plan.lanes),
        "STEWARD_BATCH_RECORDS": str(plan.batch), "STEWARD_PARTITIONS": str(plan.partitions),
        "STEWARD_LOG_LEVEL": "warning", "STEWARD_OPS_PORT": "0",
    }  # fmt: skip
    started = {name: subprocess.Popen([sys.executable, "-m", "services.cli", name], env=env) for name in names}
    try:
        yield {name: psutil.Process(process.pid) for name, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(30)


async def drain(place: Place, plan: Plan, expected: int, *names: str) -> tuple[float, dict[str, float]]:
    """Seconds from the first committed batch until every event is in the facts and, where health is among the services
    of these names, in a current score; CPU µs per event by part."""
    before = await accepted(place.database)
    async with services(place, plan, *names) as running:
        while await accepted(place.database) == before:
            await asyncio.sleep(0.005)
        first, began, cpu = await accepted(place.database) - before, time.perf_counter(), _cpu(place, running)
        while await accepted(place.database) - before < expected or await _behind(place.database, names):
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - began
        used = {name: value - cpu.get(name, 0.0) for name, value in _cpu(place, running).items()}
    share = max(expected - first, 1) / expected
    return seconds / share, {
        f"{name}_cpu_us_per_event": round(v / max(expected - first, 1) * 1e6, 1) for name, v in used.items()
    }


async def accepted(database: Database) -> int:
    """How many records ingest has handled."""
    async with database.reading() as reading:
        return int(await reading.value(
            'SELECT coalesce(sum(position), 0) FROM positions WHERE "group" = \'ingest\''
        ))  # fmt: skip


async def _behind(database: Database, names: Sequence[str]) -> bool:
    """Whether events wait for their account, or health has not seen the newest facts."""
    async with database.reading() as reading:
        if await reading.value("SELECT EXISTS (SELECT FROM unmatched)"):
            return True
    return "health" in names and await stale(database)


async def stale(database: Database) -> bool:
    """Whether any account's score does not stand on its newest facts: the first one is looked for, so that asking again
    and again costs what is measured little."""
    async with database.reading() as reading:
        return bool(await reading.value(
            "SELECT EXISTS (SELECT FROM facts f LEFT JOIN scores s USING (account_id)"
            " WHERE s.facts_version IS DISTINCT FROM f.version)"
        ))  # fmt: skip


def _cpu(place: Place, running: dict[str, psutil.Process]) -> dict[str, float]:
    """CPU seconds so far of each service, of Kafka and of all of this PostgreSQL."""
    used = {name: sum(process.cpu_times()[:2]) for name, process in running.items()}
    used["kafka"] = sum(psutil.Process(place.kafka_pid).cpu_times()[:2])
    server = psutil.Process(place.postgres_pid)
    used["postgres"] = sum(sum(p.cpu_times()[:2]) for p in (server, *server.children()))
    return used


async def assert_exact(database: Database, at_least: int) -> None:
    """Raises unless every event is there, and once."""
    async with database.reading() as reading:
        stored = await reading.value("SELECT count(*) FROM events")
        distinct = await reading.value("SELECT count(DISTINCT id) FROM events")
    assert stored == distinct >= at_least, (stored, distinct, at_least)
