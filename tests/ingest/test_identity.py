"""An event lands on the account that its key means, by rules in order, and waits where nothing is certain."""

import datetime as dt
import json

from services.ingest import recognising
from services.ingest.store.accounts import account_id
from shared.database import Database
from tests.cast import NOW
from tests.ingest.identity_world import ACME, GLOBEX, World, told

A, G = account_id(ACME), account_id(GLOBEX)
ORGANISATION = ("zendesk", "org-7")


async def two_accounts(database: Database) -> World:
    world = World(database)
    await world.hear(
        told("account.updated", id="a", name="Acme", domain="acme.example", external_ids={"zendesk": "org-7"}),
        told("account.updated", GLOBEX, id="g", name="Globex", domain="globex.example"),
    )
    return world


async def test_a_key_that_an_account_tells_of_leads_to_it(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(told("cancel.requested", ORGANISATION, id="1"))
    assert await world.place("1") == A


async def test_a_second_claim_on_a_key_changes_nothing_and_is_reported_once(database: Database) -> None:
    world = await two_accounts(database)
    for n in "12":
        await world.hear(told("account.updated", GLOBEX, id=n, external_ids={"zendesk": "org-7"}))
    await world.hear(told("cancel.requested", ORGANISATION, id="3"))
    assert await world.place("3") == A
    assert await world.rows("SELECT source, external_id, claimed_by, linked_to, times FROM identity_conflicts") == [
        ("zendesk", "org-7", G, A, 2)
    ]


async def test_a_decision_outranks_what_an_account_told_and_takes_its_events_along(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(told("cancel.requested", ORGANISATION, id="1"))
    await world.hear(told("identity.linked", GLOBEX, id="2", source="zendesk", external_id="org-7"))
    await world.hear(told("cancel.withdrawn", ORGANISATION, id="3"))
    assert [await world.place(n) for n in "13"] == [G, G]


async def test_an_unlinked_key_waits_and_is_not_linked_again_by_the_same_account(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(told("cancel.requested", ORGANISATION, id="1"))
    await world.hear(told("identity.unlinked", id="2", source="zendesk", external_id="org-7"))
    await world.hear(told("account.updated", id="3", external_ids={"zendesk": "org-7"}))
    assert await world.waiting() == 1
    await world.hear(told("identity.linked", GLOBEX, id="4", source="zendesk", external_id="org-7"))
    assert await world.sweep() == 1
    assert await world.place("1") == G


async def test_of_two_decisions_the_later_told_holds_in_any_order_of_arrival(database: Database) -> None:
    world = await two_accounts(database)
    later = told("identity.linked", GLOBEX, id="2", source="intercom", external_id="c", at=NOW)
    sooner = told("identity.linked", id="1", source="intercom", external_id="c", at=NOW - dt.timedelta(hours=1))
    await world.hear(later)
    await world.hear(sooner)
    await world.hear(told("cancel.requested", ("intercom", "c"), id="3"))
    assert await world.place("3") == G


async def test_the_key_that_created_an_account_is_not_linked_away(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(told("identity.linked", id="1", source="native", external_id="globex"))
    await world.hear(told("cancel.requested", GLOBEX, id="2"))
    assert await world.place("2") == G
    assert await world.value("SELECT kind FROM identity_conflicts") == "own"


async def test_no_account_comes_into_being_by_anything_but_its_own_event(database: Database) -> None:
    world = World(database)
    await world.hear(
        told("cancel.requested", ORGANISATION, id="1"),
        told("person.updated", ("zendesk:person", "9"), id="2", person_id="9", email="mia@acme.example"),
        told("account.merged", id="3", from_id="globex"),
        told("identity.linked", id="4", source="zendesk", external_id="org-7"),
    )
    assert await world.value("SELECT count(*) FROM accounts") == 0
    assert await world.waiting() == 4


async def test_what_waited_is_applied_at_its_own_time_once_its_account_is_told_of(database: Database) -> None:
    world = World(database)
    await world.hear(told("cancel.requested", ORGANISATION, id="1"))
    await world.hear(told("account.updated", id="2", name="Acme", external_ids={"zendesk": "org-7"}))
    assert await world.sweep() == 1
    assert await world.place("1") == A


# --- people ---------------------------------------------------------------------------------------


async def test_imported_history_that_waited_is_no_news_once_its_account_is_told_of(database: Database) -> None:
    world, feedback = World(database), {"feedback_id": "f", "kind": "feature_request"}
    async with database.writing() as tx:
        history = [told("cancel.requested", id="1"), told("feedback.given", id="2", **feedback)]
        await world.ingest.accept(tx, history, NOW, imported=True, rebase=True)
    await world.hear(told("cancel.withdrawn", id="3", at=NOW + dt.timedelta(1)))
    await world.hear(told("account.updated", id="a", name="Acme"))
    assert await world.sweep() == 3
    assert await world.rows("SELECT first, last FROM imported_versions") == [(2, 2)]
    assert await world.value("SELECT version FROM facts") == 3
    told_of = [json.loads(row[0])["rebase"] for row in await world.rows("SELECT value FROM outbox ORDER BY id")]
    assert told_of == [None, "import", None]


async def test_an_event_that_names_a_person_alone_goes_to_the_account_of_that_person(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(told("person.updated", ORGANISATION, id="1", person_id="9", email="Mia@Acme.example"))
    await world.hear(
        told("cancel.requested", ("zendesk:person", "9"), id="2"),
        told("cancel.requested", ("intercom:person", "mia@acme.example"), id="3"),
        told("person.updated", ("segment:person", "u1"), id="4", person_id="u1", email="mia@acme.EXAMPLE"),
    )
    await world.hear(told("usage.recorded", ("segment:person", "u1"), id="5", person_id="u1"))
    assert [await world.place(n) for n in "2345"] == [A] * 4


async def test_a_person_of_two_accounts_is_nobodys_until_somebody_decides(database: Database) -> None:
    world = await two_accounts(database)
    for n, key in (("1", ACME), ("2", GLOBEX)):
        await world.hear(told("person.updated", key, id=n, person_id=f"p{n}", email="consultant@else.example"))
    key = ("zendesk:person", "consultant@else.example")
    await world.hear(told("cancel.requested", key, id="3"))
    assert await world.waiting() == 1
    await world.hear(told("identity.linked", GLOBEX, id="4", source=key[0], external_id=key[1]))
    assert await world.sweep() == 1
    assert await world.place("3") == G


async def test_events_of_a_person_wait_until_the_person_is_known(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(told("cancel.requested", ("zendesk:person", "9"), id="1"))
    await world.hear(told("cancel.requested", ("zendesk:person", "Mia@acme.example"), id="2"))
    await world.hear(told("person.linked", id="3", person_id="mia", source="zendesk", external_id="9"))
    await world.hear(told("person.updated", id="4", person_id="mia", email="mia@acme.example"))
    assert await world.sweep() == 2
    assert [await world.place(n) for n in "12"] == [A, A]


# --- domains --------------------------------------------------------------------------------------


async def test_a_domain_tells_an_account_only_where_that_is_switched_on(database: Database) -> None:
    world = await two_accounts(database)
    await world.hear(
        told("cancel.requested", ("domain", "ACME.example"), id="1"),
        told("cancel.requested", ("zendesk:person", "new@acme.example"), id="2"),
        told("cancel.requested", ("zendesk:person", "new@nobody.example"), id="3"),
    )
    assert await world.waiting() == 3
    async with database.writing() as tx:
        assert await recognising.link_waiting(tx, NOW, domains=True) == 2
    assert await world.sweep() == 2
    assert [await world.place(n) for n in "12"] == [A, A]


def test_free_mail_never_tells_an_account() -> None:
    assert recognising.domain_of(("zendesk:person", "Mia@GMail.com")) is None
    assert recognising.domain_of(("domain", "gmail.com")) is None
    assert recognising.domain_of(("domain", "Acme.example.")) == "acme.example"
    assert recognising.domain_of(("zendesk:person", "77"), "mia@acme.example") == "acme.example"
    assert recognising.domain_of(("zendesk:person", "77")) is None
