"""Links that move nothing let other batches pass; those that move a key wait for them."""

import asyncio
import datetime as dt
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest import gate
from services.ingest.memory import Memory
from services.ingest.nouns import Arrival
from services.ingest.sources import salesforce
from services.ingest.store.accounts import Key, account_id
from shared.clock import to_us
from shared.database import Database
from tests.cast import NOW
from tests.conftest import empty
from tests.ingest.identity_world import GLOBEX, World
from tests.ingest.identity_world import told as heard
from tests.ingest.raw import told

ACCOUNT = ("salesforce", "001A")
A = account_id(ACCOUNT)


def case_changed(number: int, *, account: str = "001A", at: dt.datetime = NOW) -> list[Arrival]:
    """A case of the account is worked on."""
    header = {
        "entityName": "Case", "recordIds": [f"500{number}"], "changeType": "UPDATE", "transactionKey": f"t{number}{at}",
        "sequenceNumber": 1, "commitTimestamp": to_us(at) // 1_000, "commitNumber": number,
    }  # fmt: skip
    body = {"ChangeEventHeader": header, "AccountId": account, "Status": "Working"}
    return [Arrival(event, to_us(NOW)) for event in told(salesforce.SOURCE, body)]


async def a_company(database: Database) -> World:
    world = World(database)
    await world.hear(heard("account.updated", ACCOUNT, id="a"), heard("account.updated", GLOBEX, id="g"))
    return world


async def test_a_batch_of_cases_passes_while_another_batch_is_in_flight(database: Database) -> None:
    world = await a_company(database)
    cases = [one for number in range(200) for one in case_changed(number)]
    async with database.writing() as other:
        await gate.enter(other, Memory(), alone=False)
        async with asyncio.timeout(20):
            first = await world.hear(*cases)
            again = await world.hear(*case_changed(7, at=NOW + dt.timedelta(minutes=1)))
    assert (first.accepted, first.unmatched, again.accepted) == (400, 0, 2)
    assert await world.value("SELECT count(*) FROM identity_changes") == 0
    assert await world.rows("SELECT DISTINCT account_id FROM identities WHERE source = 'salesforce:case'") == [(A,)]


async def test_a_case_that_moves_waits_for_batches_in_flight_and_takes_its_events_along(database: Database) -> None:
    world = await a_company(database)
    await world.hear(*case_changed(1))
    move = heard(
        "identity.linked", GLOBEX, id="l", at=NOW + dt.timedelta(1), source="salesforce:case", external_id="5001"
    )
    async with database.writing() as other:
        await gate.enter(other, Memory(), alone=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await world.hear(move)
    await world.hear(move)
    await world.hear(heard("cancel.requested", ("salesforce:case", "5001"), id="c"))
    assert await world.place("c") == account_id(GLOBEX)


async def test_of_two_links_in_one_batch_the_later_told_holds(database: Database) -> None:
    world = await a_company(database)
    named = {"source": "intercom", "external_id": "c"}
    await world.hear(
        heard("identity.linked", GLOBEX, id="2", at=NOW, **named),
        heard("identity.linked", ACCOUNT, id="1", at=NOW - dt.timedelta(1), **named),
    )
    await world.hear(heard("cancel.requested", ("intercom", "c"), id="3"))
    assert await world.place("3") == account_id(GLOBEX)


async def test_a_link_that_is_older_than_an_unlinking_links_nothing(database: Database) -> None:
    world = await a_company(database)
    named = {"source": "intercom", "external_id": "c"}
    await world.hear(heard("identity.linked", GLOBEX, id="1", **named))
    await world.hear(heard("identity.unlinked", GLOBEX, id="2", at=NOW + dt.timedelta(2), **named))
    await world.hear(heard("identity.linked", GLOBEX, id="3", at=NOW + dt.timedelta(1), **named))
    await world.hear(heard("cancel.requested", ("intercom", "c"), id="4"))
    assert await world.waiting() == 1


SAID = st.tuples(st.booleans(), st.sampled_from([ACCOUNT, GLOBEX]))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(SAID, min_size=2, max_size=4), st.randoms(use_true_random=False))
async def test_links_and_their_ends_come_to_the_same_in_any_order(
    database: Database, said: list[tuple[bool, Key]], order: random.Random
) -> None:
    told_of = [
        heard(
            "identity.linked" if linked else "identity.unlinked", key, id=str(number),
            at=NOW + dt.timedelta(hours=number), source="intercom", external_id="c",
        )
        for number, (linked, key) in enumerate(said)
    ]  # fmt: skip
    found = []
    for arrivals in (told_of, order.sample(told_of, len(told_of))):
        await empty(database)
        world = await a_company(database)
        await world.hear(heard("cancel.requested", ("intercom", "c"), id="e"))
        for arrival in arrivals:
            await world.hear(arrival)
            await world.sweep()
        found.append((await world.place("e"), await world.facts(ACCOUNT), await world.facts(GLOBEX)))
    assert found[0] == found[1]
