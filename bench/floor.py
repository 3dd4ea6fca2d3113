"""The floors that a benchmark measures against: the same runner and lanes, no product logic.

*Floor*: fetch, decode, dedupe, store the same bytes, move the position, commit. *Bare floor*: stores no bytes.
Each runs in a process of its own, like the product.
"""

import asyncio
import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Sequence

import msgspec
import uvloop

from bench.place import TOPICS, Place, Plan
from shared.broker import Record
from shared.clock import SystemClock, from_us
from shared.consume import Lane
from shared.database import Database, Writing
from shared.kafka import KafkaBroker
from shared.logs import start_logging
from shared.process import calm_the_collector
from shared.watch import Progress

TABLES = """
CREATE TABLE IF NOT EXISTS floor_seen (id bytea PRIMARY KEY, seen_on date NOT NULL, keep boolean NOT NULL)
    PARTITION BY HASH (id);
CREATE TABLE IF NOT EXISTS floor_seen_0 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE IF NOT EXISTS floor_seen_1 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE IF NOT EXISTS floor_seen_2 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE IF NOT EXISTS floor_seen_3 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE TABLE IF NOT EXISTS floor_events (
    id bytea NOT NULL, source text NOT NULL, type text NOT NULL, account_key text NOT NULL,
    occurred_at timestamptz NOT NULL, payload bytea NOT NULL)
"""


_DEDUPE = """
INSERT INTO floor_seen (id, seen_on, keep)
SELECT substring($1::bytea FROM start FOR 16), $3, false FROM generate_series(1, $2::int, 16) AS start
    ON CONFLICT DO NOTHING
"""
"""In the plain way."""


async def measure(place: Place, plan: Plan, *, bare: bool) -> float:
    """Events per second of a floor over all records that are in the topics."""
    await _make_tables(place.database)
    arguments = json.dumps({"url": place.url, "bootstrap": place.bootstrap, "bare": bare, "total": plan.total,
                            "lanes": plan.lanes, "batch": plan.batch})  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.floor", arguments, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    await _make_tables(place.database)  # what is left over would be vacuumed while something else is measured
    return float(out)


async def _make_tables(database: Database) -> None:
    """The tables of the floors, empty."""
    async with database.writing() as tx:
        for statement in TABLES.split(";\n"):
            await tx.execute(statement)
        await tx.execute("TRUNCATE floor_seen, floor_events")
        await tx.execute("DELETE FROM positions WHERE \"group\" LIKE 'floor%'")


class Floor:
    """A handler that stores and understands nothing. `bare` stores no bytes either."""

    def __init__(self, *, bare: bool) -> None:
        self._bare = bare

    async def on_records(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        """Decodes, dedupes and stores a batch."""
        rows = {}
        for record in records:
            headers = dict(record.headers)
            msgspec.json.decode(record.value)
            identity = bytes.fromhex(headers["ce_id"].decode().replace("-", ""))
            rows[identity] = (
                identity, headers["ce_source"].decode(), headers["ce_type"].decode(), headers["ce_subject"].decode(),
                from_us(record.timestamp * 1000), record.value,
            )  # fmt: skip
        await tx.execute(_DEDUPE, b"".join(sorted(rows)), 16 * len(rows), now.date())
        if not self._bare:
            columns = ("id", "source", "type", "account_key", "occurred_at", "payload")
            await tx.copy("floor_events", columns, rows.values())


async def _run(url: str, bootstrap: str, bare: bool, total: int, lanes: int, batch: int) -> float:
    start_logging("warning")
    calm_the_collector()
    broker, progress, stop = KafkaBroker(bootstrap), Progress(), asyncio.Event()
    group = f"floor-{time.time_ns()}"
    async with Database.open(url) as database:
        crew = [
            Lane(
                broker=broker, database=database, group=group, topics=TOPICS, handler=Floor(bare=bare).on_records,
                clock=SystemClock(), name=f"floor-{i}", batch_records=batch, progress=progress,
            )
            for i in range(lanes)
        ]  # fmt: skip
        tasks = [asyncio.create_task(lane.run(stop)) for lane in crew]
        began = await _first(progress)
        while _records(progress) < total:
            await asyncio.sleep(0.01)
        elapsed = time.perf_counter() - began[0]
        stop.set()
        await asyncio.gather(*tasks)
    await broker.stop()
    return (total - began[1]) / elapsed


async def _first(progress: Progress) -> tuple[float, int]:
    """When the first batches had been committed, and how many records they were: joining a group is not timed."""
    while not _records(progress):
        await asyncio.sleep(0.002)
    return time.perf_counter(), _records(progress)


def _records(progress: Progress) -> int:
    return sum(lane.records for lane in progress.lanes.values())


if __name__ == "__main__":
    print(uvloop.run(_run(**json.loads(sys.argv[1]))))
