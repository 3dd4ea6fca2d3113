"""Many rounds of faults on one installation that lives on: processes killed at named places and at any moment, or
frozen past their session; broker and database restarted. After every round the state is exact.

`STEWARD_SOAK_ROUNDS` (20) says how many, `STEWARD_SOAK_SEED` (7) which; a failed round names both.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from shared.database import Database
from tests.faults.installation import SERVICES, Installation
from tests.faults.test_processes import ACCOUNTS, now, trouble
from tests.faults.traffic import bad_times, good_times, noise

ROUNDS = int(os.environ.get("STEWARD_SOAK_ROUNDS", "20"))
SEED = int(os.environ.get("STEWARD_SOAK_SEED", "7"))
EVENTS = 300
"""Events of a round, about."""
PLACES = ("{0}:before_commit:1", "{0}:after_commit:1", "{0}:fetched:1")

pytestmark = [pytest.mark.kafka, pytest.mark.soak, pytest.mark.timeout(120 + 120 * ROUNDS)]


class Tormentor:
    """Does one thing a round to an installation, and counts what it did."""

    def __init__(self, installation: Installation, dice: random.Random) -> None:
        self._installation = installation
        self._dice = dice
        self.did: Counter[str] = Counter()
        self._deck: list[Callable[[], Awaitable[None]]] = []

    async def torment(self) -> None:
        """One fault, with traffic before and behind it; in five rounds each of the five, in any order."""
        if not self._deck:
            self._deck = [self._kill_at_a_place, self._kill, self._freeze, self._broker, self._database]
            self._dice.shuffle(self._deck)
        fault = self._deck.pop()
        self.did[fault.__name__.strip("_").replace("_", " ")] += 1
        await fault()

    async def traffic(self) -> None:
        """Usage of everybody, and bad times for some."""
        some = self._dice.sample(range(ACCOUNTS), 2)
        seed = self._dice.getrandbits(32)
        await self._installation.send(noise(ACCOUNTS, EVENTS, now(), seed) + bad_times(some, now()))

    async def _kill_at_a_place(self) -> None:
        service = self._dice.choice(SERVICES[:2])  # which always have something to read in a round
        place = self._dice.choice(PLACES).format(service)
        await asyncio.to_thread(self._installation.quit, service)
        self._installation.start(service, failpoint=place)
        await self.traffic()
        await self._installation.dies(service)
        self._installation.start(service)

    async def _kill(self) -> None:
        service = self._dice.choice(SERVICES)
        await self.traffic()
        await asyncio.sleep(self._dice.uniform(0, 2))
        await asyncio.to_thread(self._installation.kill, service)
        self._installation.start(service)

    async def _freeze(self) -> None:
        service = self._dice.choice(SERVICES)
        await self.traffic()
        self._installation.freeze(service)
        self._installation.start("heir", service)
        await self.traffic()
        await asyncio.sleep(4)
        self._installation.thaw(service)
        await asyncio.to_thread(self._installation.quit, "heir")

    async def _broker(self) -> None:
        await self.traffic()
        await asyncio.to_thread(self._installation.kafka.kill)
        await asyncio.sleep(1)
        await asyncio.to_thread(self._installation.kafka.restart)
        await self.traffic()

    async def _database(self) -> None:
        sending = asyncio.create_task(self.traffic())
        await asyncio.to_thread(self._installation.restart_database)
        await sending


async def test_owners_frozen_past_their_session_with_a_batch_in_hand_wake_as_zombies_and_change_nothing(
    place: tuple[Installation, Database],
) -> None:
    installation, database = place
    await installation.send(good_times(ACCOUNTS, now()))
    installation.start_all()
    await installation.drained(database)
    for service in SERVICES:
        installation.quit(service)
        installation.start(service, failpoint=f"freeze:{service}:fetched:1", log_level="info")
    await trouble(installation, rounds=2)
    for service in SERVICES:  # each has something to read once the one before it has an heir
        await installation.freezes(service)
        installation.start(f"{service}-heir", service)
    await installation.drained(database)
    for service in SERVICES:
        installation.thaw(service)
    for service in SERVICES:
        await installation.says(service, "batch_fenced")
    await installation.send(noise(ACCOUNTS, 200, now(), 99))
    await installation.drained(database)
    await installation.assert_exact(database)


async def test_rounds_of_faults_end_exact(installed: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    tormentor = Tormentor(installed, random.Random(SEED))
    await installed.send(good_times(ACCOUNTS, now()))
    installed.start_all()
    for number in range(ROUNDS):
        await tormentor.torment()
        async with Database.open(installed.url, connections=4) as database:
            try:
                await installed.drained(database)
                await installed.assert_exact(database)
            except AssertionError as error:
                raise AssertionError(f"round {number} of seed {SEED}, after {dict(tormentor.did)}") from error
    async with Database.open(installed.url, connections=4) as database, database.reading() as reading:
        (row,) = await reading.fetch(
            """
            SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM crossings) AS crossings,
                   (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM deliveries) AS alerts
            """
        )
    figures = {**tormentor.did, **dict(row), "sent": len(installed.sent), "seconds": round(time.monotonic() - began)}
    with capsys.disabled():
        sys.stdout.write(f"\n{ROUNDS} rounds of seed {SEED}: {figures}\n")
