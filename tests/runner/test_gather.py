"""How long a batch is gathered for."""

import datetime as dt
from collections.abc import Mapping
from typing import cast

import pytest

from shared.broker import MORE, RECEIVED_AT, Consumer, Headers, Partition, Record
from shared.clock import FrozenClock
from shared.gather import Size, gather, gathering
from shared.positions import Position
from tests.cast import NOW

PLACE = Partition("account.changes", 0)
HELD = {PLACE: Position(0, 1, None, None)}
LATE = (RECEIVED_AT, (NOW - dt.timedelta(seconds=40)).isoformat().encode())


class Wakeups:
    """A consumer that hands over a record a fetch, and notes how long each was allowed to wait, milliseconds."""

    def __init__(self, *headers: Headers) -> None:
        self.told = [Record(PLACE, n, n, None, b"", some) for n, some in enumerate(headers)]
        self.waits: list[int] = []

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[Partition, list[Record]]:
        self.waits.append(timeout_ms)
        return {PLACE: [self.told.pop(0)]} if self.told else {}


async def waits(*headers: Headers) -> list[int]:
    consumer = Wakeups(*headers)
    batch = await gather(cast(Consumer, consumer), HELD, Size(100, 0.05, 8.0), FrozenClock(NOW), 200)
    assert len(batch[PLACE]) == len(headers)
    return consumer.waits


@pytest.mark.parametrize(("late_s", "gathered_s"), [(0.0, 0.3), (1.0, 0.3), (4.0, 1.0), (600.0, 3.0)])
def test_what_is_late_already_waits_a_quarter_longer_within_bounds(late_s: float, gathered_s: float) -> None:
    assert gathering(0.3, 3.0, late_s) == gathered_s


async def test_in_a_backlog_a_batch_waits_for_what_follows() -> None:
    backlog = [LATE, (MORE, b"1")]
    assert await waits(backlog, backlog) == [200, 500, 500]


async def test_a_backlog_is_over_once_its_sender_has_no_more_to_tell() -> None:
    first, backlog, last = await waits([LATE, (MORE, b"1")], [LATE])
    assert (first, backlog) == (200, 500)
    assert last <= 50


async def test_what_comes_late_by_itself_does_not_wait() -> None:
    first, then = await waits([LATE])
    assert first == 200
    assert then <= 50
