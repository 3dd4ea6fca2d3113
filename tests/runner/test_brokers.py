"""The promise of a broker, held by both keepers: the embedded log and a real Kafka."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from shared.broker import Broker, Consumer, Outgoing, Partition, Record
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.kafka import KafkaBroker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def broker(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Broker]:
    made: Broker
    if request.param == "embedded":
        made = EmbeddedLog(database)
    else:
        made = KafkaBroker(request.getfixturevalue("kafka_server").bootstrap, session_timeout_ms=6_000)
    yield made
    await made.stop()


@pytest.fixture
async def topic(broker: Broker) -> str:
    name = f"t-{uuid.uuid4().hex[:8]}"
    await broker.create_topics([name], 4)
    return name


def record(topic: str, key: str, value: str = "v", partition: int | None = None) -> Outgoing:
    return Outgoing(topic, key.encode(), value.encode(), [("ce_id", b"1"), ("other", b"\x00\xff")], partition)


async def send(broker: Broker, *records: Outgoing) -> None:
    producer = await broker.producer("test")
    await producer.send(records)
    await producer.stop()


async def joined(consumer: Consumer, partitions: int) -> tuple[int, frozenset[Partition]]:
    for _ in range(400):
        generation, assigned = await consumer.assigned()
        if len(assigned) == partitions:
            return generation, assigned
        await consumer.fetch(1, 50)
        await asyncio.sleep(0.02)
    raise AssertionError(f"never got {partitions} partitions: {assigned}")


async def start_at_the_start(consumer: Consumer, partitions: int = 4) -> None:
    _, assigned = await joined(consumer, partitions)
    bounds = await consumer.bounds(sorted(assigned))
    for partition in assigned:
        await consumer.seek(partition, bounds[partition].start)


async def read(consumer: Consumer, count: int) -> list[Record]:
    found: list[Record] = []
    for _ in range(100):
        for records in (await consumer.fetch(1000, 200)).values():
            found.extend(records)
        if len(found) >= count:
            return found
    raise AssertionError(f"only {len(found)} of {count} records came")


async def test_what_was_sent_is_read_in_order_with_key_value_and_headers(broker: Broker, topic: str) -> None:
    await send(broker, *(record(topic, "acme", str(i)) for i in range(50)))
    consumer = await broker.consumer(f"g-{topic}", [topic], "c")
    await start_at_the_start(consumer)
    records = await read(consumer, 50)
    assert [r.value for r in records] == [str(i).encode() for i in range(50)]
    assert {r.key for r in records} == {b"acme"}
    assert records[0].headers[1] == ("other", b"\x00\xff")
    assert len({r.partition for r in records}) == 1
    await consumer.stop()


async def test_nothing_is_fetched_before_it_is_sought(broker: Broker, topic: str) -> None:
    await send(broker, record(topic, "acme"))
    consumer = await broker.consumer(f"g-{topic}", [topic], "c")
    await joined(consumer, 4)
    assert await consumer.fetch(10, 300) == {}
    await start_at_the_start(consumer)
    assert len(await read(consumer, 1)) == 1
    await consumer.stop()


async def test_a_paused_partition_rests_until_it_is_sought(broker: Broker, topic: str) -> None:
    await send(broker, *(record(topic, "x", partition=2) for _ in range(3)))
    consumer = await broker.consumer(f"g-{topic}", [topic], "c")
    await start_at_the_start(consumer)
    await read(consumer, 3)
    await consumer.pause(Partition(topic, 2))
    await send(broker, record(topic, "x", "later", partition=2))
    assert await consumer.fetch(10, 300) == {}
    await consumer.seek(Partition(topic, 2), 1)
    assert [r.offset for r in await read(consumer, 3)] == [1, 2, 3]
    await consumer.stop()


async def test_a_second_member_takes_a_share_and_a_new_generation_begins(broker: Broker, topic: str) -> None:
    one = await broker.consumer(f"g-{topic}", [topic], "one")
    generation, _ = await joined(one, 4)
    two = await broker.consumer(f"g-{topic}", [topic], "two")
    (later, mine), (_, others) = await asyncio.gather(joined(one, 2), joined(two, 2))
    assert later > generation
    assert not mine & others
    await two.stop()
    await joined(one, 4)
    await one.stop()


async def test_bounds_peek_and_ends_tell_of_the_log(broker: Broker, topic: str) -> None:
    await send(broker, *(record(topic, "k", str(i), partition=1) for i in range(3)))
    consumer = await broker.consumer(f"g-{topic}", [topic], "c")
    await joined(consumer, 4)
    partition = Partition(topic, 1)
    assert tuple((await consumer.bounds([partition]))[partition]) == (0, 3)
    peeked = await consumer.peek(partition, 2)
    assert peeked is not None
    assert peeked.value == b"2"
    assert (await broker.ends([topic]))[partition] == 3
    assert await broker.create_topics([topic], 4) == []
    await consumer.stop()


async def test_a_flood_in_one_topic_holds_up_no_other(broker: Broker, topic: str) -> None:
    few = f"{topic}-few"
    await broker.create_topics([few], 4)
    await send(broker, *(record(topic, str(i)) for i in range(8_000)))
    consumer = await broker.consumer(f"g-{topic}", [topic, few], "c")
    await start_at_the_start(consumer, 8)
    await consumer.fetch(200, 2_000)
    await send(broker, *(record(few, str(i)) for i in range(20)))
    found = {topic: 0, few: 0}
    while found[few] < 20:
        await asyncio.sleep(0.05)  # as a lane takes its time over a batch
        for partition, records in (await consumer.fetch(200, 200)).items():
            found[partition.topic] += len(records)
    assert found[topic] <= 4_000
    await consumer.stop()
