"""Exactly once, whatever happens: random schedules of crashes, rebalances, zombies and redelivery.

The runner, the handlers and PostgreSQL are the real ones; only the broker is a twin that does as it is told.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.handle import Ingest
from services.ingest.sources import translate
from shared.broker import Outgoing, Partition
from shared.clock import FrozenClock
from shared.consume import Lane
from shared.contracts import SOURCE_TOPICS
from shared.database import Database
from shared.facts import Facts, encode
from shared.fold import fold
from shared.metrics import BATCHES
from shared.settings import Settings
from tests.cast import NOW, acme_exists, told, used
from tests.conftest import empty
from tests.runner.twin import TwinBroker, TwinConsumer

TOPICS = [str(topic) for topic in SOURCE_TOPICS]
ACCOUNTS = ("acme", "globex", "initech", "umbrella")
PARTITIONS = 2
LANES = 2


class CrashedError(BaseException):
    """The process died here."""


@dataclass
class Member:
    """A lane with its consumer, as a process would have it: when it dies, a new one takes its place."""

    lane: Lane
    consumer: TwinConsumer
    crash_at: str | None = None
    frozen: "asyncio.Task[int] | None" = None


class Company:
    """A little company's traffic in a twin broker, read by lanes that the test torments."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.broker = TwinBroker(TOPICS, PARTITIONS)
        self.random = random.Random(seed)
        self.sent: list[tuple[Partition, Outgoing]] = []
        self.members = [self.join() for _ in range(LANES)]
        self.rebalance([i % LANES for i in range(len(self.broker.logs))])

    def join(self) -> Member:
        member = Member.__new__(Member)
        lane = Lane(
            broker=self.broker, database=self.database, group="ingest", topics=TOPICS,
            handler=Ingest(Settings()).on_records, clock=FrozenClock(NOW), name="lane", batch_records=7,
            fail_at=lambda point: self._maybe_crash(member, point),
        )  # fmt: skip
        member.__init__(lane, TwinConsumer(self.broker))  # type: ignore[misc]
        return member

    def _maybe_crash(self, member: Member, point: str) -> None:
        if member.crash_at == point:
            member.crash_at = None
            raise CrashedError(point)

    def send(self, count: int) -> None:
        """New events, and now and then one that was sent before."""
        for _ in range(count):
            if self.sent and self.random.random() < 0.2:
                partition, again = self.random.choice(self.sent)
            else:
                again = self._new()
                number = ACCOUNTS.index((again.key or b"").decode()) % PARTITIONS
                partition = Partition(again.topic, number)
                self.sent.append((partition, again))
            self.broker.append(partition, again, int(NOW.timestamp() * 1000))

    def _new(self) -> Outgoing:
        account = self.random.choice(ACCOUNTS)
        pick = self.random.random()
        if pick < 0.2:
            return acme_exists(account)
        if pick < 0.3:
            return told("ticket.updated", account, ticket_id=str(pick), status="open", opened_at=NOW.isoformat())
        return used(self.random.choice(["mia", "bo", "li"]), account, feature=self.random.choice(["api", "reports"]))

    def rebalance(self, owners: Sequence[int]) -> None:
        self.broker.deal(owners, [member.consumer for member in self.members])

    async def turn(self, index: int, crash_at: str | None = None) -> None:
        """One lane takes a turn; it may die at a point of it, and is replaced."""
        member = self.members[index]
        if member.frozen is not None:
            return
        member.crash_at = crash_at
        with suppress(CrashedError):
            await member.lane.turn(member.consumer, timeout_ms=0)
        if crash_at is not None:
            _, share = await member.consumer.assigned()
            self.members[index] = self.join()
            self.members[index].consumer.assign(share)

    async def freeze(self, index: int) -> None:
        """A lane freezes with fetched records in its hands; its share goes to the other."""
        member = self.members[index]
        if member.frozen is not None:
            return
        member.consumer.thaw.clear()
        member.frozen = asyncio.create_task(member.lane.turn(member.consumer, timeout_ms=0))
        for _ in range(200):
            if member.consumer.frozen_with_records or member.frozen.done():
                break
            await asyncio.sleep(0.005)
        other = self.members[(index + 1) % LANES].consumer
        other.assign(frozenset(self.broker.logs))

    async def thaw(self, index: int) -> None:
        """The frozen lane wakes as a zombie and goes on where it was."""
        member = self.members[index]
        if member.frozen is not None:
            member.consumer.thaw.set()
            await member.frozen
            member.frozen = None
            member.consumer.frozen_with_records = False

    async def finish(self) -> None:
        """Everybody wakes, and the rest is read until nothing is left."""
        for index in range(LANES):
            await self.thaw(index)
        self.rebalance([i % LANES for i in range(len(self.broker.logs))])
        for _ in range(200):
            done = [await m.lane.turn(m.consumer, timeout_ms=0) for m in self.members]
            if not any(done) and await self._at_the_end():
                break
        ingest = Ingest(Settings())
        applied = 1
        while applied:
            async with self.database.writing() as tx:
                applied = await ingest.apply_matched(tx, NOW)

    async def _at_the_end(self) -> bool:
        async with self.database.reading() as reading:
            rows = await reading.fetch("SELECT topic, partition, position FROM positions")
        return all(len(self.broker.logs[Partition(r["topic"], r["partition"])]) == r["position"] for r in rows)

    async def assert_exact(self) -> None:
        """State equals the fold of the distinct events, each kept once; those without an account wait, once each."""
        by_account: dict[str, dict[bytes, object]] = {}
        for log in self.broker.logs.values():
            for record in log:
                for event in translate(record):
                    by_account.setdefault(event.account[1], {})[event.id] = event
        created = {
            name for name, events in by_account.items() if any(e.type == "account.updated" for e in events.values())
        }  # type: ignore[attr-defined]
        async with self.database.reading() as reading:
            stored = {
                row["external_id"]: row["facts"]
                for row in await reading.fetch(
                    "SELECT i.external_id, f.facts FROM facts f JOIN identities i USING (account_id)"
                )
            }
            kept = await reading.value("SELECT count(*) FROM events")
            waiting = await reading.value("SELECT count(*) FROM unmatched")
        assert stored.keys() == created
        for name in created:
            expected, _ = fold(Facts(), {}, by_account[name].values())  # type: ignore[arg-type]
            assert stored[name] == encode(expected), name
        assert kept == sum(len(by_account[name]) for name in created)
        assert waiting == sum(len(events) for name, events in by_account.items() if name not in created)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 12)),
        st.tuples(st.just("turn"), st.integers(0, 1)),
        st.tuples(st.just("crash_before_commit"), st.integers(0, 1)),
        st.tuples(st.just("crash_after_commit"), st.integers(0, 1)),
        st.tuples(st.just("rebalance"), st.integers(0, 2**16)),
        st.tuples(st.just("freeze"), st.integers(0, 1)),
        st.tuples(st.just("thaw"), st.integers(0, 1)),
    ),
    min_size=8,
    max_size=30,
)


async def _live_through(company: Company, schedule: Sequence[tuple[str, int]]) -> None:
    company.send(10)
    for step, number in schedule:
        match step:
            case "send":
                company.send(number)
            case "turn":
                await company.turn(number)
            case "crash_before_commit":
                await company.turn(number, "before_commit")
            case "crash_after_commit":
                await company.turn(number, "after_commit")
            case "rebalance":
                company.rebalance([(number >> i) % LANES for i in range(len(company.broker.logs))])
            case "freeze":
                await company.freeze(number)
            case "thaw":
                await company.thaw(number)
    await company.finish()


@pytest.mark.timeout(300)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schedule=STEPS, seed=st.integers(0, 1_000))
async def test_thirty_schedules_of_crashes_rebalances_and_zombies_end_exact(
    database: Database, schedule: list[tuple[str, int]], seed: int
) -> None:
    await empty(database)
    company = Company(database, seed)
    await _live_through(company, schedule)
    await company.assert_exact()


async def test_a_zombie_that_wakes_after_its_heir_changes_nothing(database: Database) -> None:
    company = Company(database, 1)
    company.send(10)
    await company.freeze(0)
    await company.turn(1)
    await company.turn(1)
    before = BATCHES.labels("ingest", "fenced")._value.get()
    await company.thaw(0)
    assert BATCHES.labels("ingest", "fenced")._value.get() == before + 1
    await company.finish()
    await company.assert_exact()
