"""Gathering a batch: what is there of claimed partitions, for as long as it pays to wait for more."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.broker import MORE, RECEIVED_AT, Consumer, Partition, Record
from shared.clock import Clock, to_us
from shared.native import parse_time
from shared.positions import Position

Batch = dict[Partition, list[Record]]

_QUARTER = 0.25
_PATIENCE_S = 0.5  # a batch that is gathered for longer ends when nothing has come for so long


class Size(NamedTuple):
    """How large a batch becomes: so many records at most, gathered for `coalesce_s`, up to `most_s` what is late."""

    records: int
    coalesce_s: float
    most_s: float


def gathering(coalesce_s: float, most_s: float, late_s: float) -> float:
    """Seconds to gather records into one batch. What is late already may wait a quarter longer, up to `most_s`, so that
    what comes again and again in a backlog is handled once; what is live waits for `coalesce_s` alone."""
    return max(coalesce_s, min(_QUARTER * late_s, most_s))


async def gather(
    consumer: Consumer, held: Mapping[Partition, Position], most: Size, clock: Clock, timeout_ms: int
) -> Batch:
    """What is there, gathered for a while, of the partitions that are held; at once when nothing more comes."""
    batch: Batch = {}
    count, until, patience, wait_ms = 0, math.inf, 0.0, timeout_ms
    while count < most.records:
        new = _take(batch, held, await consumer.fetch(most.records - count, wait_ms))
        count, now = count + new, time.monotonic()
        if new:
            gather_s = gathering(most.coalesce_s, most.most_s, _late_s(batch, clock) if most.most_s else 0.0)
            until, patience = min(until, now + gather_s), max(most.coalesce_s, min(gather_s / 3, _PATIENCE_S))
        wait_ms = int(min(until - now, patience) * 1000)
        if not new or wait_ms <= 0:
            break
    return {p: records for p, records in batch.items() if records}


def _take(batch: Batch, held: Mapping[Partition, Position], found: Mapping[Partition, list[Record]]) -> int:
    """Adds to the batch what was found of held partitions and not before; how many records."""
    count = 0
    for partition, records in found.items():
        claim = held.get(partition)
        known = batch.get(partition)
        floor = known[-1].offset + 1 if known else (claim.next if claim else None)
        if floor is not None:
            fresh = records if records and records[0].offset >= floor else [r for r in records if r.offset >= floor]
            batch.setdefault(partition, []).extend(fresh)
            count += len(fresh)
    return count


def _late_s(batch: Mapping[Partition, Sequence[Record]], clock: Clock) -> float:
    """How long ago what the newest record tells of first arrived, seconds; 0 where it does not say, or where its sender
    has no more to tell."""
    newest = max((records[-1] for records in batch.values() if records), key=lambda r: r.timestamp, default=None)
    arrived = newest.header(RECEIVED_AT) if newest and newest.header(MORE) else None
    return (to_us(clock.now()) - parse_time(arrived)) / 1_000_000 if arrived else 0.0
