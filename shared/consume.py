"""The runner: fetch a batch, fence it, hand it to a handler, commit, move on. Exactly once for PostgreSQL state.

A group runs several lanes in one process; each is a member of the group with partitions of its own, so that
several transactions are in flight. Which partitions a lane holds, and what it expects there, is in `shared/claims.py`.
"""

import asyncio
import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared import failpoints, positions
from shared.broker import Broker, Consumer, Partition, Record
from shared.claims import Claims
from shared.clock import Clock
from shared.database import Database, Writing
from shared.errors import Fenced, OutOfRange
from shared.failing import backoff
from shared.gather import Batch, Size, gather
from shared.logs import log
from shared.metrics import BATCH_SECONDS, BATCHES, RECORDS, STOPPED
from shared.positions import Position, Step
from shared.settings import Settings
from shared.watch import LaneProgress, Progress, watch

Handler = Callable[[Writing, Sequence[Record], dt.datetime], Awaitable[None]]
"""One batch in one transaction. Raising anything rolls the batch back; it is tried again."""

_HINT_EVERY_S = 1.0
_JOIN_ANEW_AFTER = 5  # failures in a row, after which a lane leaves its group and joins it again


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
        self._size = Size(batch_records, coalesce_ms / 1000, most_coalesce_ms / 1000)
        self._progress = progress or Progress()
        self._own = self._progress.lanes.setdefault(name, LaneProgress())
        self._claims = Claims(database, group, name, self._progress.stopped, look_again_s)
        self._fail_at = fail_at or (lambda point: failpoints.reach(f"{group}:{point}"))
        self._hinted_at = 0.0
        self._hinting: asyncio.Task[None] | None = None

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
                    self._claims.drop()
                    if consumer is not None and failures % _JOIN_ANEW_AFTER == 0:
                        await self._leave(consumer)
                        consumer = None
                    await _wait(stop, backoff(failures) * random.uniform(0.5, 1.0))
        finally:
            self._progress.lanes.pop(self._name, None)
            if consumer is not None:
                await self._told()
                await consumer.stop()

    async def _leave(self, consumer: Consumer) -> None:
        """Gives up a consumer that does not work; the next turn makes another."""
        await self._told()
        try:
            await consumer.stop()
        except Exception as error:
            log.warning("lane_did_not_leave", group=self._group, lane=self._name, error=repr(error))

    async def turn(self, consumer: Consumer, timeout_ms: int = 200) -> int:
        """One round: claim what is new, fetch, commit. The number of records committed."""
        await self._claims.follow(consumer)
        self._show()
        await self._claims.try_again(consumer)
        if not self._claims.held:
            await asyncio.sleep(timeout_ms / 1000)
            return 0
        try:
            batch = await gather(consumer, self._claims.held, self._size, self._clock, timeout_ms)
        except OutOfRange:
            self._claims.drop()  # the next claim finds out which partition it is, and stops it
            return 0
        if not batch:
            return 0
        self._fail_at("fetched")
        return await self._commit(consumer, batch)

    def _show(self) -> None:
        """Where the lane stands, for the watchdog and the metrics."""
        self._own.owned = {p: claim.next for p, claim in self._claims.held.items()}
        self._own.waiting = self._claims.waiting()
        STOPPED.labels(self._group).set(len(self._progress.stopped))

    async def _commit(self, consumer: Consumer, batch: Batch) -> int:
        if await self._try(consumer, batch):
            self._hint(consumer)
            return sum(map(len, batch.values()))
        if not self._claims.held or len(batch) == 1:
            return 0
        done = 0
        for partition, records in batch.items():  # one of them is to blame: each stands for itself
            if self._claims.may_try(partition) and await self._try(consumer, {partition: records}):
                done += len(records)
        return done

    async def _try(self, consumer: Consumer, batch: Batch) -> bool:
        """Commits the batch; True when done. A fenced lane has no claims afterwards; a failed single partition
        is halved down to the record to blame, which is then tried again after a while."""
        began = time.perf_counter()
        try:
            moved = await self._transact(batch)
        except Fenced as fenced:
            BATCHES.labels(self._group, "fenced").inc()
            log.info("batch_fenced", group=self._group, lane=self._name, error=str(fenced))
            self._claims.drop()
            return False
        except Exception as error:
            BATCHES.labels(self._group, "failed").inc()
            log.warning("batch_failed", group=self._group, lane=self._name, error=repr(error), exc_info=True)
            if len(batch) > 1:
                return False
            return await self._narrow(consumer, *next(iter(batch.items())), error)
        self._claims.moved(moved)
        self._note(batch, time.perf_counter() - began)
        return True

    async def _transact(self, batch: Batch) -> dict[Partition, Position]:
        steps = [self._step(partition, records) for partition, records in sorted(batch.items())]
        records = [record for _, some in sorted(batch.items()) for record in some]
        async with self._database.writing() as tx:
            await positions.advance(tx, self._group, steps)
            await self._handler(tx, records, self._clock.now())
            self._fail_at("before_commit")
        self._fail_at("after_commit")
        return {s.partition: Position(s.next, s.epoch, s.last_timestamp, s.last_key) for s in steps}

    def _step(self, partition: Partition, records: Sequence[Record]) -> Step:
        claim, last = self._claims.held[partition], records[-1]
        return Step(partition, claim.next, last.offset + 1, claim.epoch, last.timestamp, positions.key_digest(last.key))

    async def _narrow(self, consumer: Consumer, partition: Partition, records: list[Record], error: Exception) -> bool:
        if len(records) > 1:
            half = len(records) // 2
            return await self._try(consumer, {partition: records[:half]}) and await self._try(
                consumer, {partition: records[half:]}
            )
        await self._claims.rest(consumer, records[0], error)
        return False

    def _note(self, batch: Mapping[Partition, Sequence[Record]], seconds: float) -> None:
        BATCHES.labels(self._group, "done").inc()
        BATCH_SECONDS.labels(self._group).observe(seconds)
        for partition, records in batch.items():
            RECORDS.labels(self._group, partition.topic).inc(len(records))
            self._own.records += len(records)

    def _hint(self, consumer: Consumer) -> None:
        """Hints to the broker how far we are, beside the next batch, which does not wait for it."""
        if time.monotonic() - self._hinted_at < _HINT_EVERY_S or (self._hinting and not self._hinting.done()):
            return
        if self._hinting:
            self._hinting.result()
        self._hinted_at = time.monotonic()
        reached = {p: claim.next for p, claim in self._claims.held.items()}
        self._hinting = asyncio.create_task(consumer.hint(reached), name=f"{self._name}-hint")

    async def _told(self) -> None:
        """Waits for the hint that is under way, if not for long: the consumer is about to stop."""
        hinting, self._hinting = self._hinting, None
        if hinting:
            await asyncio.wait([hinting], timeout=_HINT_EVERY_S)
            hinting.cancel()
            await asyncio.gather(hinting, return_exceptions=True)  # best effort: what failed is of no account any more


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
