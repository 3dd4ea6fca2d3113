"""The watchdog: outside the client, it ends a process that is alive but stuck, and tells the lag."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence

from shared.broker import Broker, Partition
from shared.clock import Clock
from shared.consume import Handler, Lane, Progress, run_lanes
from shared.database import Database
from shared.errors import NotReady
from shared.logs import log
from shared.metrics import LAG
from shared.settings import Settings

EXIT_STUCK = 70


def lag_of(progress: Progress, ends: Mapping[Partition, int]) -> dict[str, int]:
    """Records waiting for us, by topic; partitions stopped on purpose aside."""
    waiting: dict[str, int] = {}
    for owned in list(progress.owned.values()):
        for partition, at in owned.items():
            behind = max(ends.get(partition, at) - at, 0)
            waiting[partition.topic] = waiting.get(partition.topic, 0) + behind
    return waiting


async def watch(
    *, broker: Broker, group: str, topics: Sequence[str], progress: Progress, stuck_after_s: float,
    give_up: Callable[[int], None] = os._exit, every_s: float = 5.0,
) -> None:  # fmt: skip
    """Ends the process (exit code 70) when records wait and none has been committed for `stuck_after_s`."""
    handled, moved_at = progress.records, time.monotonic()
    while True:
        await asyncio.sleep(every_s)
        try:
            waiting = lag_of(progress, await broker.ends(topics))
        except NotReady:
            moved_at = time.monotonic()  # the broker is away: that is not being stuck
            continue
        for topic, behind in waiting.items():
            LAG.labels(group, topic).set(behind)
        if progress.records != handled or not any(waiting.values()):
            handled, moved_at = progress.records, time.monotonic()
        elif time.monotonic() - moved_at > stuck_after_s:
            log.critical("stuck", group=group, waiting=waiting, remedy="the process exits and is started again")
            give_up(EXIT_STUCK)


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
    lanes: int | None = None,
) -> None:
    """Runs a group's lanes and their watchdog until cancelled."""
    progress = Progress()
    crew = [
        Lane(
            broker=broker, database=database, group=group, topics=topics, handler=handler, clock=clock,
            name=f"{name}-{i}", batch_records=settings.batch_records, coalesce_ms=coalesce_ms, progress=progress,
        )
        for i in range(lanes or settings.lanes)
    ]  # fmt: skip
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_lanes(crew, name=f"{name}-lane"), name=f"{name}-lanes")
        tasks.create_task(
            watch(broker=broker, group=group, topics=topics, progress=progress, stuck_after_s=settings.stuck_after_s),
            name=f"{name}-watch",
        )
