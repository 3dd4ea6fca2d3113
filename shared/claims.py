"""What a lane holds: the partitions that it was given, each claimed with the position that is expected there.

Positions are set at the claim, moved after the commit, and never read from the client (docs/delivery-semantics.md).
A partition that does not go on, since its position does not fit its log or since a record of it fails, is logged and
noted for those who ask the database.
"""

import time
from collections.abc import Mapping, Sequence

from shared import positions
from shared.broker import Bounds, Consumer, Partition, Record
from shared.database import Database
from shared.errors import Fenced, LogReplaced, OutOfRange
from shared.failing import Failures
from shared.logs import log
from shared.positions import Position, Trouble

_LOCK_MS = 2_000


class Claims:
    """The claims of one lane. `stopped`: partitions of the group that stand in this process, and why."""

    def __init__(
        self, database: Database, group: str, name: str, stopped: dict[Partition, str], look_again_s: float
    ) -> None:
        self.held: dict[Partition, Position] = {}
        self._database = database
        self._group = group
        self._name = name
        self._stopped = stopped
        self._look_again_s = look_again_s
        self._stopped_at = 0.0
        self._looked_at = 0.0
        self._generation = -1
        self._failing = Failures()

    async def follow(self, consumer: Consumer) -> None:
        """Claims what was given to the lane and is not held yet; after a rebalance everything."""
        generation, assigned = await consumer.assigned()
        if generation != self._generation:
            self._generation = generation
            self.held.clear()
            self._failing.clear()
        if time.monotonic() - self._stopped_at >= self._look_again_s:
            for partition in assigned:  # somebody may have mended it: look again
                self._stopped.pop(partition, None)
        if self.held and time.monotonic() - self._looked_at >= self._look_again_s:
            self._looked_at = time.monotonic()
            await self._let_go_of_what_was_reset()
        new = sorted(assigned - self.held.keys() - self._stopped.keys())
        if new:
            await self._claim(consumer, new)

    async def try_again(self, consumer: Consumer) -> None:
        """Has the partitions read anew whose failing record has rested."""
        for partition in self._failing.take_due():
            if partition in self.held:
                await consumer.seek(partition, self.held[partition].next)

    def drop(self) -> None:
        """Holds nothing any more; all of it is claimed anew."""
        self.held.clear()

    def moved(self, to: Mapping[Partition, Position]) -> None:
        """A batch was committed up to there."""
        self.held |= to
        for partition in to:
            self._failing.done(partition)

    def waiting(self) -> frozenset[Partition]:
        """Those that wait on a record which fails."""
        return self._failing.waiting()

    def may_try(self, partition: Partition) -> bool:
        """Whether it is held and does not rest."""
        return partition in self.held and partition not in self._failing.resting()

    async def rest(self, consumer: Consumer, record: Record, error: Exception) -> None:
        """The record fails: its partition waits a while, longer each time, and is then tried again."""
        partition = record.partition
        self._failing.add(partition)
        await consumer.pause(partition)
        await self._tell("partition_waits", partition, self.held[partition].epoch, self._waits(record, error))

    # --- claiming ---------------------------------------------------------------------------------

    async def _let_go_of_what_was_reset(self) -> None:
        """A batch would be fenced, but none comes where nothing new is written."""
        async with self._database.reading() as reading:
            by_hand = await positions.set_by_hand(reading, self._group)
        for partition in by_hand & self.held.keys():
            del self.held[partition]
            self._failing.done(partition)

    async def _claim(self, consumer: Consumer, partitions: Sequence[Partition]) -> None:
        bounds = await consumer.bounds(partitions)
        try:
            async with self._database.writing(lock_timeout_ms=_LOCK_MS) as tx:
                claimed = {
                    p: await positions.claim(tx, self._group, p, bounds[p].start, self._name) for p in partitions
                }
                if (await consumer.assigned())[0] != self._generation:  # or the claim would fence whoever has them now
                    raise Fenced(f"{self._group}: they were given to others while {self._name} claimed them")
        except Fenced:
            return
        for partition, position in claimed.items():
            try:
                await _check(consumer, partition, position, bounds[partition])
            except (OutOfRange, LogReplaced) as error:
                await self._stop_at(consumer, partition, position, error)
                continue
            await consumer.seek(partition, position.next)
            self.held[partition] = position

    async def _stop_at(self, consumer: Consumer, partition: Partition, position: Position, error: Exception) -> None:
        self._stopped[partition] = str(error)
        self._stopped_at = time.monotonic()
        await consumer.pause(partition)
        remedy = f"steward offsets reset {self._group} {partition.topic} {partition.number} --to start"
        await self._tell("partition_stopped", partition, position.epoch, Trouble(str(error), remedy))

    # --- what does not go on ----------------------------------------------------------------------

    async def _tell(self, event: str, partition: Partition, epoch: int, trouble: Trouble) -> None:
        """Logs why the partition does not go on, and notes it for those who ask the database."""
        log.error(
            event, group=self._group, topic=partition.topic, partition=partition.number, error=trouble.words,
            remedy=trouble.remedy,
        )  # fmt: skip
        try:
            async with self._database.writing(lock_timeout_ms=_LOCK_MS) as tx:
                await positions.note(tx, self._group, partition, epoch, trouble)
        except Exception as error:  # the log has it
            log.warning("trouble_not_noted", group=self._group, error=repr(error))

    def _waits(self, record: Record, error: Exception) -> Trouble:
        at = record.offset
        skip = f"steward offsets reset {self._group} {record.partition.topic} {record.partition.number} --to {at + 1}"
        return Trouble(
            f"the record at {at} fails: {error!r}",
            f"read the log of {self._group}; once the cause is mended it goes on by itself. To pass over it: {skip}",
        )


async def _check(consumer: Consumer, partition: Partition, position: Position, bounds: Bounds) -> None:
    """Raises OutOfRange or LogReplaced when the log is not the one that the position was taken in."""
    if not bounds.start <= position.next <= bounds.end:
        raise OutOfRange(f"position {position.next} lies outside {bounds.start}..{bounds.end}")
    if position.last_timestamp is None or position.next <= bounds.start:
        return
    last = await consumer.peek(partition, position.next - 1)
    if last and (last.timestamp, positions.key_digest(last.key)) != (position.last_timestamp, position.last_key):
        raise LogReplaced(f"the record at {position.next - 1} is not the one that was read: was the topic made anew?")
