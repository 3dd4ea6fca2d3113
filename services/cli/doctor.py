"""`steward doctor`: looks at every component and names the remedy for what is wrong. Mends nothing itself."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import checks
from services.cli.checks import Finding
from services.cli.terminal import escape, examples, explain, out, run
from shared.errors import NotReady

if TYPE_CHECKING:
    from shared.broker import Broker
    from shared.database import Database
    from shared.settings import Settings

EXAMPLES = examples(
    ("steward doctor", "exit code 1 when something has failed"),
    ("steward doctor --json", "for a machine"),
)
Tell = Callable[[Finding], None]
_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "failure": "[red]✗[/]"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print findings as JSON lines")] = False) -> None:
    """Look at every component, and name the remedy for what is wrong."""
    findings = run(_examine(as_json=as_json))
    failed = sum(found.level == "failure" for found in findings)
    if not as_json:
        out.print(_in_short(failed, sum(found.level == "warning" for found in findings)))
    if failed:
        raise typer.Exit(1)


def _in_short(failed: int, warned: int) -> str:
    if failed:
        return f"[bold red]{failed} to mend[/]{f', {warned} to look at' if warned else ''}."
    return f"Nothing has failed; [yellow]{warned} to look at[/]." if warned else "Everything is well."


async def _examine(*, as_json: bool) -> list[Finding]:
    from shared.settings import Settings

    findings: list[Finding] = []

    def tell(found: Finding) -> None:
        findings.append(found)
        _show(found, as_json=as_json)

    await examine(Settings(), tell)
    return findings


def _show(found: Finding, *, as_json: bool) -> None:
    if as_json:
        import json

        out.print(json.dumps(found._asdict(), ensure_ascii=False), markup=False, highlight=False)
        return
    out.print(f"{_MARKS[found.level]} [bold]{found.check}[/]: {escape(found.words)}", highlight=False)
    if found.remedy:
        out.print(f"    → {escape(found.remedy)}", highlight=False)


async def examine(settings: "Settings", tell: Tell) -> None:
    """Tells every finding as it is made; what stands on something that has failed is not looked at."""
    from services.cli.wiring import database_url

    tell(checks.of_python(sys.version_info[:2]))
    tell(_disk(settings))
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        words = f"there is no embedded database in {settings.data_dir} yet"
        tell(Finding("database", "warning", words, "`steward up` makes one, or set STEWARD_DATABASE_URL"))
        return
    async with database_url(settings) as url:
        reached = await _reach(url)
        tell(reached)
        if reached.level == "ok":
            await _inside(settings, url, tell)


def _disk(settings: "Settings") -> Finding:
    path = settings.data_dir.resolve()
    while not path.exists():
        path = path.parent
    return checks.of_disk(shutil.disk_usage(path).free, str(path))


async def _reach(url: str) -> Finding:
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        told = explain(error)
        words = told[0] if told else f"it does not answer: {error!r}"
        return Finding("database", "failure", words, "start PostgreSQL, or correct STEWARD_DATABASE_URL")
    try:
        return Finding("database", "ok", f"PostgreSQL {await connection.fetchval('SHOW server_version')}")
    finally:
        await connection.close()


async def _inside(settings: "Settings", url: str, tell: Tell) -> None:
    from services.api.queries.standing import standing
    from services.cli import store
    from services.cli.wiring import newest_migration
    from services.ingest.freshness import alarming
    from services.ingest.store import rejected, sources
    from shared.clock import SystemClock, to_us
    from shared.database import Database

    async with Database.open(url, 4, "steward-doctor") as database:
        async with database.reading() as tx:
            schema = checks.of_schema(await store.schema_version(tx), newest_migration())
        tell(schema)
        if schema.level != "ok":
            return
        await _broker(settings, database, tell)
        async with database.reading() as tx:
            tell(checks.of_days((await standing(tx, to_us(SystemClock().now()))).days_to_close))
            tell(checks.of_parked(await rejected.counts(tx), await store.held_sources(tx)))
            known, now = await sources.every(tx), SystemClock().now()
            tell(checks.of_sources(known, [row["source"] for row in known if alarming(row, settings, now)], now))
            rows, embedded = await store.outbox_backlog(tx), settings.kafka_bootstrap is None
            tell(checks.of_outbox(rows, SystemClock().now(), embedded=embedded))


async def _broker(settings: "Settings", database: "Database", tell: Tell) -> None:
    from services.cli.wiring import open_broker

    broker = await open_broker(settings, database)
    try:
        await broker.ready()
        kafka = settings.kafka_bootstrap
        tell(Finding("broker", "ok", f"Kafka at {kafka}" if kafka else "the log embedded in the database"))
        await _topics(settings, database, broker, tell)
    except (NotReady, OSError) as error:
        remedy = "start Kafka (`make kafka` starts one here), or correct STEWARD_KAFKA_BOOTSTRAP"
        tell(Finding("broker", "failure", str(error), remedy))
    finally:
        await broker.stop()


async def _topics(settings: "Settings", database: "Database", broker: "Broker", tell: Tell) -> None:
    from collections import Counter

    from services.cli import store
    from services.cli.offsets import bounds_of
    from services.cli.wiring import SERVICES, TOPICS
    from shared import positions
    from shared.clock import SystemClock

    ends = await broker.ends(TOPICS)
    present = {partition.topic for partition in ends}
    tell(checks.of_topics(Counter(partition.topic for partition in ends), TOPICS, settings.partitions))
    bounds = await bounds_of(broker, present)
    async with database.reading() as tx:
        rows = [row for row in await positions.all_positions(tx) if row["topic"] in present]
        late = await store.overdue(tx, SystemClock().now() - checks.LATE)
        names = await store.connected(tx)
        troubles = await positions.troubles(tx)
    tell(checks.of_positions(rows, bounds))
    for found in checks.of_troubles(troubles):
        tell(found)
    for found in checks.of_services(
        late, checks.lag_by_group(rows, bounds), names, SERVICES, embedded=settings.kafka_bootstrap is None
    ):
        tell(found)
