"""Each migration can be taken back and made again: the schema is then what it was, and what was seen stays known."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from migrations.run import migrate

SCHEMA = "taken_back"
_OBJECTS = """
SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
  FROM information_schema.columns WHERE table_schema = current_schema
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema
UNION ALL SELECT 'rule', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = current_schema::regnamespace
UNION ALL SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = current_schema
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = current_schema::regnamespace
"""


class Schema:
    """A schema of its own, at some revision."""

    def __init__(self, url: str, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._url, self.connection = url, connection

    async def up(self, revision: str = "head") -> None:
        await migrate(self._url, SCHEMA, revision)

    async def down(self, revision: str) -> None:
        def back(connection: Connection) -> None:
            config = Config()
            config.set_main_option("script_location", "migrations")
            config.attributes["connection"] = connection
            command.downgrade(config, revision)

        url = self._url.replace("postgresql://", "postgresql+asyncpg://", 1)
        how = {"server_settings": {"search_path": SCHEMA}}
        engine = create_async_engine(url, poolclass=NullPool, connect_args=how)
        async with engine.connect() as connection:
            await connection.run_sync(back)
            await connection.commit()
        await engine.dispose()

    async def objects(self) -> set[tuple[str, ...]]:
        """(kind, name, definition) of all that is in it."""
        return {tuple(row) for row in await self.connection.fetch(_OBJECTS)}


@pytest.fixture
async def schema(postgres_url: str) -> AsyncIterator[Schema]:
    connection = await asyncpg.connect(postgres_url, server_settings={"search_path": SCHEMA})
    await connection.execute(f"CREATE SCHEMA {SCHEMA}")
    yield Schema(postgres_url, connection)
    await connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    await connection.close()


async def test_what_was_migrated_can_be_taken_back_and_ids_that_were_seen_stay_known(schema: Schema) -> None:
    then = {}
    for revision in ("0008", "0027", "head"):
        await schema.up(revision)
        then[revision] = await schema.objects()
    await schema.connection.execute("INSERT INTO seen (id, part, keep) VALUES ('\\x07', 1, true)")
    for revision in ("0027", "0008"):
        await schema.down(revision)
        assert await schema.objects() ^ then[revision] == set()
        assert [tuple(row) for row in await schema.connection.fetch("SELECT id, keep FROM seen")] == [(b"\x07", True)]
    await schema.up()
    assert await schema.connection.fetchval("SELECT part FROM seen WHERE id = '\\x07' AND keep") == 0
    await schema.down("base")
    assert all("alembic_version" in name for _, name, _ in await schema.objects())
