"""`steward bench http`: batches through `POST /v1/batch`, each answered once all its messages are on disk.

One run starts its own PostgreSQL (with fsync) and one API process, whose relay moves the messages on into the log in
the same database meanwhile; several connections send batches one after another. At the end all messages are counted.
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvloop
from rich.console import Console

from migrations.run import migrate
from services.api import auth, serve
from services.api.roles import Role
from shared.clock import SystemClock
from shared.contracts import Topic
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.embedded_postgres import embedded_url
from shared.logs import start_logging
from shared.process import calm_the_collector
from shared.settings import Settings

say = Console(stderr=True)


@dataclass(frozen=True)
class Plan:
    """What to run."""

    events: int = 120_000
    batch: int = 200
    connections: int = 4
    accounts: int = 2_000
    warm_batches: int = 20


async def run(plan: Plan) -> dict[str, Any]:
    """The figures; the keys are documented in docs/benchmarks.md."""
    async with _database() as (url, database):
        async with database.writing() as tx:
            now = SystemClock().now()
            key = await auth.create_key(tx, name="bench", role=Role.INGEST, env="test", now=now, by="bench")
        say.print(f"Making {plan.events:,} messages …")
        bodies = [_batch(plan) for _ in range(plan.events // plan.batch)]
        with _Api(url) as (process, port):
            async with _client(port, key.text, plan) as client:
                await _send(client, [_batch(plan) for _ in range(plan.warm_batches)], plan.connections)
                cpu_before = _cpu(process.pid)
                say.print(f"Sending them by {plan.connections} connections …")
                began = time.perf_counter()
                answers = await _send(client, bodies, plan.connections)
                seconds = time.perf_counter() - began
                cpu = _cpu(process.pid) - cpu_before
            drained = await _drained(database, began)
        sent = len(bodies) * plan.batch
        await _assert_exact(database, sent + plan.warm_batches * plan.batch)
    return {
        "events_per_second": round(sent / seconds),
        "answer_p50_ms": round(statistics.median(answers), 1),
        "answer_p99_ms": round(statistics.quantiles(answers, n=100)[98], 1),
        "relayed_events_per_second": round(sent / drained),
        "api_cpu_us_per_event": round(cpu / sent * 1e6, 1),
        "plan": plan.__dict__ | {"cores": os.cpu_count(), "batches": len(bodies)},
    }


# --- the place ----------------------------------------------------------------------------------------


@asynccontextmanager
async def _database() -> AsyncIterator[tuple[str, Database]]:
    directory = Path(tempfile.mkdtemp(prefix="steward-bench-"))
    url, stop = embedded_url(directory)
    try:
        await migrate(url)
        async with Database.open(url) as database:
            yield url, database
    finally:
        stop()
        shutil.rmtree(directory, ignore_errors=True)


class _Api:
    """The API as one process of its own; its port."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> tuple[subprocess.Popen[str], int]:
        command = [sys.executable, "-m", "bench.http_batch", "--serve", self._url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return self._process, int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


async def _serve(url: str) -> None:
    settings = Settings(api_port=0)
    async with Database.open(url, settings.database_connections, "steward-api") as database:
        broker = EmbeddedLog(database)
        await broker.create_topics([str(topic) for topic in Topic], settings.partitions)
        calm_the_collector()
        await serve.run(broker, database, settings, SystemClock(), on_bound=lambda port: print(port, flush=True))


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


# --- the traffic --------------------------------------------------------------------------------------


def _batch(plan: Plan) -> bytes:
    sent_at = dt.datetime.now(dt.UTC)
    messages = [_message(plan, sent_at - dt.timedelta(milliseconds=n)) for n in range(plan.batch)]
    return json.dumps({"batch": messages, "sentAt": sent_at.isoformat()}).encode()


def _message(plan: Plan, at: dt.datetime) -> dict[str, Any]:
    """A track as the SDKs send it: about 400 bytes."""
    account = random.randrange(plan.accounts)
    return {
        "type": "track",
        "messageId": str(uuid.uuid4()),
        "userId": f"user-{account}-{random.randrange(20)}",
        "event": random.choice(("Report Exported", "Dashboard Viewed", "Member Invited", "Query Run")),
        "properties": {"format": "pdf", "rows": random.randrange(10_000), "plan": "team"},
        "context": {"groupId": f"acct-{account}", "library": {"name": "analytics-python", "version": "2.4.0"}},
        "integrations": {},
        "timestamp": at.isoformat(),
    }


def _client(port: int, key: str, plan: Plan) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=plan.connections, max_keepalive_connections=plan.connections)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", auth=(key, ""), limits=limits, timeout=60)


async def _send(client: httpx.AsyncClient, bodies: list[bytes], connections: int) -> list[float]:
    """Sends them all; how long each answer took, milliseconds."""
    waiting, answers = iter(bodies), []

    async def connection() -> None:
        for body in waiting:
            began = time.perf_counter()
            answer = await client.post("/v1/batch", content=body)
            answers.append((time.perf_counter() - began) * 1_000)
            assert answer.json() == {"success": True}, answer.text

    await asyncio.gather(*(connection() for _ in range(connections)))
    return answers


async def _drained(database: Database, began: float) -> float:
    """Waits until the relay has moved everything on; seconds since the first batch."""
    while True:
        async with database.reading() as tx:
            if not await tx.value("SELECT EXISTS (SELECT FROM outbox)"):
                return time.perf_counter() - began
        await asyncio.sleep(0.05)


async def _assert_exact(database: Database, sent: int) -> None:
    async with database.reading() as tx:
        kept = await tx.value('SELECT sum("end") FROM log_heads WHERE topic = $1', str(Topic.PRODUCT))
    assert kept == sent, (kept, sent)


def main(arguments: list[str]) -> None:
    """`--events N`, `--batch N`, `--connections N`, `--json`; `--serve URL` is how this program starts its API."""
    start_logging("warning")
    if arguments[:1] == ["--serve"]:
        uvloop.run(_serve(arguments[1]))
        return
    parser = argparse.ArgumentParser("steward bench http")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=Plan.events)
    parser.add_argument("--batch", type=int, default=Plan.batch)
    parser.add_argument("--connections", type=int, default=Plan.connections)
    asked = parser.parse_args(arguments)
    figures = asyncio.run(run(Plan(events=asked.events, batch=asked.batch, connections=asked.connections)))
    if asked.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            say.print(f"  {name:32} {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
