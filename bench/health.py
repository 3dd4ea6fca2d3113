"""`steward bench health`: how fast scores are told, on one process, with everything in force that ships.

One run starts its own PostgreSQL (with fsync). Its accounts are the sample company's, many times over: their facts lie
in the database as ingest leaves them, so that only health is measured. Pure assessments come first, by the models in
force and by models of few and of many measures; then wake-ups through the whole path; then facts that arrive one by
one, by health's own runner; then a midnight with live wake-ups beside it; then what a draft would change.
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from bench import arrivals, parts, whatif
from migrations.run import migrate
from services.health.configuration import configuration
from services.health.force import InForce
from services.health.gathering import gathered
from services.health.handle import Health
from services.health.measures import MEASURES
from services.health.model import Model
from services.health.rules import Rules
from services.health.segments import segment_of
from services.health.sweep import sweep
from services.sample import simulate
from shared.broker import Partition, Record
from shared.clock import FrozenClock, to_us
from shared.database import Database
from shared.embedded_postgres import embedded_url
from shared.facts import Event, Facts, Presence, encode
from shared.fold import fold
from shared.fold.areas import ACTIVITY, all_changed, pack
from shared.logs import start_logging
from shared.native import decode_body, event_id, parse_time
from shared.process import calm_the_collector

say = Console(stderr=True)
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
_USED = "version = version + 1, changed = int8send(version + 1) || substring(changed FROM 9)"
"""SQL that makes facts newer, as a use of the product does: the first area is activity."""
assert ACTIVITY == 1


@dataclass(frozen=True)
class Plan:
    """What to run."""

    accounts: int = 100_000
    batch: int = 1_000
    pure: int = 20_000
    live_every_s: float = 0.1


async def run(plan: Plan) -> dict[str, Any]:
    """The figures; the keys are documented in docs/benchmarks.md."""
    kinds = _sample()
    rules = Rules.of(configuration(gathered(None).documents.values()))
    pure = {"by_models_in_force": _assess(plan, kinds, rules), **_by_size(plan, kinds, rules)}
    async with _database() as database:
        say.print(f"Laying down the facts of {plan.accounts:,} accounts …")
        await _lay_down(database, kinds, plan)
        clock = FrozenClock(NOON)
        health = Health(InForce(gathered(None)), clock)
        first = await _wake_all(database, health, plan, 1)
        await _touch(database)
        again, split = await parts.split(database, plan.accounts, lambda: _wake_all(database, health, plan, 2))
        say.print("Facts arrive …")
        waits = await arrivals.measure(database, health, clock, plan.accounts, _USED)
        midnight = await _midnight(database, health, plan)
    return {
        "pure_assessments_per_second": {name: round(rate) for name, rate in pure.items()},
        "microseconds_10_measures": round(1e6 / pure["of_10_measures"], 1),
        "microseconds_30_measures": round(1e6 / pure["of_30_measures"], 1),
        "first_scores_per_second": round(plan.accounts / first),
        "assessments_per_second": round(plan.accounts / again),
        "split": split,
        "event_to_score_p50_ms": round(statistics.median(waits)),
        "event_to_score_p99_ms": round(statistics.quantiles(waits, n=100)[98]),
        "arrivals": len(waits),
        **midnight,
        "plan": plan.__dict__ | {"cores": os.cpu_count()},
    }


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    directory = Path(tempfile.mkdtemp(prefix="steward-bench-"))
    url, stop = embedded_url(directory)
    try:
        await migrate(url)
        async with Database.open(url) as database:
            yield database
    finally:
        stop()
        shutil.rmtree(directory, ignore_errors=True)


# --- the accounts -------------------------------------------------------------------------------------


def _sample() -> list[Facts]:
    """The facts of the sample company's accounts, after ninety days."""
    say.print("Telling ninety days of the sample company …")
    known: dict[str, tuple[Facts, Presence]] = {}
    for told in simulate(until=NOON, days=90).history():
        body = decode_body(told["type"], json.dumps(told["data"]).encode())
        event = Event(
            event_id(told["source"], told["id"]), told["source"], told["type"], ("native", told["subject"]),
            parse_time(told["time"]), 0, body, b"",
        )  # fmt: skip
        known[told["subject"]] = fold(*known.get(told["subject"], (Facts(), Presence())), [event])
    return [facts for facts, _ in known.values()]


async def _lay_down(database: Database, kinds: Sequence[Facts], plan: Plan) -> None:
    stored = [encode(facts) for facts in kinds]
    async with database.writing() as tx:
        ids = range(1, plan.accounts + 1)
        await tx.copy("accounts", ("id", "name", "created_at"), ((i, f"Account {i}", NOON) for i in ids))
        changed = pack(all_changed(1))
        rows = ((i, 1, i, stored[i % len(stored)], changed, NOON) for i in ids)
        await tx.copy("facts", ("account_id", "version", "stamp", "facts", "changed", "updated_at"), rows)
    async with database.writing() as tx:
        await tx.execute("ANALYZE facts")


async def _touch(database: Database) -> None:
    """All facts in a newer version, as after a use of the product that moved nothing."""
    async with database.writing() as tx:
        await tx.execute(f"UPDATE facts SET {_USED}")


# --- what is timed ------------------------------------------------------------------------------------


def _assess(plan: Plan, kinds: Sequence[Facts], rules: Rules) -> float:
    """Assessments a second, on one thread, without a database."""
    now = to_us(NOON)
    segments = [segment_of(facts, now, rules.scheme) for facts in kinds]

    def act() -> None:
        for i in range(plan.pure):
            facts = kinds[i % len(kinds)]
            rules.assess(facts, {}, now, segment=segments[i % len(kinds)])

    return plan.pure / _seconds(act)


def _by_size(plan: Plan, kinds: Sequence[Facts], rules: Rules) -> dict[str, float]:
    return {
        f"of_{size}_measures": _assess(
            plan, kinds, replace(rules, in_force=dict.fromkeys(rules.in_force, _model(size)))
        )
        for size in (10, 30)
    }


def _model(measures: int) -> Model:
    """A model of so many measures, the first by name that need no params of their own."""
    chosen = islice((name for name, told in sorted(MEASURES.items()) if all(told.params.values())), measures)
    curve = {"reason": "for the benchmark", "steps": [{"points": 20}, {"at": 1, "points": 100}]}
    leaves = [{"measure": name, "weight": 1, "curve": curve} for name in chosen]
    return Model.model_validate(
        {
            "name": f"of-{measures}", "version": 1, "words": "for the benchmark", "minimum_coverage": 0,
            "groups": [{"name": "all", "label": "All", "weight": 1, "leaves": leaves}],
            "bands": [{"name": "any", "color": "green", "lower": 0, "action": "None."}],
        }
    )  # fmt: skip


def _seconds(act: Callable[[], None]) -> float:
    act()  # caches are warm from then on, as in a process that has run for a while
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


async def _wake_all(database: Database, health: Health, plan: Plan, version: int) -> float:
    """Seconds until every account is assessed by wake-ups, in batches one after another."""
    say.print(f"Waking {plan.accounts:,} accounts …")
    began = time.perf_counter()
    for start in range(1, plan.accounts + 1, plan.batch):
        await _wake(database, health, range(start, min(start + plan.batch, plan.accounts + 1)), version)
    return time.perf_counter() - began


async def _wake(database: Database, health: Health, accounts: Sequence[int], version: int) -> None:
    body = {"accounts": [(account, version) for account in accounts], "received_at": NOON.isoformat()}
    record = Record(Partition("account.changes", 0), 0, 0, None, json.dumps(body).encode(), [])
    async with database.writing() as tx:
        await health.on_accounts_changed(tx, [record], health._clock.now())


async def _midnight(database: Database, health: Health, plan: Plan) -> dict[str, Any]:
    """The day is over: all is closed and assessed anew, while accounts go on being woken, one at a time."""
    say.print("Midnight …")
    waits: list[float] = []
    clock = FrozenClock(dt.datetime.combine(NOON.date() + dt.timedelta(1), dt.time(0, 0, 1), dt.UTC))
    health._clock = clock
    done = asyncio.Event()
    beside = asyncio.create_task(_live(database, health, plan, done, waits), name="live")
    began = time.perf_counter()
    assessed = await sweep(database, health, clock.now())
    seconds = time.perf_counter() - began
    done.set()
    await beside
    return {
        "midnight_seconds": round(seconds, 1),
        "midnight_accounts": assessed,
        "live_beside_midnight_p50_ms": round(1e3 * statistics.median(waits), 1),
        "live_beside_midnight_max_ms": round(1e3 * max(waits), 1),
    }


async def _live(database: Database, health: Health, plan: Plan, done: asyncio.Event, waits: list[float]) -> None:
    account = 0
    while not done.is_set():
        account += 997
        one = account % plan.accounts + 1
        async with database.writing() as tx:
            version = await tx.value(f"UPDATE facts SET {_USED} WHERE account_id = $1 RETURNING version", one)
        began = time.perf_counter()
        await _wake(database, health, [one], version)
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(plan.live_every_s)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="steward bench health", description=__doc__)
    parser.add_argument("--accounts", type=int, default=Plan.accounts)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    start_logging("error", as_json=False)
    calm_the_collector()
    found = uvloop.run(run(Plan(accounts=given.accounts)))
    found["what_if"] = whatif.run(whatif.Plan(accounts=given.accounts))
    print(json.dumps(found) if given.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
