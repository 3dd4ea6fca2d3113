"""What a source has lost of all its accounts is marked on each, and taken off by a whole export alone."""

from services.ingest.spreading import spread
from services.ingest.store.accounts import account_id
from shared.database import Database
from tests.cast import NOW
from tests.ingest.identity_world import ACME, World, told

ONE, TWO, ALL = ("salesforce", "001A"), ("salesforce", "001B"), ("salesforce:all", "Account")


async def marked(world: World) -> list[tuple[int]]:
    return await world.rows("SELECT id FROM accounts WHERE refresh_since IS NOT NULL ORDER BY id")


async def test_an_overflow_marks_every_account_of_its_source_and_no_other(database: Database) -> None:
    world = World(database)
    await world.hear(told("account.refresh_needed", ALL, id="o", reason="GAP_OVERFLOW of Account"))
    assert await spread(database, world.ingest, NOW) == 0
    assert await world.waiting() == 1
    await world.hear(*(told("account.updated", key, id=key[1]) for key in (ONE, TWO, ACME)))
    assert await spread(database, world.ingest, NOW) == 2
    assert await marked(world) == sorted([(account_id(ONE),), (account_id(TWO),)])
    assert await world.waiting() == 0
    assert await spread(database, world.ingest, NOW) == 0


async def test_a_change_that_names_the_account_leaves_the_mark_and_a_refresh_takes_it_off(database: Database) -> None:
    world = World(database)
    await world.hear(told("account.updated", ONE, id="1"), told("account.refresh_needed", ONE, id="2"))
    await world.hear(told("account.updated", ONE, id="3", at=NOW.replace(hour=13), name="Acme"))
    assert await marked(world) == [(account_id(ONE),)]
    await world.hear(told("account.refreshed", ONE, id="4", at=NOW.replace(hour=14)))
    assert await marked(world) == []
