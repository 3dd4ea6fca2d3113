"""The watchdog: outside the client, it ends a process that is alive but stuck, and tells the lag.

Stuck is a lane that commits nothing while records wait for it, and a lane to which nothing was given while nobody
reads a partition. A partition that waits on a record which fails is not: it is tried again and again, it is shown
(docs/delivery-semantics.md), and a new process would stand at the same record.
"""

import asyncio
import os
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from shared import positions
from shared.broker import Broker, Partition
from shared.database import Database
from shared.logs import log
from shared.metrics import LAG, WAITING
from shared.positions import Stand

EXIT_STUCK = 70


@dataclass
class LaneProgress:
    """What a lane has committed, where it stands in what it owns, and what of that waits on a failing record."""

    records: int = 0
    owned: Mapping[Partition, int] = field(default_factory=dict)
    waiting: frozenset[Partition] = frozenset()


@dataclass
class Progress:
    """What the watchdog needs to know of a group's lanes in this process. `stopped`: partition → why."""

    lanes: dict[str, LaneProgress] = field(default_factory=dict)
    stopped: dict[Partition, str] = field(default_factory=dict)


def lag_of(progress: Progress, ends: Mapping[Partition, int]) -> dict[str, int]:
    """Records waiting for us, by topic; partitions stopped on purpose aside."""
    waiting: dict[str, int] = {}
    for lane in list(progress.lanes.values()):
        for partition, at in lane.owned.items():
            behind = max(ends.get(partition, at) - at, 0)
            waiting[partition.topic] = waiting.get(partition.topic, 0) + behind
    return waiting


def expected_to_move(
    progress: Progress, ends: Mapping[Partition, int], stands: Mapping[Partition, Stand]
) -> dict[Hashable, int]:
    """Whatever must move before long, each with a number that changes when it does: lanes with records to read; and,
    if a lane here has nothing to do, partitions with records that are neither ours nor known to wait or stop."""
    lanes = dict(progress.lanes)
    moving: dict[Hashable, int] = {
        name: lane.records
        for name, lane in lanes.items()
        if any(ends.get(p, at) > at for p, at in lane.owned.items() if p not in lane.waiting)
    }
    if all(lane.owned for lane in lanes.values()):
        return moving
    ours = {partition for lane in lanes.values() for partition in lane.owned} | progress.stopped.keys()
    for partition in ends.keys() - ours:
        stand = stands.get(partition, Stand(-1, troubled=False))
        if not stand.troubled and ends[partition] > max(stand.position, 0):
            moving[partition] = stand.position
    return moving


class Patience:
    """For how long each thing that must move has stood still."""

    def __init__(self) -> None:
        self._still: dict[Hashable, tuple[int, float]] = {}

    def longest(self, moving: Mapping[Hashable, int], passed_s: float) -> tuple[Hashable, float]:
        """What has stood still longest, and for how many seconds, `passed_s` after the last look."""
        self._still = {
            key: (mark, self._still[key][1] + passed_s if key in self._still and self._still[key][0] == mark else 0.0)
            for key, mark in moving.items()
        }
        return max(((key, still) for key, (_, still) in self._still.items()), key=lambda one: one[1], default=("", 0.0))


async def watch(
    *, broker: Broker, database: Database, group: str, topics: Sequence[str], progress: Progress, stuck_after_s: float,
    give_up: Callable[[int], None] = os._exit, every_s: float = 5.0,
) -> None:  # fmt: skip
    """Ends the process (exit code 70) when something that must move stands still for `stuck_after_s`. While broker
    or database is away nothing has to move, and a process that was frozen itself begins to count anew."""
    patience, looked_at = Patience(), time.monotonic()
    while True:
        await asyncio.sleep(every_s)
        passed_s, looked_at = time.monotonic() - looked_at, time.monotonic()
        try:
            ends = await broker.ends(topics)
            async with database.reading() as reading:
                stands = await positions.stands(reading, group)
        except Exception as error:
            log.debug("watch_is_blind", group=group, error=repr(error))
            patience = Patience()
            continue
        for topic, behind in lag_of(progress, ends).items():
            LAG.labels(group, topic).set(behind)
        WAITING.labels(group).set(sum(len(lane.waiting) for lane in progress.lanes.values()))
        what, still_s = patience.longest(expected_to_move(progress, ends, stands), min(passed_s, 2 * every_s))
        if still_s > stuck_after_s:
            log.critical(
                "stuck", group=group, what=str(what), still_s=round(still_s),
                remedy="the process ends; start it again, where nothing (Docker, Kubernetes, systemd) does so for you",
            )  # fmt: skip
            give_up(EXIT_STUCK)
