"""The lanes of one group on a twin broker, which a test torments: they die, freeze, wake as zombies, change places."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.broker import Partition
from shared.clock import FrozenClock
from shared.consume import Handler, Lane
from shared.database import Database
from tests.cast import NOW
from tests.runner.twin import TwinBroker, TwinConsumer

LANES = 2


class CrashedError(BaseException):
    """The process died here."""


@dataclass
class Member:
    """A lane with its consumer, as a process would have it: when it dies, a new one takes its place."""

    lane: Lane
    consumer: TwinConsumer
    crash_at: str | None = None
    frozen: "asyncio.Task[int] | None" = None

    def reach(self, point: str) -> None:
        if self.crash_at == point:
            self.crash_at = None
            raise CrashedError(point)


class Crew:
    """Two lanes of a group; the test says who owns what, who takes a turn, and who dies."""

    def __init__(
        self, broker: TwinBroker, database: Database, group: str, topics: Sequence[str], handler: Handler
    ) -> None:
        self.group = group
        self._broker = broker
        self._database = database
        self._topics = topics
        self._handler = handler
        self.partitions = sorted(partition for partition in broker.logs if partition.topic in topics)
        self.members = [self._join() for _ in range(LANES)]
        self.rebalance(0b0101_0101)

    def _join(self) -> Member:
        member: Member
        lane = Lane(
            broker=self._broker, database=self._database, group=self.group, topics=self._topics, handler=self._handler,
            clock=FrozenClock(NOW), name="lane", batch_records=7, fail_at=lambda point: member.reach(point),  # noqa: PLW0108  # there is no member yet
        )  # fmt: skip
        member = Member(lane, TwinConsumer(self._broker))
        return member

    def rebalance(self, owners: int) -> None:
        """Bit i of `owners` says whose the partition i is. A frozen lane still believes in its old share."""
        shares: list[set[object]] = [set() for _ in range(LANES)]
        for index, partition in enumerate(self.partitions):
            shares[(owners >> index) % LANES].add(partition)
        for member, share in zip(self.members, shares, strict=True):
            member.consumer.assign(frozenset(share))  # type: ignore[arg-type]

    async def turn(self, index: int, crash_at: str | None = None) -> int:
        """One lane takes a turn; it may die at a point of it, and is replaced. How many records it committed."""
        member, done = self.members[index], 0
        if member.frozen is not None:
            return 0
        member.crash_at = crash_at
        with suppress(CrashedError):
            done = await member.lane.turn(member.consumer, timeout_ms=0)
        if crash_at is not None:
            _, share = await member.consumer.assigned()
            self.members[index] = self._join()
            self.members[index].consumer.assign(share)
        return done

    async def has_records(self, index: int) -> bool:
        """Whether something waits in the lane's share that was never read."""
        _, share = await self.members[index].consumer.assigned()
        async with self._database.reading() as reading:
            rows = await reading.fetch(
                'SELECT topic, partition, position FROM positions WHERE "group" = $1', self.group
            )
        at = {Partition(row["topic"], row["partition"]): row["position"] for row in rows}
        return any(len(self._broker.logs[partition]) > at.get(partition, 0) for partition in share)

    async def freeze(self, index: int) -> None:
        """A lane freezes with fetched records in its hands; its share goes to the other."""
        member = self.members[index]
        if member.frozen is not None:
            return
        member.consumer.thaw.clear()
        member.frozen = asyncio.create_task(member.lane.turn(member.consumer, timeout_ms=0))
        for _ in range(200):
            if member.consumer.frozen_with_records or member.frozen.done():
                break
            await asyncio.sleep(0.005)
        self.members[(index + 1) % LANES].consumer.assign(frozenset(self.partitions))

    async def thaw(self, index: int) -> None:
        """The frozen lane wakes as a zombie and goes on where it was."""
        member = self.members[index]
        if member.frozen is not None:
            member.consumer.thaw.set()
            await member.frozen
            member.frozen = None
            member.consumer.frozen_with_records = False

    async def wake_all(self) -> None:
        """Everybody wakes, and the partitions are dealt anew."""
        for index in range(LANES):
            await self.thaw(index)
        self.rebalance(0b0101_0101)

    async def read_on(self) -> int:
        """Every lane takes a turn; how many records they committed."""
        return sum([await self.turn(index) for index in range(LANES)])
