"""The one database of a test run: an embedded PostgreSQL 18, migrated; each test finds its tables empty."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from migrations.run import migrate
from shared import logs
from shared.database import Database
from shared.embedded_postgres import embedded_url
from tests.kafka_server import kafka_server, own_kafka_server

__all__ = ["kafka_server", "own_kafka_server"]

logs.start_logging("warning", as_json=True)
settings.register_profile("steward", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steward")  # a busy machine is not a fault of ours


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running, migrated PostgreSQL: the one named by STEWARD_TEST_DATABASE_URL, else an embedded one."""
    given = os.environ.get("STEWARD_TEST_DATABASE_URL")
    if given:
        asyncio.run(migrate(given))
        yield given
        return
    directory = Path(tempfile.mkdtemp(prefix="steward-test-"))
    url, stop = embedded_url(directory)
    try:
        asyncio.run(_hurry(url))
        asyncio.run(migrate(url))
        yield url
    finally:
        stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    """A database whose tables are empty."""
    async with Database.open(postgres_url, connections=12) as opened:
        await empty(opened)
        yield opened


async def empty(database: Database) -> None:
    """Empties every table that has rows; one part of `seen` stays, of which nobody knows how old it is."""
    async with database.writing() as tx:
        names = [
            row["name"]
            for row in await tx.fetch(
                "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'p')"
                " AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"
                " AND c.relname NOT IN ('alembic_version', 'seen_parts')"
            )
        ]
        asked = " UNION ALL ".join(f"SELECT '{name}' AS name WHERE EXISTS (SELECT FROM {name})" for name in names)
        full = [row["name"] for row in await tx.fetch(asked)]
        if full:
            await tx.execute(f"TRUNCATE {', '.join(full)} RESTART IDENTITY CASCADE")
        await tx.execute("DELETE FROM seen_parts WHERE ended_on IS NOT NULL")
        await tx.execute("UPDATE seen_parts SET began_on = NULL WHERE began_on IS NOT NULL")


async def _hurry(url: str) -> None:
    """A test's database need not survive the machine: no waiting for the disk."""
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()
