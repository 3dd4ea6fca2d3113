"""A contact who moves is gone where they were and known where they are, however it is told."""

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.health.measures.people import champion_present
from services.ingest.moving import stays_of
from services.ingest.nouns import Arrival
from services.ingest.sources import hubspot, intercom, salesforce
from services.ingest.store.accounts import account_id
from services.ingest.store.moving import Statement
from shared.clock import to_us
from shared.database import Database
from shared.facts import decode
from tests.cast import NOW
from tests.conftest import empty
from tests.ingest.identity_world import World
from tests.ingest.identity_world import told as heard
from tests.ingest.raw import told
from tests.ingest.test_rebuild import rebuilt

OLD, NEW, THIRD = ("salesforce", "001A"), ("salesforce", "001B"), ("salesforce", "001C")
MIA = "003M"
HOUR = dt.timedelta(hours=1)


def contact(hours: int, change: str = "UPDATE", nulled: list[str] | None = None, /, **fields: Any) -> list[Arrival]:
    """Salesforce's contact Mia changes, some hours after the story's beginning."""
    at = to_us(NOW - 20 * HOUR + hours * HOUR)
    header = {
        "entityName": "Contact", "recordIds": [MIA], "changeType": change, "transactionKey": f"t{hours}",
        "sequenceNumber": 1, "commitTimestamp": at // 1_000, "commitNumber": hours, "nulledFields": nulled or [],
    }  # fmt: skip
    return [Arrival(one, to_us(NOW)) for one in told(salesforce.SOURCE, {"ChangeEventHeader": header, **fields})]


CREATED = contact(
    1, "CREATE", AccountId="001A", Name={"FirstName": "Mia", "LastName": "Chen"}, Email="mia@acme.example"
)
TITLED = contact(2, Title="Head of Operations")
MOVED = contact(3, AccountId="001B")
RENAMED = contact(4, Name={"FirstName": "Mia", "LastName": "Chen-Lee"})
STORY = [CREATED, TITLED, MOVED, RENAMED]


async def a_world(database: Database) -> World:
    await empty(database)
    world = World(database)
    await world.hear(*(heard("account.updated", key, id=key[1], name=key[1]) for key in (OLD, NEW, THIRD)))
    return world


async def people(world: World) -> dict[int, tuple[Any, ...]]:
    """Account → what its page says of Mia."""
    rows = await world.rows("SELECT account_id, called, email, title, left_at, left_reason FROM people")
    return {row[0]: row[1:] for row in rows}


async def state(world: World) -> list[Any]:
    """All that is known of the accounts and their people."""
    facts = await world.rows("SELECT account_id, facts FROM facts ORDER BY account_id")
    return [facts, sorted(await world.rows("SELECT * FROM people"), key=repr)]


async def test_a_contact_who_moves_has_left_and_is_known_elsewhere(database: Database) -> None:
    world = await a_world(database)
    for told_now in STORY:
        await world.hear(*told_now)
    found = await people(world)
    assert found[account_id(OLD)][:3] == ("Mia Chen", "mia@acme.example", "Head of Operations")
    left_at, reason = found[account_id(OLD)][3:]
    assert (left_at.replace(microsecond=0), reason) == (NOW - 17 * HOUR - dt.timedelta(seconds=1), "moved")
    assert found[account_id(NEW)] == ("Mia Chen-Lee", "mia@acme.example", "Head of Operations", None, None)
    assert decode(await world.facts(OLD)).has_left(MIA)
    assert not decode(await world.facts(NEW)).has_left(MIA)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(order=st.permutations(range(6)), doubled=st.lists(st.integers(0, 5), max_size=3))
async def test_neither_order_nor_repetition_matters(database: Database, order: list[int], doubled: list[int]) -> None:
    story = [*STORY, contact(6, AccountId="001C"), contact(8, AccountId="001A", Title="CEO")]
    world = await a_world(database)
    for told_now in story:
        await world.hear(*told_now)
    straight = await state(world)
    world = await a_world(database)
    for number in itertools.chain(order, doubled):
        await world.hear(*story[number])
        await world.sweep()
    assert await state(world) == straight


async def test_a_rebuild_lets_people_move_again(database: Database) -> None:
    world = await a_world(database)
    for told_now in (RENAMED, MOVED, CREATED, TITLED):
        await world.hear(*told_now)
        await world.sweep()
    result = await rebuilt(database)
    assert (result.differences, result.waiting) == ([], 0)
    assert await world.value("SELECT count(*) FROM moved_events") > 0


async def test_a_contact_without_an_account_who_gets_one_is_known_there(database: Database) -> None:
    world = await a_world(database)
    nowhere = contact(3, "UPDATE", ["AccountId"])
    for told_now in (CREATED, TITLED, nowhere, contact(4, Title="Consultant")):
        await world.hear(*told_now)
    (left,) = (await people(world)).values()
    assert (left[:3], left[4]) == (("Mia Chen", "mia@acme.example", "Head of Operations"), "removed")
    await world.hear(*contact(5, AccountId="001B"))
    await world.sweep()
    found = await people(world)
    assert found[account_id(OLD)] == left
    assert found[account_id(NEW)] == ("Mia Chen", "mia@acme.example", "Consultant", None, None)
    assert (await rebuilt(database)).differences == []


async def test_an_address_leads_to_where_the_person_is(database: Database) -> None:
    world = await a_world(database)
    await world.hear(*CREATED)
    await world.hear(*MOVED)
    await world.hear(heard("reply.received", ("delighted:person", "mia@acme.example"), id="r", reply_id="r"))
    assert await world.place("r") == account_id(NEW)


async def test_who_has_moved_is_forgotten_everywhere(database: Database) -> None:
    world = await a_world(database)
    for told_now in STORY:
        await world.hear(*told_now)
    await world.hear(heard("person.erased", NEW, id="e", person_id=MIA, email="mia@acme.example"))
    await world.hear(*contact(9, Title="Chief of Operations"))
    everything = await world.everything()
    assert not [one for one in (MIA, "Mia", "mia@acme.example", "Head of Operations") if one in everything]
    assert (await rebuilt(database)).differences == []


async def test_a_champion_who_moves_is_missed(database: Database) -> None:
    world = await a_world(database)
    await world.hear(*CREATED, heard("person.updated", OLD, id="c", at=NOW - 19 * HOUR, person_id=MIA, role="champion"))
    assert champion_present(decode(await world.facts(OLD)), to_us(NOW), {}) == 1.0
    await world.hear(*MOVED)
    assert champion_present(decode(await world.facts(OLD)), to_us(NOW), {}) == 0.0


# --- HubSpot ------------------------------------------------------------------------------------------

ONE, TWO = ("hubspot", "1"), ("hubspot", "2")


def notified(hours: int, kind: str, **fields: Any) -> list[Arrival]:
    at = to_us(NOW - 20 * HOUR + hours * HOUR) // 1_000
    item = {"subscriptionType": kind, "portalId": 1, "subscriptionId": 2, "occurredAt": at, **fields}
    return [Arrival(one, to_us(NOW)) for one in told(hubspot.SOURCE, item)]


def of_company(hours: int, company: int, *, removed: bool = False) -> list[Arrival]:
    return notified(
        hours, "contact.associationChange", associationType="CONTACT_TO_COMPANY", fromObjectId=7, toObjectId=company,
        associationRemoved=removed, isPrimaryAssociation=not removed,
    )  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (0, 1, 3, 2), (2, 3, 0, 1)])
async def test_a_hubspot_contact_moves_whichever_end_is_told_first(database: Database, order: tuple[int, ...]) -> None:
    story = [
        of_company(1, 1),
        notified(2, "contact.propertyChange", objectId=7, propertyName="firstname", propertyValue="Mia"),
        of_company(3, 2),
        of_company(4, 1, removed=True),
    ]
    await empty(database)
    world = World(database)
    await world.hear(*(heard("account.updated", key, id=key[1], name="Company") for key in (ONE, TWO)))
    for number in order:
        await world.hear(*story[number])
        await world.sweep()
    found = await people(world)
    assert (found[account_id(ONE)][0], found[account_id(ONE)][4]) == ("Mia", "removed")
    assert found[account_id(TWO)] == ("Mia", None, None, None, None)
    assert (await rebuilt(database)).differences == []


async def test_an_intercom_contact_that_is_detached_here_and_attached_there(database: Database) -> None:
    contact = {"type": "contact", "id": "6a", "name": "Mia Chen", "email": "mia@acme.example"}
    told_of = [
        heard_of_intercom(number, topic, {"type": "company", "id": company, "contact": contact})
        for number, topic, company in (
            (1, "company.contact.attached", "c1"), (2, "company.contact.detached", "c1"),
            (3, "company.contact.attached", "c2"),
        )
    ]  # fmt: skip
    await empty(database)
    world = World(database)
    homes = (("intercom", "c1"), ("intercom", "c2"))
    await world.hear(*(heard("account.updated", key, id=key[1], name="Company") for key in homes))
    for arrivals in told_of[::-1]:
        await world.hear(*arrivals)
    found = await people(world)
    assert (found[account_id(homes[0])][:2], found[account_id(homes[0])][4]) == (
        ("Mia Chen", "mia@acme.example"), "removed",
    )  # fmt: skip
    assert found[account_id(homes[1])] == ("Mia Chen", "mia@acme.example", None, None, None)


def heard_of_intercom(hours: int, topic: str, item: dict[str, Any]) -> list[Arrival]:
    at = to_us(NOW - 20 * HOUR + hours * HOUR) // 1_000_000
    body = {
        "type": "notification_event", "id": f"notif_{hours}", "topic": topic, "app_id": "a", "created_at": at,
        "data": {"type": "notification_event_data", "item": item},
    }  # fmt: skip
    return [Arrival(one, to_us(NOW)) for one in told(intercom.SOURCE, body)]


PERSON = ("salesforce:person", MIA)


# --- stays --------------------------------------------------------------------------------------------


def said(at: int, key: str, *, gone: bool = False) -> Statement:
    return Statement(("salesforce", key), gone, "salesforce", at, 0, bytes([at]) * 16, at)


def test_a_stay_ends_where_the_next_begins_or_the_source_ends_it() -> None:
    homes = {("salesforce", key): number for number, key in enumerate("ab", start=1)}
    said_of = [said(1, "a"), said(2, "a"), said(3, "b"), said(4, "a", gone=True), said(5, "a"), said(6, "z")]
    stays = stays_of(PERSON, said_of, homes)
    assert [(stay.home, stay.end and stay.end.at) for stay in stays] == [(1, 4), (1, 3), (2, 5), (1, None)]
    nowhere = Statement(PERSON, True, "salesforce", 7, 0, b"7" * 16, 7)
    assert stays_of(PERSON, [*said_of, nowhere], homes)[-1].end == nowhere
