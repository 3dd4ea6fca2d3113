"""The watchdog: outside the client, it ends a process that is alive but stuck, and tells the lag."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.broker import Broker, Partition
from shared.errors import NotReady
from shared.logs import log
from shared.metrics import LAG

EXIT_STUCK = 70


@dataclass
class Progress:
    """What the watchdog needs to know of a group's lanes in this process."""

    records: int = 0
    owned: dict[str, Mapping[Partition, int]] = field(default_factory=dict)
    stopped: dict[Partition, str] = field(default_factory=dict)


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
