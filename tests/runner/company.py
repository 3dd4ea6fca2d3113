"""A little company's traffic in a twin broker, read by the real ingest, health and playbooks, which a test torments."""

import datetime as dt
import json
import random
from collections.abc import Collection
from uuid import UUID

from services.health.force import InForce
from services.health.handle import Health
from services.ingest.handle import Ingest
from services.ingest.sources import translate
from services.ingest.store.accounts import account_id
from services.playbooks.handle import on_crossings
from services.playbooks.run import open_house
from shared.broker import Outgoing, Partition
from shared.clock import FrozenClock
from shared.contracts import SOURCE_TOPICS, Topic
from shared.database import Database
from shared.facts import Event, Facts, encode
from shared.fold import fold
from shared.outbox import SHARDS, Relay
from shared.settings import Settings
from tests.cast import NOW, acme_exists, told, used
from tests.faults.traffic import bad_times, good_times
from tests.health_io.world import FILES
from tests.runner.crew import CrashedError, Crew
from tests.runner.twin import TwinBroker, TwinProducer

SLIDING = 2
"""Accounts that do well and end badly; each has one run in the end."""
OTHERS = ("acme", "globex", "initech", "umbrella")
PARTITIONS = 2
_NOW_MS = int(NOW.timestamp() * 1000)


class Company:
    """Three services of two lanes each, their relays, and what is told to them."""

    def __init__(self, database: Database, dice: random.Random, crews: dict[str, Crew], broker: TwinBroker) -> None:
        self.database = database
        self.broker = broker
        self.crews = crews
        self._dice = dice
        self._sent: list[tuple[Partition, Outgoing]] = []
        self._bad = bad_times(range(SLIDING), NOW)
        self._producer = TwinProducer(broker, _NOW_MS)
        self._relays = {name: [self._made(name, shard) for shard in range(SHARDS)] for name in crews}
        for event in good_times(SLIDING, NOW - dt.timedelta(hours=1)):
            self._append(event)

    @classmethod
    async def founded(cls, database: Database, dice: random.Random) -> "Company":
        """The company with its good times told and nothing read yet."""
        broker, clock = TwinBroker([str(topic) for topic in Topic], PARTITIONS), FrozenClock(NOW)
        house = await open_house(database, Settings(), clock)
        crews = {
            "ingest": Crew(broker, database, "ingest", list(map(str, SOURCE_TOPICS)), Ingest(Settings()).on_records),
            "health": Crew(
                broker, database, "health", [str(Topic.CHANGES)], Health(InForce(FILES), clock).on_accounts_changed
            ),
            "playbooks": Crew(broker, database, "playbooks", [str(Topic.CROSSINGS)], on_crossings(house)),
        }
        return cls(database, dice, crews, broker)

    # --- what is told -----------------------------------------------------------------------------

    def send(self, count: int) -> None:
        """New events, now and then one that was sent before."""
        for _ in range(count):
            if self._sent and self._dice.random() < 0.2:
                partition, again = self._dice.choice(self._sent)
                self.broker.append(partition, again, _NOW_MS)
            else:
                self._append(self._bad.pop(0) if self._bad and self._dice.random() < 0.5 else self._new())

    def end_badly(self) -> None:
        """What is left of the bad times."""
        while self._bad:
            self._append(self._bad.pop(0))

    def _append(self, event: Outgoing) -> None:
        partition = Partition(event.topic, sum(event.key or b"") % PARTITIONS)
        self._sent.append((partition, event))
        self.broker.append(partition, event, _NOW_MS)

    def _new(self) -> Outgoing:
        account, pick = self._dice.choice(OTHERS), self._dice.random()
        if pick < 0.2:
            return acme_exists(account)
        if pick < 0.3:
            return told("ticket.updated", account, ticket_id=str(pick), status="open", opened_at=NOW.isoformat())
        return used(self._dice.choice(["mia", "bo", "li"]), account, feature=self._dice.choice(["api", "reports"]))

    # --- relays -----------------------------------------------------------------------------------

    def _made(self, owner: str, shard: int) -> Relay:
        return Relay(self.database, self._producer, owner, Partition("outbox", shard), owner)

    async def relay(self, owner: str, shard: int, *, crash: bool = False) -> int:
        """A relay sends what waits, and may die before it forgets it; how many rows."""
        self._producer.crash = CrashedError("after_send") if crash else None
        try:
            return await self._relays[owner][shard].send_some()
        except CrashedError:
            self._relays[owner][shard] = self._made(owner, shard)
            raise
        finally:
            self._producer.crash = None

    # --- the end ----------------------------------------------------------------------------------

    async def settle(self, without: Collection[str] = ()) -> None:
        """Everybody wakes, and what there is is read until nothing is left; by all but those named."""
        crews = {name: crew for name, crew in self.crews.items() if name not in without}
        for crew in crews.values():
            await crew.wake_all()
        for _ in range(200):
            done = [await crew.read_on() for crew in crews.values()] + [await self._apply_matched()]
            done += [await self.relay(owner, shard) for owner in crews for shard in range(SHARDS)]
            if not any(done) and not await self._behind(crews):
                return
        raise AssertionError("it does not come to an end")

    async def _apply_matched(self) -> int:
        async with self.database.writing() as tx:
            return await Ingest(Settings()).apply_matched(tx, NOW)

    async def _behind(self, crews: Collection[str]) -> bool:
        async with self.database.reading() as reading:
            rows = await reading.fetch(
                'SELECT topic, partition, position FROM positions WHERE "group" = ANY($1)', list(crews)
            )
        return any(len(self.broker.logs[Partition(r["topic"], r["partition"])]) != r["position"] for r in rows)

    async def assert_exact(self) -> None:
        """Facts are the fold of the distinct events, scores stand on them, and whatever follows is there once."""
        by_account = self._distinct()
        created = {name for name, told in by_account.items() if any(e.type == "account.updated" for e in told.values())}
        async with self.database.reading() as reading:
            rows = await reading.fetch(
                "SELECT i.external_id, f.facts, s.facts AS assessed FROM facts f JOIN identities i USING (account_id)"
                " JOIN scores s USING (account_id)"
            )
            kept = await reading.value("SELECT count(*) FROM events")
            waiting = await reading.value("SELECT count(*) FROM unmatched")
        stored = {row["external_id"]: row["facts"] for row in rows}
        assert stored == {row["external_id"]: row["assessed"] for row in rows}
        assert stored.keys() == created
        for name in created:
            expected, _ = fold(Facts(), {}, by_account[name].values())
            assert stored[name] == encode(expected), name
        assert kept == sum(len(by_account[name]) for name in created)
        assert waiting == sum(len(events) for name, events in by_account.items() if name not in created)
        await self._assert_once_each()

    def _distinct(self) -> dict[str, dict[bytes, Event]]:
        by_account: dict[str, dict[bytes, Event]] = {}
        for topic in SOURCE_TOPICS:
            for event in (
                e for n in range(PARTITIONS) for r in self.broker.logs[Partition(str(topic), n)] for e in translate(r)
            ):
                by_account.setdefault(event.account[1], {})[event.id] = event
        return by_account

    async def _assert_once_each(self) -> None:
        sliding = {account_id(("native", f"acc-{number}")) for number in range(SLIDING)}
        async with self.database.reading() as reading:
            (found,) = await reading.fetch(
                """
                SELECT (SELECT count(*) FROM crossings) AS crossings,
                       (SELECT count(DISTINCT (account_id, episode_id)) FROM crossings) AS episodes_crossed,
                       (SELECT count(*) FROM episodes) AS episodes,
                       (SELECT count(*) FROM episodes WHERE closed_at IS NULL) AS open,
                       (SELECT count(*) FROM scores WHERE episode_id IS NOT NULL) AS scores,
                       (SELECT count(DISTINCT occasion_id) FROM decisions) AS decided,
                       (SELECT count(*) FROM decisions WHERE verdict = 'started') AS started,
                       (SELECT count(*) FROM runs) AS runs,
                       (SELECT count(*) FROM tasks) - (SELECT count(DISTINCT (run_id, step)) FROM tasks) AS twice,
                       (SELECT count(*) FROM deliveries) AS alerts,
                       (SELECT count(DISTINCT run_id) FROM deliveries) AS alerted,
                       (SELECT count(*) FROM outbox) AS unsent
                """
            )
            crossed = {row["id"] for row in await reading.fetch("SELECT id FROM crossings")}
            runs = await reading.fetch("SELECT id, account_id FROM runs")
        assert found["crossings"] == found["episodes_crossed"] == found["decided"]
        assert found["episodes"] == found["crossings"] + found["scores"]
        assert found["open"] == found["scores"]
        assert found["runs"] == found["started"] == found["alerts"] == found["alerted"]
        assert sum(row["account_id"] in sliding for row in runs) == SLIDING
        assert (found["twice"], found["unsent"]) == (0, 0)
        assert {UUID(one["crossing_id"]) for one in self._published(Topic.CROSSINGS) if "crossing_id" in one} == crossed
        started = {one["run_id"] for one in self._published(Topic.PLAYBOOKS) if one["kind"] == "run.started"}
        assert started == {str(row["id"]) for row in runs}

    def _published(self, topic: Topic) -> list[dict[str, str]]:
        return [
            json.loads(record.value)
            for partition, log in self.broker.logs.items() if partition.topic == topic
            for record in log
        ]  # fmt: skip
