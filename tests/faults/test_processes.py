"""Real processes on a real Kafka and PostgreSQL, killed and frozen at the worst moments: the end is exact."""

import asyncio
import datetime as dt

import pytest

from shared.database import Database
from tests.faults.installation import Installation
from tests.faults.traffic import bad_times, good_times, noise

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
ACCOUNTS = 12


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


async def trouble(installation: Installation, rounds: int = 3) -> None:
    """Good times, then bad ones for some, with usage in between."""
    await installation.send(good_times(ACCOUNTS, now()))
    for number in range(rounds):
        await installation.send(noise(ACCOUNTS, 150, now(), number))
        await installation.send(bad_times(range(number, ACCOUNTS, rounds), now()))


async def test_services_killed_at_named_places_end_exact(place: tuple[Installation, Database]) -> None:
    installation, database = place
    await installation.send(good_times(ACCOUNTS, now()))
    installation.start_all()
    await installation.drained(database)
    places = (
        ("ingest", "ingest:before_commit:1"),
        ("ingest", "ingest:after_commit:1"),
        ("ingest", "relay:ingest:after_send:1"),
        ("health", "health:before_commit:1"),
        ("health", "health:after_commit:1"),
        ("health", "relay:health:after_send:1"),
        ("playbooks", "playbooks:before_commit:1"),
        ("playbooks", "playbooks:after_commit:1"),
    )
    for number, (service, failpoint) in enumerate(places):
        if installation.processes[service].poll() is None:
            installation.quit(service)
        installation.start(service, failpoint=failpoint)
        await installation.send(noise(ACCOUNTS, 50, now(), number) + bad_times([number], now()))
        await installation.dies(service)
        if number + 1 == len(places) or places[number + 1][0] != service:
            installation.start(service)
    await installation.drained(database)
    await installation.assert_exact(database)
    async with database.reading() as reading:
        assert await reading.value("SELECT count(*) FROM crossings WHERE to_band = 'critical'") >= len(places)
        assert await reading.value("SELECT count(*) FROM runs") >= len(places)


async def test_an_owner_frozen_past_its_session_wakes_as_a_zombie_and_changes_nothing(
    place: tuple[Installation, Database],
) -> None:
    installation, database = place
    await installation.send(good_times(ACCOUNTS, now()))
    installation.start_all()
    await installation.drained(database)
    before = await installation.accepted(database)
    sending = asyncio.create_task(trouble(installation, rounds=2))
    await installation.accepts(database, more_than=before)
    installation.freeze("ingest")
    installation.start("heir", "ingest")
    await sending
    await installation.drained(database)
    installation.thaw("ingest")
    await installation.send(noise(ACCOUNTS, 200, now(), 99))
    await installation.drained(database)
    await installation.assert_exact(database)


async def test_the_broker_restarted_under_load_loses_nothing(place: tuple[Installation, Database]) -> None:
    installation, database = place
    installation.start_all()
    await trouble(installation, rounds=2)
    await installation.accepts(database)
    await asyncio.to_thread(installation.kafka.kill)
    await installation.misses_the_broker()
    await asyncio.to_thread(installation.kafka.restart)
    await installation.send(noise(ACCOUNTS, 200, now(), 7))
    await installation.drained(database)
    await installation.assert_exact(database)


async def test_postgresql_restarted_under_load_loses_nothing(installed: Installation) -> None:
    installed.start_all()
    sending = asyncio.create_task(trouble(installed, rounds=3))
    async with Database.open(installed.url, connections=1) as database:
        await installed.accepts(database)
    await asyncio.to_thread(installed.restart_database)
    await sending
    async with Database.open(installed.url, connections=4) as database:
        await installed.drained(database)
        await installed.assert_exact(database)


async def test_a_service_ends_when_it_is_asked_to_though_the_broker_is_away(
    place: tuple[Installation, Database],
) -> None:
    installation, database = place
    await installation.send(good_times(2, now()))
    installation.start("ingest")
    installation.start("health")
    await installation.accepts(database)
    await asyncio.to_thread(installation.kafka.kill)
    await asyncio.gather(*(asyncio.to_thread(installation.quit, service) for service in ("ingest", "health")))
    for service in ("ingest", "health"):
        assert installation.processes[service].returncode == 0, installation.log(service)[-2000:]
