"""The runner: fetch a batch, fence it, hand it to a handler, commit, move on. Exactly once for PostgreSQL state.

A group runs several lanes in one process; each is a member of the group with partitions of its own, so that
several transactions are in flight. What a lane expects is kept here, set at the claim, moved after the commit,
and never read from the client (docs/delivery-semantics.md).
"""

import asyncio
import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared import failpoints, positions
from shared.broker import RECEIVED_AT, Bounds, Broker, Consumer, Partition, Record
from shared.clock import Clock, to_us
from shared.database import Database, Writing
from shared.errors import Fenced, LogReplaced, OutOfRange
from shared.failing import Failures, backoff
from shared.logs import log
from shared.metrics import BATCH_SECONDS, BATCHES, RECORDS, STOPPED
from shared.native import parse_time
from shared.positions import Position, Step, Trouble
from shared.settings import Settings
from shared.watch import LaneProgress, Progress, watch

Handler = Callable[[Writing, Sequence[Record], dt.datetime], Awaitable[None]]
"""One batch in one transaction. Raising anything rolls the batch back; it is tried again."""

_HINT_EVERY_S = 1.0
_CLAIM_LOCK_MS = 2_000
_JOIN_ANEW_AFTER = 5  # failures in a row, after which a lane leaves its group and joins it again


_QUARTER = 0.25
_PATIENCE_S = 0.5  # a batch that is gathered for longer ends when nothing has come for so long


def gathering(coalesce_s: float, most_s: float, late_s: float) -> float:
    """Seconds to gather records into one batch. What is late already may wait a quarter longer, up to `most_s`, so that
    what comes again and again in a backlog is handled once; what is live waits for `coalesce_s` alone."""
    return max(coalesce_s, min(_QUARTER * late_s, most_s))


class Lane:
    """One member of a group: its consumer, its claims, one transaction at a time."""

    def __init__(
        self,
        *,
        broker: Broker,
        database: Database,
        group: str,
        topics: Sequence[str],
        handler: Handler,
        clock: Clock,
        name: str,
        batch_records: int = 32_000,
        coalesce_ms: int = 0,
        most_coalesce_ms: int = 0,
        progress: Progress | None = None,
        look_again_s: float = 5.0,
        fail_at: Callable[[str], None] | None = None,
    ) -> None:
        self._broker = broker
        self._database = database
        self._group = group
        self._topics = topics
        self._handler = handler
        self._clock = clock
        self._name = name
        self._batch_records = batch_records
        self._coalesce_s = coalesce_ms / 1000
        self._most_coalesce_s = most_coalesce_ms / 1000
        self._progress = progress or Progress()
        self._own = self._progress.lanes.setdefault(name, LaneProgress())
        self._look_again_s = look_again_s
        self._stopped_at = 0.0
        self._looked_at = 0.0
        self._fail_at = fail_at or (lambda point: failpoints.reach(f"{group}:{point}"))
        self._generation = -1
        self._claims: dict[Partition, Position] = {}
        self._failing = Failures()
        self._hinted_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set; a batch in hand is finished first."""
        consumer: Consumer | None = None
        failures = 0
        try:
            while not stop.is_set():
                try:
                    consumer = consumer or await self._broker.consumer(self._group, self._topics, self._name)
                    await self.turn(consumer)
                    failures = 0
                except Exception as error:  # broker or database away: nothing is lost, we come back
                    failures += 1
                    log.warning("lane_in_trouble", group=self._group, lane=self._name, error=repr(error))
                    self._claims.clear()
                    if consumer is not None and failures % _JOIN_ANEW_AFTER == 0:
                        await self._leave(consumer)
                        consumer = None
                    await _wait(stop, backoff(failures) * random.uniform(0.5, 1.0))
        finally:
            self._progress.lanes.pop(self._name, None)
            if consumer is not None:
                await consumer.stop()

    async def _leave(self, consumer: Consumer) -> None:
        """Gives up a consumer that does not work; the next turn makes another."""
        try:
            await consumer.stop()
        except Exception as error:
            log.warning("lane_did_not_leave", group=self._group, lane=self._name, error=repr(error))

    async def turn(self, consumer: Consumer, timeout_ms: int = 200) -> int:
        """One round: claim what is new, fetch, commit. The number of records committed."""
        await self._follow_assignment(consumer)
        await self._retry_what_failed(consumer)
        if not self._claims:
            await asyncio.sleep(timeout_ms / 1000)
            return 0
        try:
            batch = await self._fetch(consumer, timeout_ms)
        except OutOfRange:
            self._claims.clear()  # the next claim finds out which partition it is, and stops it
            return 0
        if not batch:
            return 0
        self._fail_at("fetched")
        return await self._commit(consumer, batch)

    # --- claims -----------------------------------------------------------------------------------

    async def _follow_assignment(self, consumer: Consumer) -> None:
        generation, assigned = await consumer.assigned()
        if generation != self._generation:
            self._generation = generation
            self._claims.clear()
            self._failing.clear()
        if time.monotonic() - self._stopped_at >= self._look_again_s:
            for partition in assigned:  # somebody may have mended it: look again
                self._progress.stopped.pop(partition, None)
        if self._claims and time.monotonic() - self._looked_at >= self._look_again_s:
            self._looked_at = time.monotonic()
            await self._let_go_of_what_was_reset()
        new = sorted(assigned - self._claims.keys() - self._progress.stopped.keys())
        if new:
            await self._claim(consumer, new)
        self._own.owned = {p: claim.next for p, claim in self._claims.items()}
        self._own.waiting = self._failing.waiting()
        STOPPED.labels(self._group).set(len(self._progress.stopped))

    async def _let_go_of_what_was_reset(self) -> None:
        """A batch would be fenced, but none comes where nothing new is written."""
        async with self._database.reading() as reading:
            by_hand = await positions.set_by_hand(reading, self._group)
        for partition in by_hand & self._claims.keys():
            del self._claims[partition]
            self._failing.done(partition)

    async def _claim(self, consumer: Consumer, partitions: Sequence[Partition]) -> None:
        bounds = await consumer.bounds(partitions)
        try:
            async with self._database.writing(lock_timeout_ms=_CLAIM_LOCK_MS) as tx:
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
            self._claims[partition] = position

    async def _stop_at(self, consumer: Consumer, partition: Partition, position: Position, error: Exception) -> None:
        self._progress.stopped[partition] = str(error)
        self._stopped_at = time.monotonic()
        await consumer.pause(partition)
        remedy = f"steward offsets reset {self._group} {partition.topic} {partition.number} --to start"
        await self._tell("partition_stopped", partition, position.epoch, Trouble(str(error), remedy))

    async def _tell(self, event: str, partition: Partition, epoch: int, trouble: Trouble) -> None:
        """Logs why the partition does not go on, and notes it for those who ask the database."""
        log.error(
            event, group=self._group, topic=partition.topic, partition=partition.number, error=trouble.words,
            remedy=trouble.remedy,
        )  # fmt: skip
        try:
            async with self._database.writing(lock_timeout_ms=_CLAIM_LOCK_MS) as tx:
                await positions.note(tx, self._group, partition, epoch, trouble)
        except Exception as error:  # the log has it
            log.warning("trouble_not_noted", group=self._group, error=repr(error))

    async def _retry_what_failed(self, consumer: Consumer) -> None:
        for partition in self._failing.take_due():
            if partition in self._claims:
                await consumer.seek(partition, self._claims[partition].next)

    # --- batches ----------------------------------------------------------------------------------

    async def _fetch(self, consumer: Consumer, timeout_ms: int) -> dict[Partition, list[Record]]:
        """What is there, gathered for a while, of claimed partitions; at once when nothing more comes."""
        batch: dict[Partition, list[Record]] = {}
        count, until, patience, wait_ms = 0, None, 0.0, timeout_ms
        while count < self._batch_records:
            new = self._take(batch, await consumer.fetch(self._batch_records - count, wait_ms))
            count, now = count + new, time.monotonic()
            if until is None:
                gather_s = gathering(self._coalesce_s, self._most_coalesce_s, self._late_s(batch))
                until, patience = now + gather_s, max(self._coalesce_s, min(gather_s / 3, _PATIENCE_S))
            wait_ms = int(min(until - now, patience) * 1000)
            if not new or wait_ms <= 0:
                break
        return {p: records for p, records in batch.items() if records}

    def _take(self, batch: dict[Partition, list[Record]], found: Mapping[Partition, list[Record]]) -> int:
        """Adds to the batch what was found of claimed partitions and not before; how many records."""
        count = 0
        for partition, records in found.items():
            claim = self._claims.get(partition)
            known = batch.get(partition)
            floor = known[-1].offset + 1 if known else (claim.next if claim else None)
            if floor is not None:
                fresh = records if records and records[0].offset >= floor else [r for r in records if r.offset >= floor]
                batch.setdefault(partition, []).extend(fresh)
                count += len(fresh)
        return count

    def _late_s(self, batch: Mapping[Partition, Sequence[Record]]) -> float:
        """How long ago what the newest record tells of first arrived, seconds; 0 where it does not say."""
        newest = max((records[-1] for records in batch.values() if records), key=lambda r: r.timestamp, default=None)
        arrived = newest.header(RECEIVED_AT) if newest and self._most_coalesce_s else None
        return (to_us(self._clock.now()) - parse_time(arrived)) / 1_000_000 if arrived else 0.0

    async def _commit(self, consumer: Consumer, batch: dict[Partition, list[Record]]) -> int:
        if await self._try(consumer, batch):
            await self._hint(consumer)
            return sum(map(len, batch.values()))
        if not self._claims or len(batch) == 1:
            return 0
        done = 0
        for partition, records in batch.items():  # one of them is to blame: each stands for itself
            if (
                partition in self._claims
                and partition not in self._failing.resting()
                and await self._try(consumer, {partition: records})
            ):
                done += len(records)
        return done

    async def _try(self, consumer: Consumer, batch: dict[Partition, list[Record]]) -> bool:
        """Commits the batch; True when done. A fenced lane has no claims afterwards; a failed single partition
        is halved down to the record to blame, which is then tried again after a while."""
        began = time.perf_counter()
        try:
            claims = await self._transact(batch)
        except Fenced as fenced:
            BATCHES.labels(self._group, "fenced").inc()
            log.info("batch_fenced", group=self._group, lane=self._name, error=str(fenced))
            self._claims.clear()
            return False
        except Exception as error:
            BATCHES.labels(self._group, "failed").inc()
            log.warning("batch_failed", group=self._group, lane=self._name, error=repr(error), exc_info=True)
            if len(batch) > 1:
                return False
            return await self._narrow(consumer, *next(iter(batch.items())), error)
        self._claims |= claims
        self._note(batch, time.perf_counter() - began)
        return True

    async def _transact(self, batch: dict[Partition, list[Record]]) -> dict[Partition, Position]:
        steps = [self._step(partition, records) for partition, records in sorted(batch.items())]
        records = [record for _, some in sorted(batch.items()) for record in some]
        async with self._database.writing() as tx:
            await positions.advance(tx, self._group, steps)
            await self._handler(tx, records, self._clock.now())
            self._fail_at("before_commit")
        self._fail_at("after_commit")
        return {s.partition: Position(s.next, s.epoch, s.last_timestamp, s.last_key) for s in steps}

    def _step(self, partition: Partition, records: Sequence[Record]) -> Step:
        claim, last = self._claims[partition], records[-1]
        return Step(partition, claim.next, last.offset + 1, claim.epoch, last.timestamp, positions.key_digest(last.key))

    async def _narrow(self, consumer: Consumer, partition: Partition, records: list[Record], error: Exception) -> bool:
        if len(records) > 1:
            half = len(records) // 2
            return await self._try(consumer, {partition: records[:half]}) and await self._try(
                consumer, {partition: records[half:]}
            )
        self._failing.add(partition)
        await consumer.pause(partition)
        await self._tell("partition_waits", partition, self._claims[partition].epoch, self._waits(records[0], error))
        return False

    def _waits(self, record: Record, error: Exception) -> Trouble:
        at = record.offset
        skip = f"steward offsets reset {self._group} {record.partition.topic} {record.partition.number} --to {at + 1}"
        return Trouble(
            f"the record at {at} fails: {error!r}",
            f"read the log of {self._group}; once the cause is mended it goes on by itself. To pass over it: {skip}",
        )

    def _note(self, batch: Mapping[Partition, Sequence[Record]], seconds: float) -> None:
        BATCHES.labels(self._group, "done").inc()
        BATCH_SECONDS.labels(self._group).observe(seconds)
        for partition, records in batch.items():
            self._failing.done(partition)
            RECORDS.labels(self._group, partition.topic).inc(len(records))
            self._own.records += len(records)

    async def _hint(self, consumer: Consumer) -> None:
        if time.monotonic() - self._hinted_at >= _HINT_EVERY_S:
            self._hinted_at = time.monotonic()
            await consumer.hint({p: claim.next for p, claim in self._claims.items()})


async def _check(consumer: Consumer, partition: Partition, position: Position, bounds: Bounds) -> None:
    """Raises OutOfRange or LogReplaced when the log is not the one that the position was taken in."""
    if not bounds.start <= position.next <= bounds.end:
        raise OutOfRange(f"position {position.next} lies outside {bounds.start}..{bounds.end}")
    if position.last_timestamp is None or position.next <= bounds.start:
        return
    last = await consumer.peek(partition, position.next - 1)
    if last and (last.timestamp, positions.key_digest(last.key)) != (position.last_timestamp, position.last_key):
        raise LogReplaced(f"the record at {position.next - 1} is not the one that was read: was the topic made anew?")


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def run_lanes(lanes: Sequence[Lane], *, name: str) -> None:
    """Runs the lanes until cancelled; then lets each finish the batch in hand. An error of one ends all."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(lane.run(stop), name=f"{name}-{i}") for i, lane in enumerate(lanes)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        stop.set()
        done, late = await asyncio.wait(tasks, timeout=15)
        for task in late:
            task.cancel()
    for task in done:
        task.result()


async def run_consumer(
    *,
    broker: Broker,
    database: Database,
    settings: Settings,
    group: str,
    topics: Sequence[str],
    handler: Handler,
    clock: Clock,
    name: str,
    coalesce_ms: int = 0,
    most_coalesce_ms: int = 0,
    lanes: int | None = None,
) -> None:
    """Runs a group's lanes and their watchdog until cancelled."""
    progress = Progress()
    crew = [
        Lane(
            broker=broker, database=database, group=group, topics=topics, handler=handler, clock=clock,
            name=f"{name}-{i}", batch_records=settings.batch_records, coalesce_ms=coalesce_ms,
            most_coalesce_ms=most_coalesce_ms, progress=progress,
        )
        for i in range(lanes or settings.lanes)
    ]  # fmt: skip
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_lanes(crew, name=f"{name}-lane"), name=f"{name}-lanes")
        tasks.create_task(
            watch(
                broker=broker, database=database, group=group, topics=topics, progress=progress,
                stuck_after_s=settings.stuck_after_s,
            ),
            name=f"{name}-watch",
        )  # fmt: skip
