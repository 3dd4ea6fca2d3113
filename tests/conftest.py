"""The one database of a test run: an embedded PostgreSQL 18, migrated; each test finds its tables empty."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from migrations.run import migrate
from shared import logs
from shared.database import Database, embedded_url
from tests.kafka_server import kafka_server, own_kafka_server

__all__ = ["kafka_server", "own_kafka_server"]

logs.start_logging("warning", as_json=True)


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
    """Empties every table."""
    async with database.writing() as tx:
        rows = await tx.fetch(
            "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'p')"
            " AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'"
        )
        await tx.execute(f"TRUNCATE {', '.join(row['name'] for row in rows)} RESTART IDENTITY CASCADE")
