"""Where a benchmark runs: a broker and a database of its own, in a directory that is gone afterwards."""

import importlib.util
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from migrations.run import migrate
from shared.broker import Outgoing
from shared.contracts import SOURCE_TOPICS, Topic
from shared.database import Database
from shared.embedded_postgres import embedded_url
from shared.kafka import KafkaBroker
from shared.settings import Settings

say = Console(stderr=True)
TOPICS = [str(topic) for topic in SOURCE_TOPICS]


@dataclass(frozen=True)
class Plan:
    """What to run."""

    events: int = 400_000
    accounts: int = 10_000
    lanes: int = 2
    batch: int = Settings.model_fields["batch_records"].default
    partitions: int = 8

    @property
    def total(self) -> int:
        """All records, those that create the accounts included."""
        return self.events + 2 * self.accounts


@dataclass(frozen=True)
class Place:
    """Where it runs."""

    url: str
    bootstrap: str
    database: Database
    broker: KafkaBroker
    kafka_pid: int
    postgres_pid: int


@asynccontextmanager
async def open_place(plan: Plan) -> AsyncIterator[Place]:
    """Real Kafka and PostgreSQL, with topics and tables, for as long as the block runs."""
    directory = Path(tempfile.mkdtemp(prefix="steward-bench-"))
    url, stop_database = embedded_url(directory)
    kafka = _kafka_module().Kafka(directory / "kafka", heap="1g")
    try:
        kafka.start()
        await migrate(url)
        async with Database.open(url) as database:
            broker = KafkaBroker(kafka.bootstrap)
            await broker.create_topics([str(topic) for topic in Topic], plan.partitions)
            yield Place(url, kafka.bootstrap, database, broker, kafka.pid, _postmaster(directory))
            await broker.stop()
    finally:
        kafka.kill()
        stop_database()
        shutil.rmtree(directory, ignore_errors=True)


def _postmaster(directory: Path) -> int:
    return int((directory / "postgres" / "postmaster.pid").read_text().partition("\n")[0])


def _kafka_module() -> Any:
    path = Path(__file__).resolve().parent.parent / "deploy" / "kafka" / "run.py"
    spec = importlib.util.spec_from_file_location("steward_kafka", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def send(broker: KafkaBroker, records: Iterable[Outgoing]) -> None:
    """Loads records into their topics."""
    producer = await broker.producer("bench")
    chunk: list[Outgoing] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == 5_000:
            await producer.send(chunk)
            chunk = []
    await producer.send(chunk)
    await producer.stop()
