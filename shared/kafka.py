"""The broker's promise on Apache Kafka, by aiokafka. The only module that knows aiokafka.

Hazards that this file closes: a rebalance pauses and re-seeks everything (the listener only takes note; claims
happen in the runner's loop); no offset is ever reset by the client; range assignment keeps partition *i* of all
topics together; the producer is idempotent and waits for all replicas.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, TopicAlreadyExistsError
from aiokafka.structs import OffsetAndMetadata

from shared.broker import Bounds, Outgoing, Partition, Record
from shared.errors import NotReady, OutOfRange
from shared.logs import log

_STOP_S = 2.0


class KafkaBroker:
    """A Kafka cluster at `bootstrap` (host:port, comma-separated)."""

    def __init__(self, bootstrap: str, *, replication: int = 1, session_timeout_ms: int = 10_000) -> None:
        self._bootstrap = bootstrap
        self._replication = replication
        self._session_timeout_ms = session_timeout_ms
        self._looker: AIOKafkaConsumer | None = None

    async def create_topics(self, topics: Sequence[str], partitions: int) -> list[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            existing = set(await admin.list_topics())
            missing = [topic for topic in topics if topic not in existing]
            if missing:
                await admin.create_topics([NewTopic(t, partitions, self._replication) for t in missing])
        except TopicAlreadyExistsError:
            return []
        except (KafkaError, OSError) as error:
            raise NotReady(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        finally:
            await admin.close()
        return missing

    async def consumer(self, group: str, topics: Sequence[str], name: str) -> "KafkaConsumer":
        client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=group,
            client_id=name,
            enable_auto_commit=False,
            auto_offset_reset="none",
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=self._session_timeout_ms // 3,
            rebalance_timeout_ms=30_000,
            max_poll_interval_ms=120_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_bytes=64 * 1024 * 1024,
            fetch_max_wait_ms=100,
        )
        notes = _Rebalances(client)
        client.subscribe(list(topics), listener=notes)
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise NotReady(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        return KafkaConsumer(client, notes)

    async def producer(self, name: str) -> "KafkaProducer":
        client = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=name,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=2,
            max_batch_size=256 * 1024,
            max_request_size=4 * 1024 * 1024,
        )
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise NotReady(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        return KafkaProducer(client)

    async def ready(self) -> None:
        await self.ends([])

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        try:
            client = await self._looking()
            parts = [TopicPartition(t, n) for t in topics for n in sorted(await _partitions(client, t))]
            found = await client.end_offsets(parts) if parts else {}
        except (KafkaError, OSError) as error:
            await self._stop_looking()
            raise NotReady(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        return {Partition(tp.topic, tp.partition): end for tp, end in found.items()}

    async def stop(self) -> None:
        await self._stop_looking()

    async def _looking(self) -> AIOKafkaConsumer:
        if self._looker is None:
            client = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, client_id="steward-watch")
            try:
                await client.start()
            except BaseException:
                await client.stop()
                raise
            self._looker = client
        return self._looker

    async def _stop_looking(self) -> None:
        client, self._looker = self._looker, None
        if client is not None:
            await _within(client.stop())


async def _partitions(client: AIOKafkaConsumer, topic: str) -> set[int]:
    found = client.partitions_for_topic(topic)
    if not found:
        await client._client.force_metadata_update()
        await client._client.fetch_all_metadata()
        found = client.partitions_for_topic(topic)
    return found or set()


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    """Takes note of rebalances and keeps the client from fetching what the runner has not claimed."""

    def __init__(self, client: AIOKafkaConsumer) -> None:
        self._client = client
        self.generation = 0
        self.assigned: frozenset[Partition] = frozenset()

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self.generation += 1
        self.assigned = frozenset()

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        for tp in assigned:
            self._client.pause(tp)
            self._client.seek(tp, 0)  # any position: it keeps the client from asking for one; the runner seeks
        self.assigned = frozenset(Partition(tp.topic, tp.partition) for tp in assigned)
        self.generation += 1


class KafkaConsumer:
    """A member of a Kafka consumer group that keeps its own positions."""

    def __init__(self, client: AIOKafkaConsumer, notes: _Rebalances) -> None:
        self._client = client
        self._notes = notes
        self._next: dict[TopicPartition, int] = {}

    async def assigned(self) -> tuple[int, frozenset[Partition]]:
        return self._notes.generation, self._notes.assigned

    async def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, Bounds]:
        parts = [TopicPartition(*p) for p in partitions]
        try:
            starts, ends = await asyncio.gather(self._client.beginning_offsets(parts), self._client.end_offsets(parts))
        except KafkaError as error:
            raise NotReady(f"Kafka does not tell the bounds: {error!r}") from error
        return {p: Bounds(starts[TopicPartition(*p)], ends[TopicPartition(*p)]) for p in partitions}

    async def seek(self, partition: Partition, offset: int) -> None:
        tp = TopicPartition(*partition)
        if tp in self._client.assignment():
            self._client.seek(tp, offset)
            self._client.resume(tp)
            self._next[tp] = offset

    async def pause(self, partition: Partition) -> None:
        tp = TopicPartition(*partition)
        if tp in self._client.assignment():
            self._client.pause(tp)

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[Partition, list[Record]]:
        found: dict[TopicPartition, Sequence[Any]] = {}
        left = most
        try:
            for parts in self._least_first():
                if left:
                    found |= await self._client.getmany(*parts, timeout_ms=0, max_records=left)
                    left = most - sum(map(len, found.values()))
            found = found or await self._client.getmany(timeout_ms=timeout_ms, max_records=most)
        except OffsetOutOfRangeError as error:
            raise OutOfRange(f"outside the log: {error!r}") from error
        self._next |= {tp: messages[-1].offset + 1 for tp, messages in found.items() if messages}
        return dict(_records(tp, messages) for tp, messages in found.items())

    def _least_first(self) -> list[list[TopicPartition]]:
        """Our partitions topic by topic, that topic first of which least waits: a flood in one holds up no other."""
        by_topic: dict[str, list[TopicPartition]] = {}
        waiting: Counter[str] = Counter()
        for tp in sorted(self._client.assignment()):
            by_topic.setdefault(tp.topic, []).append(tp)
            waiting[tp.topic] += (self._client.highwater(tp) or 0) - self._next.get(tp, 0)
        return sorted(by_topic.values(), key=lambda parts: waiting[parts[0].topic])

    async def peek(self, partition: Partition, offset: int) -> Record | None:
        tp = TopicPartition(*partition)
        if tp not in self._client.assignment():
            return None
        self._client.seek(tp, offset)
        self._client.resume(tp)
        found = await self._client.getmany(tp, timeout_ms=2_000, max_records=1)
        self._client.pause(tp)
        _, records = _records(tp, found.get(tp, []))
        return records[0] if records and records[0].offset == offset else None

    async def hint(self, positions: Mapping[Partition, int]) -> None:
        try:
            await self._client.commit({TopicPartition(*p): OffsetAndMetadata(at, "") for p, at in positions.items()})
        except KafkaError as error:
            log.debug("offset_hint_not_taken", error=repr(error))

    async def stop(self) -> None:
        await _within(self._client.stop())


class KafkaProducer:
    """An idempotent producer."""

    def __init__(self, client: AIOKafkaProducer) -> None:
        self._client = client

    async def send(self, records: Sequence[Outgoing]) -> None:
        try:
            waiting = [
                await self._client.send(r.topic, r.value, r.key, r.partition, headers=list(r.headers)) for r in records
            ]
            await asyncio.gather(*waiting)
        except KafkaError as error:
            raise NotReady(f"Kafka did not take the records: {error!r}") from error

    async def stop(self) -> None:
        await _within(self._client.stop())


async def _within(stopping: Awaitable[None]) -> None:
    """Waits for a client to stop, but not for a broker that is away."""
    try:
        async with asyncio.timeout(_STOP_S):
            await stopping
    except TimeoutError:
        log.warning("kafka_client_did_not_stop", after_s=_STOP_S)


def _records(tp: TopicPartition, messages: Sequence[Any]) -> tuple[Partition, list[Record]]:
    partition, record = Partition(*tp), partial(tuple.__new__, Record)  # half the price of Record's own constructor
    return partition, [record((partition, m.offset, m.timestamp, m.key, m.value or b"", m.headers)) for m in messages]
