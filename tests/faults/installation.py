"""A whole installation for one test: its own PostgreSQL and Kafka, its services as processes that can be hurt."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from services.health.assess import decode as decode_assessment
from services.ingest.sources import translate
from shared.broker import Outgoing, Partition, Record
from shared.contracts import Topic
from shared.database import Database
from shared.embedded_postgres import embedded_url
from shared.errors import Rejection
from shared.facts import Event, Facts, decode, encode
from shared.fold import fold
from shared.kafka import KafkaBroker
from tests.kafka_server import KafkaServer
from tests.policies import by_hm_2

SERVICES = ("ingest", "health", "playbooks")
RECEIVER = "http://127.0.0.1:9/never-listens"


class Installation:
    """Starts services, sends traffic, remembers what was sent, and says whether the end is exact."""

    def __init__(self, directory: Path, kafka: KafkaServer) -> None:
        self.directory = directory
        self.kafka = kafka
        self.url, self._stop_database = embedded_url(directory)
        self.config = by_hm_2(directory / "config")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.sent: list[Outgoing] = []

    # --- services -------------------------------------------------------------------------------

    def start(
        self, name: str, service: str | None = None, failpoint: str | None = None, log_level: str = "warning"
    ) -> None:
        """Starts a service as a process, to die or freeze at a failpoint if one is named."""
        env = os.environ | {
            "STEWARD_DATABASE_URL": self.url, "STEWARD_KAFKA_BOOTSTRAP": self.kafka.bootstrap, "STEWARD_ENV": "test",
            "STEWARD_OPS_PORT": "0", "STEWARD_LOG_LEVEL": log_level, "STEWARD_LANES": "1",
            "STEWARD_SLACK_WEBHOOK_URL": RECEIVER, "STEWARD_BATCH_RECORDS": "200", "STEWARD_KAFKA_SESSION_MS": "2000",
            "STEWARD_CONFIG_DIR": str(self.config),
        }  # fmt: skip
        env["STEWARD_FAILPOINT"] = failpoint or ""
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "services.cli", service or name], env=env, stdout=log, stderr=log
            )

    def start_all(self) -> None:
        for service in SERVICES:
            self.start(service)

    def quit(self, name: str) -> None:
        """Asks a service to end in good order."""
        self.processes[name].terminate()
        self.processes[name].wait(30)

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait(20)

    def freeze(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGCONT)

    async def dies(self, name: str, within_s: float = 60) -> None:
        """Waits until the process has killed itself at its failpoint."""
        code = await asyncio.to_thread(self.processes[name].wait, within_s)
        assert code == -signal.SIGKILL, (code, self.log(name)[-2000:])

    async def freezes(self, name: str, within_s: float = 60) -> None:
        """Waits until the process has frozen itself at its failpoint."""
        process = psutil.Process(self.processes[name].pid)
        async with asyncio.timeout(within_s):
            while process.status() != psutil.STATUS_STOPPED:
                assert self.processes[name].poll() is None, self.log(name)[-2000:]
                await asyncio.sleep(0.1)

    async def says(self, name: str, word: str, within_s: float = 60) -> None:
        """Waits until the process has logged something."""
        async with asyncio.timeout(within_s):
            while word not in self.log(name):  # noqa: ASYNC110  # it says so in a file
                await asyncio.sleep(0.1)

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    def restart_database(self) -> None:
        self._stop_database()
        url, self._stop_database = embedded_url(self.directory)
        assert url == self.url

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        self._stop_database()

    # --- traffic ----------------------------------------------------------------------------------

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Sends records to the topics, again until the broker has taken them."""
        broker = KafkaBroker(self.kafka.bootstrap)
        await broker.create_topics([str(topic) for topic in Topic], 8)
        producer = await broker.producer("test")
        await producer.send(records)
        await producer.stop()
        await broker.stop()
        self.sent.extend(records)

    async def drained(self, database: Database, within_s: float = 120) -> None:
        """Waits until every record is read, every wake-up heard, every crossing decided, and no row waits to leave
        or for its account."""
        broker = KafkaBroker(self.kafka.bootstrap)
        until, waiting = time.monotonic() + within_s, ""
        try:
            while time.monotonic() < until:
                waiting = await self._waiting(database, broker)
                if not waiting:
                    return
                await asyncio.sleep(0.25)
        finally:
            await broker.stop()
        logs = {name: self.log(name)[-1500:] for name in self.processes}
        raise AssertionError(f"still waiting: {waiting}; logs: {logs}")

    async def accepts(self, database: Database, more_than: int = 0) -> None:
        """Waits until more events than that have been accepted."""
        for _ in range(400):
            if await self.accepted(database) > more_than:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(self.log("ingest")[-2000:])

    async def accepted(self, database: Database) -> int:
        """How many events have been accepted."""
        async with database.reading() as reading:
            count: int = await reading.value("SELECT count(*) FROM events")
        return count

    async def misses_the_broker(self) -> None:
        """Waits until every service has found that the broker is away."""
        await asyncio.gather(*(self.says(service, "Unable connect to") for service in SERVICES))

    async def _waiting(self, database: Database, broker: KafkaBroker) -> str:
        ends = await broker.ends([str(topic) for topic in Topic])
        async with database.reading() as reading:
            rows = await reading.fetch(
                "SELECT topic, partition, position FROM positions WHERE \"group\" NOT LIKE 'relay%'"
            )
            at = {Partition(row["topic"], row["partition"]): row["position"] for row in rows}
            outbox = await reading.value("SELECT count(*) FROM outbox")
            unmatched = await reading.value("SELECT count(*) FROM unmatched")
            stale = await reading.value(
                "SELECT count(*) FROM facts f LEFT JOIN scores s USING (account_id)"
                " WHERE s.facts_version IS DISTINCT FROM f.version"
            )
        behind = {p: end - at.get(p, 0) for p, end in ends.items() if p.topic != Topic.PLAYBOOKS and end > at.get(p, 0)}
        return f"{behind=} {outbox=} {unmatched=} {stale=}" if behind or outbox or unmatched or stale else ""

    # --- the end ----------------------------------------------------------------------------------

    async def assert_exact(self, database: Database) -> None:
        """State equals the fold of the distinct accepted events; crossings, runs and alerts stand once each."""
        expected = {account: fold(Facts(), {}, events)[0] for account, events in self._distinct()}
        async with database.reading() as reading:
            stored = {
                row["external_id"]: row
                for row in await reading.fetch(
                    "SELECT i.external_id, f.facts, f.version, s.facts AS assessed, s.assessment, s.score FROM facts f"
                    " JOIN identities i USING (account_id) JOIN scores s USING (account_id)"
                )
            }
            kept = await reading.value("SELECT count(*) FROM events")
            assert kept == await reading.value("SELECT count(DISTINCT id) FROM events")
            await _assert_once_each(reading)
        assert stored.keys() == expected.keys()
        for account, facts in expected.items():
            row = stored[account]
            assert row["facts"] == encode(facts), (account, _difference(decode(row["facts"]), facts))
            assert row["assessed"] == row["facts"], account
            assert decode_assessment(row["assessment"]).score == row["score"]
        assert kept == sum(facts.events for facts in expected.values())

    def _distinct(self) -> Iterator[tuple[str, list[Event]]]:
        by_account: dict[str, dict[bytes, Event]] = {}
        for number, outgoing in enumerate(self.sent):
            record = Record(Partition(outgoing.topic, 0), number, 0, outgoing.key, outgoing.value, outgoing.headers)
            try:
                for event in translate(record):
                    by_account.setdefault(event.account[1], {})[event.id] = event
            except Rejection:
                continue
        for account, events in by_account.items():
            yield account, list(events.values())


def _difference(stored: Facts, expected: Facts) -> dict[str, tuple[object, object]]:
    """What is stored and what was expected, of each field that differs."""
    pairs = {name: (getattr(stored, name), getattr(expected, name)) for name in Facts.__struct_fields__}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


async def _assert_once_each(reading: "object") -> None:
    ask = reading.value  # type: ignore[attr-defined]
    crossings = await ask("SELECT count(*) FROM crossings")
    assert await ask("SELECT count(DISTINCT (account_id, episode_id)) FROM crossings") == crossings
    decided = await ask(
        "SELECT count(DISTINCT occasion_id) FROM decisions WHERE occasion_id IN (SELECT id::text FROM crossings)"
    )
    assert decided == crossings
    twice = await ask(
        "SELECT count(*) FROM (SELECT run_id, step FROM deliveries GROUP BY run_id, step HAVING count(*) > 1) AS twice"
    )
    assert twice == 0
    runs = await ask("SELECT count(*) FROM runs")
    assert await ask("SELECT count(*) FROM deliveries WHERE step = (SELECT min(step) FROM deliveries)") <= runs
