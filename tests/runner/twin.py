"""A broker in memory whose group does what the test says: partitions move, members freeze, records come again."""

import asyncio
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

    def deal(self, owners: Sequence[int], members: Sequence["TwinConsumer"]) -> None:
        """Partition i goes to member owners[i]; a member that is frozen still believes in its old share."""
        shares: dict[int, set[Partition]] = {index: set() for index in range(len(members))}
        for partition, owner in zip(sorted(self.logs), owners, strict=True):
            shares[owner].add(partition)
        for index, member in enumerate(members):
            member.assign(frozenset(shares[index]))

    async def create_topics(self, topics: Sequence[str], partitions: int) -> list[str]:
        return []

    async def consumer(self, group: str, topics: Sequence[str], name: str) -> "TwinConsumer":
        return TwinConsumer(self)

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        return {partition: len(log) for partition, log in self.logs.items()}


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
