"""A broker in memory whose group does what the test says: partitions move, members freeze, records come again."""

import asyncio
import zlib
from collections.abc import Mapping, Sequence

from shared.broker import Bounds, Outgoing, Partition, Record


class TwinBroker:
    """Partitions as lists. Members are told what is theirs by `assign`."""

    def __init__(self, topics: Sequence[str], partitions: int) -> None:
        self.logs: dict[Partition, list[Record]] = {Partition(t, n): [] for t in topics for n in range(partitions)}
        self.starts: dict[Partition, int] = dict.fromkeys(self.logs, 0)
        self.members: list[TwinConsumer] = []

    def append(self, partition: Partition, record: Outgoing, timestamp: int) -> None:
        log = self.logs[partition]
        log.append(Record(partition, len(log), timestamp, record.key, record.value, tuple(record.headers)))

    async def create_topics(self, topics: Sequence[str], partitions: int) -> list[str]:
        return []

    async def consumer(self, group: str, topics: Sequence[str], name: str) -> "TwinConsumer":
        return TwinConsumer(self)

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        return {partition: len(log) for partition, log in self.logs.items()}


class TwinProducer:
    """Appends what is sent, by partition or by key."""

    def __init__(self, broker: TwinBroker, timestamp: int) -> None:
        self._broker = broker
        self._timestamp = timestamp
        self.crash: BaseException | None = None

    async def send(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            count = sum(partition.topic == record.topic for partition in self._broker.logs)
            number = record.partition if record.partition is not None else zlib.crc32(record.key or b"")
            self._broker.append(Partition(record.topic, number % count), record, self._timestamp)
        if self.crash is not None:
            raise self.crash

    async def stop(self) -> None:
        return None


class TwinConsumer:
    """A member. While `thaw` is cleared, a fetch that has found records does not return."""

    def __init__(self, broker: TwinBroker) -> None:
        self._broker = broker
        self._generation = 0
        self._assigned: frozenset[Partition] = frozenset()
        self._at: dict[Partition, int] = {}
        self.thaw = asyncio.Event()
        self.thaw.set()
        self.frozen_with_records = False

    def assign(self, partitions: frozenset[Partition]) -> None:
        self._generation += 1
        self._assigned = partitions
        self._at = {}

    async def assigned(self) -> tuple[int, frozenset[Partition]]:
        return self._generation, self._assigned

    async def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, Bounds]:
        return {p: Bounds(self._broker.starts[p], len(self._broker.logs[p])) for p in partitions}

    async def seek(self, partition: Partition, offset: int) -> None:
        self._at[partition] = offset

    async def pause(self, partition: Partition) -> None:
        self._at.pop(partition, None)

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[Partition, list[Record]]:
        found = {}
        for partition, at in self._at.items():
            records = self._broker.logs[partition][at : at + max(1, most // len(self._at))]
            if records:
                found[partition] = records
                self._at[partition] = records[-1].offset + 1
        if found and not self.thaw.is_set():
            self.frozen_with_records = True
            await self.thaw.wait()
        return found

    async def peek(self, partition: Partition, offset: int) -> Record | None:
        return self._broker.logs[partition][offset] if offset < len(self._broker.logs[partition]) else None

    async def hint(self, positions: Mapping[Partition, int]) -> None:
        return None

    async def stop(self) -> None:
        return None
