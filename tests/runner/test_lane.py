"""The runner's other promises: poison, positions outside the log, a topic made anew, a frozen owner."""

import asyncio
import datetime as dt
from collections.abc import Sequence

import pytest

from shared import positions
from shared.broker import Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.consume import Handler, Lane, backoff, gathering
from shared.database import Database, Writing
from shared.watch import Progress, lag_of, watch
from tests.cast import NOW
from tests.runner.twin import TwinBroker, TwinConsumer

TOPIC = Partition("t", 0)


class Notes:
    """A handler that writes down what it saw, in the database, and chokes on poison."""

    async def __call__(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        for record in records:
            if record.value == b"poison":
                raise ValueError("this handler has a bug")
            await tx.execute("INSERT INTO grid_days (day, closed_at) VALUES ($1, $2)", int(record.value), now)


async def seen(database: Database) -> list[int]:
    async with database.reading() as reading:
        return [row["day"] for row in await reading.fetch("SELECT day FROM grid_days ORDER BY day")]


def lane(broker: TwinBroker, database: Database, handler: Handler, progress: Progress | None = None) -> Lane:
    return Lane(
        broker=broker, database=database, group="g", topics=["t"], handler=handler, clock=FrozenClock(NOW),
        name="lane", progress=progress, look_again_s=0.0,
    )  # fmt: skip


def log_of(*values: object, partition: Partition = TOPIC, broker: TwinBroker | None = None) -> TwinBroker:
    broker = broker or TwinBroker(["t"], 2)
    for value in values:
        broker.append(partition, Outgoing("t", b"k", str(value).encode(), []), 1_000)
    return broker


def owner_of_all(broker: TwinBroker) -> TwinConsumer:
    consumer = TwinConsumer(broker)
    consumer.assign(frozenset(broker.logs))
    return consumer


async def test_a_poison_record_holds_its_partition_and_nothing_else(database: Database) -> None:
    broker = log_of(1, 2, "poison", 4)
    log_of(11, 12, partition=Partition("t", 1), broker=broker)
    runner, consumer = lane(broker, database, Notes()), owner_of_all(broker)
    for _ in range(3):
        await runner.turn(consumer, timeout_ms=0)
    assert await seen(database) == [1, 2, 11, 12]


async def test_a_record_that_failed_is_tried_again_and_those_behind_it_follow(database: Database) -> None:
    broker = log_of(1, "poison", 3)
    runner, consumer = lane(broker, database, Notes()), owner_of_all(broker)
    await runner.turn(consumer, timeout_ms=0)
    broker.logs[TOPIC][1] = broker.logs[TOPIC][1]._replace(value=b"2")  # the bug is mended
    await asyncio.sleep(backoff(1) + 0.05)
    for _ in range(3):
        await runner.turn(consumer, timeout_ms=0)
    assert await seen(database) == [1, 2, 3]


@pytest.mark.parametrize(("start", "position"), [(2, 1), (0, 9)], ids=["below the start", "above the end"])
async def test_a_position_outside_the_log_stops_the_partition_and_says_so(
    database: Database, start: int, position: int
) -> None:
    broker, progress = log_of(1, 2, 3), Progress()
    broker.starts[TOPIC] = start
    async with database.writing() as tx:
        await positions.claim(tx, "g", TOPIC, position, "earlier")
    runner = lane(broker, database, Notes(), progress)
    await runner.turn(owner_of_all(broker), timeout_ms=0)
    assert "outside" in progress.stopped[TOPIC]
    assert await seen(database) == []


async def test_a_reset_lets_a_stopped_partition_go_on(database: Database) -> None:
    broker, progress = log_of(1, 2, 3), Progress()
    async with database.writing() as tx:
        await positions.claim(tx, "g", TOPIC, 9, "earlier")
    runner, consumer = lane(broker, database, Notes(), progress), owner_of_all(broker)
    await runner.turn(consumer, timeout_ms=0)
    async with database.writing() as tx:
        assert await positions.reset(tx, "g", *TOPIC, 0)
    for _ in range(2):
        await runner.turn(consumer, timeout_ms=0)
    assert await seen(database) == [1, 2, 3]
    assert progress.stopped == {}


async def test_a_topic_made_anew_stops_the_partition(database: Database) -> None:
    broker, progress = log_of(1, 2), Progress()
    await lane(broker, database, Notes()).turn(owner_of_all(broker), timeout_ms=0)
    anew = TwinBroker(["t"], 2)
    for value in (7, 8, 9):
        anew.append(TOPIC, Outgoing("t", b"other", str(value).encode(), []), 2_000)
    await lane(anew, database, Notes(), progress).turn(owner_of_all(anew), timeout_ms=0)
    assert "anew" in progress.stopped[TOPIC]
    assert await seen(database) == [1, 2]


async def test_an_owner_frozen_inside_its_transaction_does_not_block_its_heir(
    postgres_url: str, database: Database
) -> None:
    frozen = asyncio.Event()

    async def freezes(tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        await Notes()(tx, records, now)
        frozen.set()
        await asyncio.sleep(3)

    broker = log_of(1, 2)
    async with Database.open(postgres_url, connections=4, idle_in_transaction=dt.timedelta(seconds=1)) as impatient:
        old = asyncio.create_task(lane(broker, impatient, freezes).turn(owner_of_all(broker), timeout_ms=0))
        await frozen.wait()
        heir, consumer = lane(broker, database, Notes()), owner_of_all(broker)
        while not await seen(database):
            try:
                await heir.turn(consumer, timeout_ms=0)
            except Exception:  # the claim waits for the lock and is retried, as run() does
                continue
        await asyncio.gather(old, return_exceptions=True)
    assert await seen(database) == [1, 2]


async def test_a_process_that_makes_no_progress_on_waiting_records_gives_up() -> None:
    broker, progress, codes = log_of(1, 2), Progress(), []
    progress.owned["lane"] = {TOPIC: 0}

    def give_up(code: int) -> None:
        codes.append(code)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await watch(
            broker=broker, group="g", topics=["t"], progress=progress, stuck_after_s=0.02, give_up=give_up, every_s=0.01
        )
    assert codes == [70]


def test_partitions_that_are_stopped_on_purpose_are_no_lag() -> None:
    progress = Progress(owned={"lane": {Partition("t", 1): 5}}, stopped={TOPIC: "outside"})
    assert lag_of(progress, {TOPIC: 100, Partition("t", 1): 7}) == {"t": 2}


@pytest.mark.parametrize(("late_s", "gathered_s"), [(0.0, 0.3), (1.0, 0.3), (4.0, 1.0), (600.0, 3.0)])
def test_what_is_late_already_waits_a_quarter_longer_within_bounds(late_s: float, gathered_s: float) -> None:
    assert gathering(0.3, 3.0, late_s) == gathered_s
