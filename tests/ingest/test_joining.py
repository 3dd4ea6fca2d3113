"""Whoever speaks first, the same events come to one account; what contradicts itself stays for people."""

import datetime as dt

import pytest

from services.ingest.handle import Ingest
from services.ingest.joining import join_told
from services.ingest.nouns import Arrival
from services.ingest.sources import segment, surveys
from services.ingest.sources.source import Options
from services.ingest.store.accounts import account_id
from shared.database import Database
from shared.settings import Settings
from tests.cast import NOW
from tests.ingest.identity_world import ACME, GLOBEX, World, told
from tests.ingest.raw import raw

COMPANY = ("hubspot", "123")
CRM = [
    told("account.updated", COMPANY, id="h", name="Acme Inc"),
    told("cancel.requested", COMPANY, id="c"),
]
OWN = [told("account.updated", id="a", plan="team", external_ids={"hubspot": "123"})]


async def heard_in_turn(database: Database, *arrivals: Arrival) -> World:
    world = World(database, Ingest(Settings()))
    for one in arrivals:
        await world.hear(one)
    await joined(world)
    return world


async def joined(world: World) -> int:
    return await join_told(world.database, world.ingest, NOW)


async def standing(world: World) -> list[tuple[int]]:
    return await world.rows("SELECT id FROM accounts WHERE merged_into IS NULL ORDER BY id")


@pytest.mark.parametrize("order", [[*OWN, *CRM], [*CRM, *OWN], [CRM[0], *OWN, CRM[1]]])
async def test_whoever_speaks_first_it_is_one_account_with_the_same_facts(
    database: Database, order: list[Arrival]
) -> None:
    world = await heard_in_turn(database, *order)
    assert await standing(world) == [(account_id(ACME),)]
    assert await world.place("c") == account_id(ACME)
    facts = await world.facts()
    async with database.writing() as tx:
        await tx.execute("TRUNCATE accounts, facts, identities, telling_events, seen CASCADE")
    again = await heard_in_turn(database, *OWN, *CRM)
    assert await again.facts() == facts


async def test_the_joining_is_a_decision_that_is_told_once_and_an_unmerge_holds(database: Database) -> None:
    world = await heard_in_turn(database, *CRM, *OWN)
    assert await world.value("SELECT count(*) FROM events WHERE type = 'account.merged' AND source = 'steward'") == 1
    await world.hear(told("account.unmerged", id="u", at=NOW + dt.timedelta(1), from_source="hubspot", from_id="123"))
    await world.hear(told("account.updated", id="a2", external_ids={"hubspot": "123"}))
    assert await joined(world) == 0
    assert len(await standing(world)) == 2


async def test_what_two_accounts_claim_is_nobodys_guess(database: Database) -> None:
    rival = told("account.updated", GLOBEX, id="g", external_ids={"hubspot": "123"})
    world = World(database)
    for one in (*CRM, *OWN, rival):
        await world.hear(one)
    assert await joined(world) == 0
    assert await world.value("SELECT count(*) FROM identity_conflicts") == 2


async def test_two_ids_in_one_system_are_a_contradiction(database: Database) -> None:
    world = World(database)
    await world.hear(told("account.updated", id="1", external_ids={"hubspot": "122"}))
    await world.hear(told("account.updated", ("hubspot", "124"), id="2", external_ids={"native": "globex"}))
    await world.hear(told("account.updated", COMPANY, id="3"))
    await world.hear(told("account.updated", id="4", external_ids={"hubspot": "123"}))
    await world.hear(told("account.updated", id="5", external_ids={"hubspot": "124"}))
    assert await joined(world) == 0


async def test_two_ids_of_our_own_are_two_accounts(database: Database) -> None:
    world = World(database)
    await world.hear(told("account.updated", id="1"), told("account.updated", GLOBEX, id="2"))
    await world.hear(told("account.updated", id="3", external_ids={"native": "globex"}))
    assert await joined(world) == 0


async def test_a_group_a_survey_and_an_event_of_ours_mean_one_account(database: Database) -> None:
    group = {"type": "group", "groupId": "acme", "userId": "mia", "messageId": "m", "timestamp": NOW.isoformat()}
    answer = {
        "survey_type": "nps", "score": 9, "account_id": "acme", "source_id": "s", "responded_at": NOW.isoformat(),
    }  # fmt: skip
    world = World(database)
    for source, body in ((surveys.SOURCE, answer), (segment.SOURCE, group)):
        events = source.translate(raw(source, body), Options())
        await world.hear(*(Arrival(event, event.occurred_at) for event in events))
    await world.hear(told("account.updated", id="n", name="Acme"))
    assert await world.sweep() == 1
    assert await standing(world) == [(account_id(ACME),)]
    assert await world.waiting() == 0


def test_a_source_may_send_the_ids_of_a_crm() -> None:
    body = {"survey_type": "nps", "score": 9, "account_id": "001A", "source_id": "s", "responded_at": NOW.isoformat()}
    (event,) = surveys.SOURCE.translate(raw(surveys.SOURCE, body), Options(namespace="salesforce"))
    assert event.account == ("salesforce", "001A")
