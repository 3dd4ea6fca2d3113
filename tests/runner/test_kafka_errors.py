"""Kafka answers with errors of its protocol: nothing is lost, nothing comes twice, and no lane ends."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest

from shared.broker import Outgoing, Record
from shared.clock import FrozenClock
from shared.consume import Lane
from shared.database import Database, Writing
from shared.errors import NotReady
from shared.kafka import KafkaBroker
from tests import kafka_mock as mock
from tests.cast import NOW
from tests.kafka_mock import MockCluster

TOPIC = "events.told"
UNKNOWN, OUT_OF_RANGE, NO_SUCH_PARTITION, NOT_LEADER, TIMED_OUT = -1, 1, 3, 6, 7
LOADING, NO_COORDINATOR, NOT_COORDINATOR, TOO_FEW_REPLICAS = 14, 15, 16, 19
OLD_GENERATION, UNKNOWN_MEMBER, REBALANCING, NOT_ALLOWED, DISK_FAILED, OLD_EPOCH = 22, 25, 27, 29, 56, 74


@pytest.fixture
def cluster() -> Iterator[MockCluster]:
    made = MockCluster()
    made.make_topic(TOPIC, 1)
    yield made
    made.stop()


@pytest.fixture
async def broker(cluster: MockCluster) -> AsyncIterator[KafkaBroker]:
    made = KafkaBroker(cluster.bootstrap, session_timeout_ms=1_500)
    yield made
    await made.stop()


class Reader:
    """A lane, and the values of what it has committed."""

    def __init__(self, broker: KafkaBroker, database: Database) -> None:
        self.read: list[int] = []
        self.lane = Lane(
            broker=broker, database=database, group="readers", topics=[TOPIC], handler=self._note,
            clock=FrozenClock(NOW), name="lane", look_again_s=0.0,
        )  # fmt: skip

    async def _note(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        values = [int(record.value) for record in records]
        tx.after_commit(lambda: self.read.extend(values))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        stop = asyncio.Event()
        task = asyncio.create_task(self.lane.run(stop), name="lane")
        try:
            yield task
        finally:
            stop.set()
            await task


async def send(broker: KafkaBroker, *values: int) -> None:
    producer = await broker.producer("test")
    try:
        await producer.send([Outgoing(TOPIC, b"acme", str(value).encode(), []) for value in values])
    finally:
        await producer.stop()


async def until_read(reader: Reader, count: int, cluster: MockCluster, request: int) -> None:
    """Waits until so many records are committed and all errors were answered."""
    async with asyncio.timeout(15):
        while len(reader.read) < count or cluster.left(request):  # noqa: ASYNC110  # the cluster tells nobody
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        (mock.FIND_COORDINATOR, [NO_COORDINATOR, NO_COORDINATOR]),
        (mock.JOIN_GROUP, [LOADING, NOT_COORDINATOR, UNKNOWN_MEMBER]),
        (mock.SYNC_GROUP, [REBALANCING, OLD_GENERATION]),
        (mock.LIST_OFFSETS, [NOT_LEADER, NO_SUCH_PARTITION, NOT_LEADER]),
        (mock.OFFSET_COMMIT, [NOT_COORDINATOR, OLD_GENERATION]),
    ],
    ids=["the coordinator", "joining", "the share", "bounds", "the offset hint"],
)
async def test_a_lane_gets_over_errors_while_it_joins(
    cluster: MockCluster, broker: KafkaBroker, database: Database, asked: int, errors: list[int]
) -> None:
    await send(broker, *range(5))
    cluster.answer(asked, *errors)
    reader = Reader(broker, database)
    async with reader.running() as lane:
        await until_read(reader, 5, cluster, asked)
        await send(broker, *range(5, 10))
        await until_read(reader, 10, cluster, asked)
        assert not lane.done()
    assert reader.read == list(range(10))


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        (mock.FETCH, [NOT_LEADER, NO_SUCH_PARTITION, OLD_EPOCH]),
        (mock.FETCH, [DISK_FAILED, UNKNOWN]),
        (mock.FETCH, [OUT_OF_RANGE]),
        (mock.FETCH, [NOT_ALLOWED]),
        (mock.HEARTBEAT, [REBALANCING]),
        (mock.HEARTBEAT, [NOT_COORDINATOR]),
        (mock.HEARTBEAT, [UNKNOWN_MEMBER]),
    ],
    ids=["another leads", "disk", "out of range", "not allowed", "rebalance", "another coordinates", "unknown"],
)
async def test_a_lane_gets_over_errors_while_it_reads(
    cluster: MockCluster, broker: KafkaBroker, database: Database, asked: int, errors: list[int]
) -> None:
    await send(broker, *range(5))
    reader = Reader(broker, database)
    async with reader.running() as lane:
        await until_read(reader, 5, cluster, asked)
        cluster.answer(asked, *errors)
        await send(broker, *range(5, 10))
        await until_read(reader, 10, cluster, asked)
        assert not lane.done()
    assert reader.read == list(range(10))


async def test_a_producer_sends_again_what_can_be_sent_again(
    cluster: MockCluster, broker: KafkaBroker, database: Database
) -> None:
    cluster.answer(mock.PRODUCE, NOT_LEADER, TOO_FEW_REPLICAS, TIMED_OUT)
    await send(broker, *range(5))
    assert cluster.left(mock.PRODUCE) == 0
    reader = Reader(broker, database)
    async with reader.running():
        await until_read(reader, 5, cluster, mock.FETCH)
    assert reader.read == list(range(5))


async def test_a_producer_says_what_was_not_taken(cluster: MockCluster, broker: KafkaBroker) -> None:
    cluster.answer(mock.PRODUCE, NOT_ALLOWED)
    with pytest.raises(NotReady, match="did not take"):
        await send(broker, 1)
