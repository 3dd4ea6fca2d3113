"""The runner's other promises: poison, positions outside the log, a topic made anew, a frozen owner."""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest

from shared import positions
from shared.broker import Bounds, Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.consume import Handler, Lane
from shared.database import Database, Writing
from shared.failing import backoff
from shared.positions import Stand
from shared.watch import LaneProgress, Patience, Progress, expected_to_move, lag_of, watch
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


async def troubles(database: Database) -> list[tuple[Partition, str, str]]:
    async with database.reading() as reading:
        rows = await positions.troubles(reading)
    return [(Partition(row["topic"], row["partition"]), row["error"], row["remedy"]) for row in rows]


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
    [(partition, words, remedy)] = await troubles(database)
    assert partition == TOPIC
    assert words == "the record at 2 fails: ValueError('this handler has a bug')"
    assert "steward offsets reset g t 0 --to 3" in remedy


async def test_a_record_that_failed_is_tried_again_and_those_behind_it_follow(database: Database) -> None:
    broker = log_of(1, "poison", 3)
    runner, consumer = lane(broker, database, Notes()), owner_of_all(broker)
    await runner.turn(consumer, timeout_ms=0)
    broker.logs[TOPIC][1] = broker.logs[TOPIC][1]._replace(value=b"2")  # the bug is mended
    await asyncio.sleep(backoff(1) + 0.05)
    for _ in range(3):
        await runner.turn(consumer, timeout_ms=0)
    assert await seen(database) == [1, 2, 3]
    assert await troubles(database) == []


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
    [(partition, words, remedy)] = await troubles(database)
    assert (partition, words) == (TOPIC, progress.stopped[TOPIC])
    assert "steward offsets reset g t 0 --to start" in remedy
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


async def test_a_reset_reaches_an_owner_to_whom_nothing_new_comes(database: Database) -> None:
    broker = log_of(1, 2, 3)
    runner, consumer = lane(broker, database, Notes()), owner_of_all(broker)
    await runner.turn(consumer, timeout_ms=0)
    async with database.writing() as tx:
        await tx.execute("DELETE FROM grid_days")
        assert await positions.reset(tx, "g", *TOPIC, 1)
    await runner.turn(consumer, timeout_ms=0)
    assert await seen(database) == [2, 3]


async def test_a_reset_past_a_record_that_fails_does_not_wait_for_its_next_trial(database: Database) -> None:
    broker = log_of("poison", 2)
    runner, consumer = lane(broker, database, Notes()), owner_of_all(broker)
    for _ in range(3):
        await runner.turn(consumer, timeout_ms=0)
    async with database.writing() as tx:
        assert await positions.reset(tx, "g", *TOPIC, 1)
    await runner.turn(consumer, timeout_ms=0)
    assert await seen(database) == [2]
    assert await troubles(database) == []


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


async def test_what_was_given_to_another_during_a_claim_is_left_to_it(database: Database) -> None:
    broker = log_of(1, 2)

    class Slow(TwinConsumer):
        async def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, Bounds]:
            self.assign(frozenset())  # while it asks, another lane joins and claims
            await heir.turn(owner, timeout_ms=0)
            return await super().bounds(partitions)

    slow, heir, owner = Slow(broker), lane(broker, database, Notes()), owner_of_all(broker)
    slow.assign(frozenset(broker.logs))
    await lane(broker, database, Notes()).turn(slow, timeout_ms=0)
    async with database.reading() as reading:
        assert await reading.value("SELECT max(epoch) FROM positions") == 1
    assert await seen(database) == [1, 2]


async def test_a_lane_whose_consumer_fails_again_and_again_joins_anew(database: Database) -> None:
    class Broken(TwinConsumer):
        async def assigned(self) -> tuple[int, frozenset[Partition]]:
            raise RuntimeError("the client is beyond repair")

    class Joined(TwinBroker):
        async def consumer(self, group: str, topics: Sequence[str], name: str) -> TwinConsumer:
            self.members.append(Broken(self) if not self.members else owner_of_all(self))
            return self.members[-1]

    async def reads(tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        await Notes()(tx, records, now)
        stop.set()

    broker, stop = Joined(["t"], 1), asyncio.Event()
    log_of(1, 2, broker=broker)
    await lane(broker, database, reads).run(stop)
    assert await seen(database) == [1, 2]
    assert len(broker.members) == 2


async def given_up(database: Database, broker: TwinBroker, progress: Progress) -> list[int]:
    """With what the watchdog ends the process, if it does within five looks."""
    codes: list[int] = []

    def give_up(code: int) -> None:
        codes.append(code)
        raise asyncio.CancelledError

    watching = watch(
        broker=broker, database=database, group="g", topics=["t"], progress=progress, stuck_after_s=0.02,
        give_up=give_up, every_s=0.01,
    )  # fmt: skip
    with suppress(asyncio.CancelledError, TimeoutError):
        async with asyncio.timeout(0.3):
            await watching
    return codes


async def test_a_process_that_makes_no_progress_on_waiting_records_gives_up(database: Database) -> None:
    progress = Progress({"lane": LaneProgress(owned={TOPIC: 0})})
    assert await given_up(database, log_of(1, 2), progress) == [70]


async def test_a_process_does_not_give_up_because_a_record_fails(database: Database) -> None:
    broker, progress = log_of(1, "poison"), Progress()
    runner, consumer = lane(broker, database, Notes(), progress), owner_of_all(broker)
    for _ in range(2):
        await runner.turn(consumer, timeout_ms=0)
    assert progress.lanes["lane"].waiting == {TOPIC}
    assert await given_up(database, broker, progress) == []


async def test_a_lane_without_a_share_gives_up_while_nobody_reads_what_waits(database: Database) -> None:
    progress = Progress({"lane": LaneProgress()})
    assert await given_up(database, log_of(1, 2), progress) == [70]


def test_a_lane_without_a_share_minds_only_what_nobody_reads() -> None:
    ends = {Partition("t", number): 9 for number in range(4)}
    stands = {Partition("t", 1): Stand(9, troubled=False), Partition("t", 2): Stand(4, troubled=True)}
    idle = Progress({"idle": LaneProgress(), "busy": LaneProgress(3, {Partition("t", 3): 5})})
    assert expected_to_move(idle, ends, stands) == {"busy": 3, TOPIC: -1}
    all_busy = Progress({"busy": LaneProgress(3, {Partition("t", 3): 5})})
    assert expected_to_move(all_busy, ends, stands) == {"busy": 3}


def test_patience_counts_only_while_the_same_thing_stands_still() -> None:
    patience = Patience()
    assert patience.longest({"lane": 1}, 5.0) == ("lane", 0.0)
    assert patience.longest({"lane": 1}, 5.0) == ("lane", 5.0)
    assert patience.longest({"lane": 2}, 5.0) == ("lane", 0.0)
    assert patience.longest({}, 5.0) == ("", 0.0)
    assert patience.longest({"lane": 2}, 5.0) == ("lane", 0.0)


def test_partitions_that_are_stopped_on_purpose_are_no_lag() -> None:
    progress = Progress({"lane": LaneProgress(owned={Partition("t", 1): 5})}, stopped={TOPIC: "outside"})
    assert lag_of(progress, {TOPIC: 100, Partition("t", 1): 7}) == {"t": 2}
