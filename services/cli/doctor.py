"""`steward doctor`: looks at every component and names the remedy for what is wrong. Changes nothing."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli import checks
from services.cli.checks import Finding
from services.cli.terminal import escape, examples, out, run
from shared.errors import NotReady

if TYPE_CHECKING:
    from shared.broker import Broker
    from shared.database import Database, Reading
    from shared.settings import Settings

EXAMPLES = examples(
    ("steward doctor", "exit code 1 when something has failed"),
    ("steward doctor --json", "for a machine"),
)
_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "failure": "[red]✗[/]"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print findings as JSON lines")] = False) -> None:
    """Look at every component, and name the remedy for what is wrong."""
    findings = run(_examine(as_json=as_json))
    failed = sum(found.level == "failure" for found in findings)
    if not as_json:
        out.print("Everything is well." if not failed else f"[bold red]{failed} to mend.[/]")
    if failed:
        raise typer.Exit(1)


async def _examine(*, as_json: bool) -> list[Finding]:
    from shared.settings import Settings

    findings = []
    async for finding in examine(Settings()):
        findings.append(finding)
        _tell(finding, as_json=as_json)
    return findings


def _tell(found: Finding, *, as_json: bool) -> None:
    if as_json:
        import json

        out.print(json.dumps(found._asdict(), ensure_ascii=False), markup=False, highlight=False, soft_wrap=True)
        return
    out.print(f"{_MARKS[found.level]} [bold]{found.check}[/]: {escape(found.words)}", highlight=False)
    if found.remedy:
        out.print(f"    → {escape(found.remedy)}", highlight=False)


async def examine(settings: "Settings") -> AsyncIterator[Finding]:
    """Every finding, as it is made."""
    yield checks.of_python(sys.version_info[:2])
    yield _disk(settings)
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        words = f"there is no embedded database in {settings.data_dir} yet"
        yield Finding("database", "warning", words, "`steward up` makes one, or set STEWARD_DATABASE_URL")
        return
    async for finding in _database(settings):
        yield finding


def _disk(settings: "Settings") -> Finding:
    path = settings.data_dir.resolve()
    while not path.exists():
        path = path.parent
    return checks.of_disk(shutil.disk_usage(path).free, str(path))


async def _database(settings: "Settings") -> AsyncIterator[Finding]:
    from services.cli.terminal import explain
    from services.cli.wiring import database_url
    from shared.database import Database

    async with database_url(settings) as url:
        reached, words, remedy = await _reach(url, explain)
        if not reached:
            yield Finding("database", "failure", words, remedy)
            return
        yield Finding("database", "ok", words)
        async with Database.open(url, 4, "steward-doctor") as database:
            async for finding in _inside(settings, database):
                yield finding


async def _reach(url: str, explain: Any) -> tuple[bool, str, str]:
    """(whether the database answers, its version or what is wrong, the remedy)."""
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        told = explain(error)
        words = told[0] if told else f"it does not answer: {error!r}"
        return False, words, "start PostgreSQL, or correct STEWARD_DATABASE_URL"
    try:
        version = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return True, f"PostgreSQL {version}", ""


async def _inside(settings: "Settings", database: "Database") -> AsyncIterator[Finding]:
    from services.cli import store

    newest = _newest_migration()
    async with database.reading() as tx:
        schema = checks.of_schema(await store.schema_version(tx), newest)
    yield schema
    if schema.level != "ok":
        return
    async for finding in _broker(settings, database):
        yield finding
    async with database.reading() as tx:
        for finding in await _stores(tx):
            yield finding


def _newest_migration() -> str:
    from importlib.resources import files

    names = sorted(file.name for file in files("migrations.versions").iterdir() if file.name[:4].isdecimal())
    return Path(names[-1]).name[:4]


async def _stores(tx: "Reading") -> Sequence[Finding]:
    from services.cli import store
    from services.ingest.store import rejected
    from shared.clock import SystemClock

    now = SystemClock().now()
    return [
        checks.of_parked(await rejected.counts(tx), await store.held_sources(tx)),
        checks.of_outbox(await store.outbox_backlog(tx), now),
    ]


async def _broker(settings: "Settings", database: "Database") -> AsyncIterator[Finding]:
    from services.cli.wiring import open_broker

    if settings.kafka_bootstrap is None:
        yield Finding("broker", "ok", "the log embedded in the database")
    broker = await open_broker(settings, database)
    try:
        for finding in await _ask_broker(settings, database, broker):
            yield finding
    except (NotReady, OSError) as error:
        remedy = "start Kafka (`make kafka` starts one here), or correct STEWARD_KAFKA_BOOTSTRAP"
        yield Finding("broker", "failure", str(error), remedy)
    finally:
        await broker.stop()


async def _ask_broker(settings: "Settings", database: "Database", broker: "Broker") -> list[Finding]:
    from collections import Counter

    from services.cli import store
    from services.cli.offsets import bounds_of
    from services.cli.wiring import SERVICES, TOPICS
    from shared import positions
    from shared.clock import SystemClock

    findings = []
    if settings.kafka_bootstrap is not None:
        await broker.ready()
        findings.append(Finding("broker", "ok", f"Kafka at {settings.kafka_bootstrap}"))
    ends = await broker.ends(TOPICS)
    topics = checks.of_topics(Counter(partition.topic for partition in ends), TOPICS, settings.partitions)
    findings.append(topics)
    present = {partition.topic for partition in ends}
    bounds = await bounds_of(broker, present)
    async with database.reading() as tx:
        rows = [row for row in await positions.all_positions(tx) if row["topic"] in present]
        late = await store.overdue(tx, SystemClock().now() - checks.LATE)
        names = await store.connected(tx)
    findings.append(checks.of_positions(rows, bounds))
    return findings + checks.of_services(late, checks.lag_by_group(rows, bounds), names, SERVICES)
