"""Whoever is forgotten is named nowhere in what health and playbooks wrote, and is not noticed a second time."""

import datetime as dt

from services.health.force import InForce
from services.health.handle import Health
from services.playbooks.handle import complete_task, on_crossings
from shared.broker import Partition, Record
from shared.database import Database
from shared.outbox import unpack_headers
from tests.cast import NOW, told
from tests.health_io.stories import well
from tests.health_io.world import World, scored_by
from tests.ingest.identity_world import World as Everything
from tests.playbooks.world import a_house

MIA, MAIL = "mia.chen@acme.example", "Mia@Acme.example"
SIGNALS = ("champion_left", "cancel_requested")


async def a_champion_left(database: Database) -> World:
    """Mia is champion by an id that is an address; she leaves, and the account cancels with her name in the reason."""
    world = World(database)
    world.in_force = InForce(scored_by("hm-2", signals=SIGNALS))
    world.health = Health(world.in_force, world.clock)
    await world.sweep()
    mia = told("person.updated", person_id=MIA, name="Mia Chen", email=MAIL, role="champion")
    await world.wake(*well(), mia)
    world.clock.at = NOW + dt.timedelta(hours=1)
    await world.wake(
        told("person.left", at=world.clock.at, person_id=MIA),
        told("cancel.requested", at=world.clock.at, reason=f"Mia Chen ({MAIL}) has gone"),
    )
    return world


async def playbooks_hear(world: World) -> None:
    """What health told reaches playbooks, and a task is done with her name in its outcome."""
    house = await a_house(world.database)
    async with world.database.writing() as tx:
        left = await tx.fetch("DELETE FROM outbox WHERE owner = 'health' RETURNING topic, key, value, headers")
        records = [Record(Partition(r["topic"], 0), n, 0, r["key"], r["value"], unpack_headers(r["headers"]))
                   for n, r in enumerate(left)]  # fmt: skip
        await on_crossings(house)(tx, records, world.clock.now())
        task = await tx.value("SELECT id FROM tasks WHERE status = 'open' ORDER BY position LIMIT 1")
        await complete_task(tx, task, "spoke with MIA CHEN", "ada", world.clock.now())
        await tx.execute("DELETE FROM outbox")


async def test_nothing_that_was_written_of_them_names_them_and_they_are_noticed_once(database: Database) -> None:
    world = await a_champion_left(database)
    await playbooks_hear(world)
    before = await world.rows("SELECT id, kind FROM signals ORDER BY id")
    assert sorted(row["kind"] for row in before) == sorted(SIGNALS)
    assert await world.rows("SELECT id FROM runs WHERE words LIKE '%Mia Chen%'") != []

    world.clock.at = NOW + dt.timedelta(hours=2)
    await world.wake(told("person.erased", at=world.clock.at, person_id=MIA, email=MAIL, source="steward"))
    await world.until(NOW + dt.timedelta(days=2))
    await world.wakes()

    text = (await Everything(database).everything()).lower()
    assert [name for name in (MIA, MAIL.lower(), "mia chen") if name in text] == []
    assert await world.rows("SELECT id, kind FROM signals ORDER BY id") == before
    (about,) = (await world.rows("SELECT about FROM signals WHERE kind = 'champion_left'"))[0]
    assert about.startswith("erased:")


async def test_a_signal_on_its_way_names_nobody_who_left(database: Database) -> None:
    world = await a_champion_left(database)
    words = [value["words"] for _, value in await world.left() if value["kind"] == "champion_left"]
    assert words == ["The champion has left"]
