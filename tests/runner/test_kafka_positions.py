"""Positions outside the log, on a real Kafka: below its start, where records were deleted, and above its end."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from shared import positions
from shared.broker import Consumer, Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.consume import Lane
from shared.database import Database, Writing
from shared.kafka import KafkaBroker
from shared.watch import Progress
from tests.cast import NOW
from tests.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka
RECORDS = 5


class Reader:
    """A lane on a topic of one partition and five records, and what it has read."""

    def __init__(self, server: KafkaServer, broker: KafkaBroker, database: Database) -> None:
        self.partition = Partition(f"t-{uuid.uuid4().hex[:8]}", 0)
        self.read: list[int] = []
        self.progress = Progress()
        self._admin = AdminClient({"bootstrap.servers": server.bootstrap})
        self._broker = broker
        self.lane = Lane(
            broker=broker, database=database, group=f"g-{self.partition.topic}", topics=[self.partition.topic],
            handler=self._note, clock=FrozenClock(NOW), name="lane", progress=self.progress, look_again_s=0.0,
        )  # fmt: skip

    async def _note(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        self.read += [record.offset for record in records]

    async def filled(self) -> None:
        await self._broker.create_topics([self.partition.topic], 1)
        producer = await self._broker.producer("test")
        await producer.send([Outgoing(self.partition.topic, b"k", b"v", []) for _ in range(RECORDS)])
        await producer.stop()

    async def consumer(self) -> Consumer:
        return await self._broker.consumer(f"g-{self.partition.topic}", [self.partition.topic], "lane")

    async def delete_before(self, offset: int) -> None:
        (done,) = self._admin.delete_records([TopicPartition(*self.partition, offset)]).values()
        await asyncio.to_thread(done.result, 20)

    async def until_it_stops(self, consumer: Consumer) -> str:
        async with asyncio.timeout(30):
            while self.partition not in self.progress.stopped:
                await self.lane.turn(consumer)
        return self.progress.stopped[self.partition]


@pytest.fixture
async def reader(kafka_server: KafkaServer, database: Database) -> AsyncIterator[Reader]:
    broker = KafkaBroker(kafka_server.bootstrap)
    found = Reader(kafka_server, broker, database)
    await found.filled()
    yield found
    await broker.stop()


async def stands_at(database: Database, reader: Reader, position: int) -> None:
    async with database.writing() as tx:
        await positions.claim(tx, f"g-{reader.partition.topic}", reader.partition, position, "earlier")


@pytest.mark.parametrize(("deleted", "position"), [(3, 1), (0, 9)], ids=["below the start", "above the end"])
async def test_a_position_outside_the_log_stops_the_partition(
    database: Database, reader: Reader, deleted: int, position: int
) -> None:
    await stands_at(database, reader, position)
    if deleted:
        await reader.delete_before(deleted)
    consumer = await reader.consumer()
    words = await reader.until_it_stops(consumer)
    assert words == f"position {position} lies outside {deleted}..{RECORDS}"
    async with database.writing() as tx:
        assert await positions.reset(tx, f"g-{reader.partition.topic}", *reader.partition, deleted)
    async with asyncio.timeout(30):
        while not reader.read:
            await reader.lane.turn(consumer)
    await consumer.stop()
    assert reader.read == list(range(deleted, RECORDS))


async def test_records_deleted_under_a_running_lane_stop_the_partition(database: Database, reader: Reader) -> None:
    await stands_at(database, reader, 1)
    consumer = await reader.consumer()
    async with asyncio.timeout(30):
        while not (await consumer.assigned())[1]:  # noqa: ASYNC110  # the broker does not say when
            await asyncio.sleep(0.05)
    await reader.lane._claims.follow(consumer)  # it has claimed what it reads next, and reads nothing yet
    await consumer.pause(reader.partition)
    await reader.delete_before(4)
    await consumer.seek(reader.partition, 1)
    assert await reader.until_it_stops(consumer) == f"position 1 lies outside 4..{RECORDS}"
    await consumer.stop()
    assert reader.read == []
