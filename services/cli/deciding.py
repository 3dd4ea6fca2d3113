"""A transaction in which somebody at the command line decides who is who."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.cli.wiring import open_database
from services.ingest.handle import Ingest
from shared.clock import SystemClock
from shared.database import Writing
from shared.settings import Settings


@asynccontextmanager
async def deciding() -> AsyncIterator[tuple[Writing, Ingest, dt.datetime]]:
    """(transaction, ingest, now); committed when the block ends."""
    settings = Settings()
    async with open_database(settings) as database, database.writing() as tx:
        yield tx, Ingest(settings), SystemClock().now()
