"""One whole installation for a test."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from migrations.run import migrate
from shared.database import Database
from tests.faults.installation import Installation
from tests.kafka_server import KafkaServer


@pytest.fixture
def installed(own_kafka_server: KafkaServer) -> Iterator[Installation]:
    directory = Path(tempfile.mkdtemp(prefix="steward-faults-"))
    installation = Installation(directory, own_kafka_server)
    try:
        asyncio.run(migrate(installation.url))
        yield installation
    finally:
        installation.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def place(installed: Installation) -> AsyncIterator[tuple[Installation, Database]]:
    async with Database.open(installed.url, connections=4) as database:
        yield installed, database
