"""`steward bench pipeline`: from topic to current score on real Kafka and PostgreSQL, against two floors.

One run starts its own broker and database, loads the traffic into the topics, then lets the floors and the
product (ingest and health as processes of their own) eat the same records, one after another. Ratios are taken
within the run; absolute rates tell of the machine.
"""

import argparse
import asyncio
import datetime as dt
import importlib.util
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import uvloop
from rich.console import Console

from bench import workload
from bench.floor import Floor, make_tables
from migrations.run import migrate
from services.ingest.store.accounts import account_id
from shared.broker import Outgoing
from shared.clock import SystemClock
from shared.consume import Lane
from shared.contracts import SOURCE_TOPICS, Topic
from shared.database import Database
from shared.embedded_postgres import embedded_url
from shared.kafka import KafkaBroker, KafkaProducer
from shared.logs import start_logging
from shared.process import calm_the_collector
from shared.watch import Progress

say = Console(stderr=True)
_PROBE_EVERY_S = 0.05
TOPICS = [str(topic) for topic in SOURCE_TOPICS]


@dataclass(frozen=True)
class Plan:
    """What to run."""

    events: int = 400_000
    accounts: int = 10_000
    lanes: int = 2
    batch: int = 8_000
    partitions: int = 8
    live_rate: int = 2_000
    live_seconds: int = 30


@dataclass(frozen=True)
class Place:
    """Where it runs."""

    url: str
    bootstrap: str
    database: Database
    broker: KafkaBroker
    kafka_pid: int


async def run(plan: Plan) -> dict[str, Any]:
    """The figures; the keys are documented in docs/benchmarks.md."""
    async with _place(plan) as place:
        started = place.database
        say.print(f"Creating {plan.accounts:,} accounts …")
        await _send(place.broker, workload.accounts(plan.accounts, dt.datetime.now(dt.UTC)))
        await _drain_product(place, plan, 2 * plan.accounts)
        say.print(f"Loading {plan.events:,} events into the topics …")
        await _send(place.broker, workload.traffic(plan.events, plan.accounts, dt.datetime.now(dt.UTC)))
        total = plan.events + 2 * plan.accounts
        bare = await _floor(place, plan, total, bare=True)
        floor = await _floor(place, plan, total, bare=False)
        say.print("The product: ingest and health, each a process …")
        seconds, split = await _drain_product(place, plan, plan.events)
        rate = plan.events / seconds
        bare_again = await _floor(place, plan, total, bare=True)
        floor_again = await _floor(place, plan, total, bare=False)
        latencies = await _live(place, plan)
        await _assert_exact(started, total)
    floor, bare = statistics.mean((floor, floor_again)), statistics.mean((bare, bare_again))
    return {
        "events_per_second": round(rate),
        "floor_events_per_second": round(floor),
        "ratio_to_floor": round(rate / floor, 3),
        "bare_floor_events_per_second": round(bare),
        "ratio_to_bare_floor": round(rate / bare, 3),
        "event_to_score_p50_ms": round(statistics.median(latencies)),
        "event_to_score_p99_ms": round(statistics.quantiles(latencies, n=100)[98]),
        "split": split,
        "plan": plan.__dict__ | {"cores": os.cpu_count(), "probes": len(latencies)},
    }


# --- the place ----------------------------------------------------------------------------------------


@asynccontextmanager
async def _place(plan: Plan) -> AsyncIterator[Place]:
    directory = Path(tempfile.mkdtemp(prefix="steward-bench-"))
    url, stop_database = embedded_url(directory)
    kafka = _kafka_module().Kafka(directory / "kafka", heap="1g")
    try:
        kafka.start()
        await migrate(url)
        async with Database.open(url) as database:
            broker = KafkaBroker(kafka.bootstrap)
            await broker.create_topics([str(topic) for topic in Topic], plan.partitions)
            yield Place(url, kafka.bootstrap, database, broker, kafka.pid)
            await broker.stop()
    finally:
        kafka.kill()
        stop_database()
        shutil.rmtree(directory, ignore_errors=True)


def _kafka_module() -> Any:
    path = Path(__file__).resolve().parent.parent / "deploy" / "kafka" / "run.py"
    spec = importlib.util.spec_from_file_location("steward_kafka", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _send(broker: KafkaBroker, records: Iterable[Outgoing]) -> None:
    producer = await broker.producer("bench")
    chunk: list[Outgoing] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == 5_000:
            await producer.send(chunk)
            chunk = []
    await producer.send(chunk)
    await producer.stop()


# --- the floors ---------------------------------------------------------------------------------------


async def _floor(place: Place, plan: Plan, total: int, *, bare: bool) -> float:
    """Events per second of a floor, in a process of its own like the product."""
    await make_tables(place.database)
    arguments = json.dumps({"url": place.url, "bootstrap": place.bootstrap, "bare": bare, "total": total,
                            "lanes": plan.lanes, "batch": plan.batch})  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.pipeline", "--floor", arguments, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    rate = float(out)
    say.print(f"{'Bare floor' if bare else 'Floor'}: {rate:,.0f} events/s")
    return rate


async def _floor_process(url: str, bootstrap: str, bare: bool, total: int, lanes: int, batch: int) -> float:
    start_logging("warning")
    calm_the_collector()
    broker, progress, stop = KafkaBroker(bootstrap), Progress(), asyncio.Event()
    async with Database.open(url) as database:
        crew = [
            Lane(
                broker=broker, database=database, group=f"floor-{time.time_ns()}" if not i else "", topics=TOPICS,
                handler=Floor(bare=bare).on_records, clock=SystemClock(), name=f"floor-{i}", batch_records=batch,
                progress=progress,
            )
            for i in range(lanes)
        ]  # fmt: skip
        for lane in crew[1:]:
            lane._group = crew[0]._group
        tasks = [asyncio.create_task(lane.run(stop)) for lane in crew]
        began = await _first(progress)
        while progress.records < total:
            await asyncio.sleep(0.01)
        elapsed = time.perf_counter() - began[0]
        stop.set()
        await asyncio.gather(*tasks)
    await broker.stop()
    return (total - began[1]) / elapsed


async def _first(progress: Progress) -> tuple[float, int]:
    """When the first batches had been committed, and how many records they were: joining a group is not timed."""
    while not progress.records:
        await asyncio.sleep(0.002)
    return time.perf_counter(), progress.records


# --- the product --------------------------------------------------------------------------------------


@asynccontextmanager
async def _services(place: Place, plan: Plan, *names: str) -> AsyncIterator[dict[str, psutil.Process]]:
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


async def _drain_product(place: Place, plan: Plan, expected: int) -> tuple[float, dict[str, float]]:
    """Seconds from the first committed batch until every event is in a current score; CPU µs per event by part."""
    before = await _accepted(place.database)
    async with _services(place, plan, "ingest", "health") as running:
        while await _accepted(place.database) == before:
            await asyncio.sleep(0.005)
        first, began, cpu = await _accepted(place.database) - before, time.perf_counter(), _cpu(place, running)
        while await _accepted(place.database) - before < expected or await _stale(place.database):
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - began
        used = {name: value - cpu.get(name, 0.0) for name, value in _cpu(place, running).items()}
    share = max(expected - first, 1) / expected
    return seconds / share, {
        f"{name}_cpu_us_per_event": round(v / max(expected - first, 1) * 1e6, 1) for name, v in used.items()
    }


async def _accepted(database: Database) -> int:
    async with database.reading() as reading:
        return int(await reading.value(
            'SELECT coalesce(sum(position), 0) FROM positions WHERE "group" = \'ingest\''
        ))  # fmt: skip


async def _stale(database: Database) -> int:
    async with database.reading() as reading:
        return int(await reading.value(
            "SELECT count(*) FROM facts f LEFT JOIN scores s USING (account_id)"
            " WHERE s.facts_version IS DISTINCT FROM f.version"
        ))  # fmt: skip


def _cpu(place: Place, running: dict[str, psutil.Process]) -> dict[str, float]:
    """CPU seconds so far of each service, of Kafka and of all of PostgreSQL."""
    used = {name: sum(process.cpu_times()[:2]) for name, process in running.items()}
    used["kafka"] = sum(psutil.Process(place.kafka_pid).cpu_times()[:2])
    used["postgres"] = sum(
        sum(p.cpu_times()[:2]) for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"
    )
    return used


# --- live ---------------------------------------------------------------------------------------------


async def _live(place: Place, plan: Plan) -> list[float]:
    """Milliseconds from sending an event to its score being visible, at `live_rate` events a second."""
    say.print(f"Live: {plan.live_rate:,} events/s for {plan.live_seconds} s …")
    async with _services(place, plan, "ingest", "health"):
        producer = await place.broker.producer("bench-live")
        await _warm(place, producer)
        sender = asyncio.create_task(_send_steadily(producer, plan))
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
    while await _stale(place.database):
        await asyncio.sleep(0.2)
    await asyncio.sleep(5)


async def _send_steadily(producer: KafkaProducer, plan: Plan) -> None:
    began, sent = time.perf_counter(), 0
    weights = [1.0 / (i + 1) for i in range(plan.accounts)]
    while (elapsed := time.perf_counter() - began) < plan.live_seconds:
        due = int(elapsed * plan.live_rate) - sent
        if due > 0:
            now = dt.datetime.now(dt.UTC)
            chosen = random.choices(range(plan.accounts), weights, k=due)
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
                (before,) = (await _versions(place.database, [account])).values()
                waiting[account] = before, time.perf_counter()
                await producer.send([workload.one(0, workload.account_name(number), dt.datetime.now(dt.UTC))])
        for account, version in (await _versions(place.database, waiting)).items():
            before, began = waiting[account]
            if version > before:
                latencies.append((time.perf_counter() - began) * 1000)
                del waiting[account]
        await asyncio.sleep(0.01)


async def _versions(database: Database, accounts: Iterable[int]) -> dict[int, int]:
    async with database.reading() as reading:
        rows = await reading.fetch(
            "SELECT account_id, facts_version FROM scores WHERE account_id = ANY($1::bigint[])", list(accounts)
        )
    return {row["account_id"]: row["facts_version"] for row in rows}


async def _assert_exact(database: Database, at_least: int) -> None:
    async with database.reading() as reading:
        stored = await reading.value("SELECT count(*) FROM events")
        distinct = await reading.value("SELECT count(DISTINCT id) FROM events")
    assert stored == distinct >= at_least, (stored, distinct, at_least)


def show(figures: dict[str, Any]) -> None:
    """The figures for people."""
    for name, value in figures.items():
        say.print(f"  {name:32} {value}")


def main(arguments: list[str]) -> None:
    """`--events N`, `--accounts N`, `--json`; `--floor …` is how this program starts its floors."""
    start_logging("warning")
    if arguments[:1] == ["--floor"]:
        print(uvloop.run(_floor_process(**json.loads(arguments[1]))))
        return
    parser = argparse.ArgumentParser("steward bench pipeline")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=Plan.events)
    parser.add_argument("--accounts", type=int, default=Plan.accounts)
    parser.add_argument("--live-seconds", type=int, default=Plan.live_seconds)
    asked = parser.parse_args(arguments)
    plan = Plan(events=asked.events, accounts=asked.accounts, live_seconds=asked.live_seconds)
    figures = asyncio.run(run(plan))
    if asked.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main(sys.argv[1:])
