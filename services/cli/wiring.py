"""The composition root: opens what the settings name and puts the services on it."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shared.broker import Broker
from shared.clock import Clock, SystemClock, to_us
from shared.contracts import Topic
from shared.database import Database
from shared.errors import NotReady, Refused
from shared.settings import Settings

TOPICS = [str(topic) for topic in Topic]
SERVICES = ("ingest", "health", "playbooks", "api")
_TRIM_EVERY_S = 3600.0


@dataclass(frozen=True)
class Installation:
    """What an installation runs on."""

    settings: Settings
    database: Database
    broker: Broker
    clock: Clock

    @property
    def embedded_log(self) -> bool:
        """Whether topics are tables of the database, and all services one process."""
        return self.settings.kafka_bootstrap is None

    async def ready(self, name: str) -> dict[str, object]:
        """What waits at the moment. Raises, with the reason, while the database or the broker does not answer, and for
        health alone while it closes days that passed without it."""
        from services.api.queries.standing import standing

        async with self.database.reading() as tx:
            found = await standing(tx, to_us(self.clock.now()))
        await self.broker.ready()
        if name == "health" and found.days_to_close > 1:
            raise NotReady(f"{found.days_to_close} days are closed first; scores stand still until then")
        return found.told


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """The URL of the database: the one that is named, else that of an embedded PostgreSQL, which runs meanwhile."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    from shared.embedded_postgres import embedded_url

    url, stop = embedded_url(settings.data_dir)
    try:
        yield url
    finally:
        stop()


@asynccontextmanager
async def open_database(settings: Settings, application: str = "steward-cli") -> AsyncIterator[Database]:
    """The database, open. An embedded one is ours alone, so it is migrated here; others by `steward migrate`."""
    async with database_url(settings) as url:
        if settings.database_url is None:
            await _bring_up_to_date(url)
        async with Database.open(url, settings.database_connections, application) as database:
            yield database


async def _bring_up_to_date(url: str) -> None:
    """Migrates, unless nothing is to be done: a look is cheaper than what migrations import."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        version = await connection.fetchval("SELECT version_num FROM alembic_version") if found else None
    finally:
        await connection.close()
    if version != newest_migration():
        from migrations.run import migrate

        await migrate(url)


def newest_migration() -> str:
    """The schema that this version of Steward needs."""
    from importlib.resources import files

    return max(file.name[:4] for file in files("migrations.versions").iterdir() if file.name[:4].isdecimal())


@asynccontextmanager
async def open_alone(
    settings: Settings, *, clock: Clock | None = None, application: str = "steward"
) -> AsyncIterator[Installation]:
    """`open_everything` for whoever serves all of it. On the embedded log that is one process: raises Conflict while
    another does."""
    from services.cli.alone import alone

    async with open_everything(settings, clock=clock, application=application) as installed:
        if not installed.embedded_log:
            yield installed
            return
        async with alone(installed.database.url, application):
            yield installed


@asynccontextmanager
async def open_everything(
    settings: Settings, *, clock: Clock | None = None, application: str = "steward"
) -> AsyncIterator[Installation]:
    """Database and broker, open; the topics of an embedded log are there."""
    async with open_database(settings, application) as database:
        broker = await open_broker(settings, database)
        try:
            yield Installation(settings, database, broker, clock or SystemClock())
        finally:
            await broker.stop()


async def open_broker(settings: Settings, database: Database) -> Broker:
    """Kafka where the settings name it, else the log in the database."""
    kafka = open_kafka(settings)
    if kafka is not None:
        return kafka
    from shared.embedded_log import EmbeddedLog

    log = EmbeddedLog(database)
    await log.create_topics(TOPICS, settings.partitions)
    return log


def open_kafka(settings: Settings) -> Broker | None:
    """Kafka, where the settings name it."""
    if settings.kafka_bootstrap is None:
        return None
    from shared.kafka import KafkaBroker

    return KafkaBroker(
        settings.kafka_bootstrap, replication=settings.kafka_replication, session_timeout_ms=settings.kafka_session_ms
    )


def parts(
    names: Sequence[str], installed: Installation, on_bound: Callable[[int], None] = lambda _: None
) -> dict[str, Coroutine[Any, Any, None]]:
    """The named services, ready to be supervised. `on_bound` is told the API's port."""
    given = (installed.broker, installed.database, installed.settings, installed.clock)
    running: dict[str, Coroutine[Any, Any, None]] = {}
    if "ingest" in names:
        from services.ingest.run import run as run_ingest

        running["ingest"] = run_ingest(*given)
    if "health" in names:
        from services.health.run import run as run_health

        running["health"] = run_health(*given)
    if "playbooks" in names:
        from services.playbooks.run import run as run_playbooks

        running["playbooks"] = run_playbooks(*given)
    if "api" in names:
        from services.api.serve import run as run_api

        running["api"] = run_api(*given, on_bound=on_bound)
    if installed.embedded_log:
        running["log-trimmer"] = _keep_log_short(installed.broker)
    return running


def needs_kafka(settings: Settings, name: str) -> None:
    """Raises Refused when one service alone is asked for on the embedded log, which serves one process."""
    if settings.kafka_bootstrap is None:
        words = f"`steward {name}` alone needs Kafka: the embedded log serves one process"
        raise Refused(words, "set STEWARD_KAFKA_BOOTSTRAP, or run everything in one process with `steward up`")


async def _keep_log_short(broker: Any) -> None:
    from shared.logs import log

    while True:
        try:
            await broker.trim()
        except Exception as error:  # housekeeping: tried again in an hour
            log.warning("log_not_trimmed", error=repr(error))
        await asyncio.sleep(_TRIM_EVERY_S)
