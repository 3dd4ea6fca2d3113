"""HubSpot's notifications: what they say of companies, contacts, deals and tickets, one property at a time."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.nouns import Arrival
from services.ingest.sources import settle, source_of, translate
from shared.broker import Partition, Record
from shared.database import Database
from shared.errors import Reason, Rejection
from shared.facts import Facts, decode
from shared.fold import fold
from shared.native import event_id
from tests.ingest.identity_world import World

T = 1_772_000_000_123
SETTLED = settle(owners={"hubspot": {"501": "ada@example.com"}})


def told_of(kind: str, **more: Any) -> dict[str, Any]:
    """A notification."""
    return {
        "eventId": 100, "subscriptionId": 7, "portalId": 62515, "appId": 54321, "occurredAt": T,
        "subscriptionType": kind, "attemptNumber": 0, "objectId": 123, "changeSource": "CRM_UI", **more,
    }  # fmt: skip


def changed(kind: str, name: str, value: Any, **more: Any) -> dict[str, Any]:
    return told_of(f"{kind}.propertyChange", propertyName=name, propertyValue=value, **more)


def associated(kind: str, first: int, second: int, **more: Any) -> dict[str, Any]:
    what = f"{kind.partition('_')[0].lower()}.associationChange"
    told = told_of(what, associationType=kind, fromObjectId=first, toObjectId=second, associationRemoved=False, **more)
    del told["objectId"]
    return told


def merged(kind: str, primary: int, others: list[int], **more: Any) -> dict[str, Any]:
    return told_of(f"{kind}.merge", objectId=primary, primaryObjectId=primary, mergedObjectIds=others, **more)


def record(body: Any, topic: str = "crm.events") -> Record:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [("ce_specversion", b"1.0"), ("ce_source", b"hubspot"), ("ce_type", b"hubspot.event")]
    return Record(Partition(topic, 0), 1, T, None, value, headers)


def said(body: Any) -> list[tuple[str, tuple[str, str], dict[str, Any]]]:
    """(type, account, payload) of each event."""
    return [(e.type, e.account, json.loads(e.raw)) for e in translate(record(body), SETTLED)]


# --- one property at a time -----------------------------------------------------------------------------


MEETING, PHONE, MAIL = ({"objectTypeId": f"0-{n}"} for n in (47, 48, 49))


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("hs_meeting_title", "Q3 QBR", {"subject": "Q3 QBR", "kind": "qbr"}),
        ("hs_meeting_outcome", "COMPLETED", {"status": "held"}),
        ("hs_meeting_outcome", "NO_SHOW", {"status": "missed"}),
        ("hs_meeting_outcome", "CANCELED", {"status": "cancelled"}),
        ("hs_meeting_start_time", "1772000000123", {"starts_at": "2026-02-25T06:13:20.123000Z"}),
        ("hs_meeting_end_time", "2026-02-25T07:00:00Z", {"ends_at": "2026-02-25T07:00:00Z"}),
    ],
)
def test_properties_of_meetings(name: str, value: str, ours: dict[str, Any]) -> None:
    ((type_, account, payload),) = said(changed("object", name, value, **MEETING))
    assert (type_, account) == ("meeting.changed", ("hubspot:meeting", "123"))
    assert payload == {"meeting_id": "123", **ours}


def test_a_meeting_is_known_from_its_birth_and_cancelled_by_its_end() -> None:
    ((type_, _, payload),) = said(told_of("object.creation", **MEETING))
    assert (type_, payload) == ("meeting.changed", {"meeting_id": "123"})
    assert said(told_of("object.deletion", **MEETING))[0][2] == {"meeting_id": "123", "status": "cancelled"}


@pytest.mark.parametrize(
    ("of", "name", "direction", "expected"),
    [
        (PHONE, "hs_call_direction", "OUTBOUND", ("outreach.sent", {"outreach_id": "call-123", "channel": "call"})),
        (PHONE, "hs_call_direction", "INBOUND", ("reply.received", {"reply_id": "call-123"})),
        (MAIL, "hs_email_direction", "EMAIL", ("outreach.sent", {"outreach_id": "email-123", "channel": "email"})),
        (MAIL, "hs_email_direction", "INCOMING_EMAIL", ("reply.received", {"reply_id": "email-123"})),
    ],
)
def test_calls_and_emails_go_out_or_come_in(of: Any, name: str, direction: str, expected: Any) -> None:
    ((type_, _, payload),) = said(changed("object", name, direction, **of))
    assert (type_, payload) == expected
    for other in (changed("object", name, "SIDEWAYS", **of), changed("object", "hs_timestamp", "1", **of)):
        assert said(other) == []
    assert said(told_of("object.deletion", **of)) == said(told_of("object.creation", **of)) == []


@pytest.mark.parametrize(
    ("type_id", "what", "first", "second"),
    [(188, "0-47", 123, 9), (182, "0-48", 123, 9), (186, "0-49", 123, 9), (187, "0-47", 9, 123)],
)
def test_what_passed_between_us_belongs_to_its_company(type_id: int, what: str, first: int, second: int) -> None:
    body = told_of(
        "object.associationChange", associationTypeId=type_id, fromObjectId=first, toObjectId=second,
        associationRemoved=False,
    )  # fmt: skip
    ((type_, account, payload),) = said(body)
    kind = {"0-47": "meeting", "0-48": "call", "0-49": "email"}[what]
    assert (type_, account) == ("identity.linked", ("hubspot", "9"))
    assert (payload["source"], payload["external_id"]) == (f"hubspot:{kind}", "123")
    named = associated(f"{kind.upper()}_TO_COMPANY", 123, 9)
    assert said(named) == [(type_, account, payload)]


def test_a_property_is_a_partial_event_of_its_company() -> None:
    (event,) = translate(record(changed("company", "name", "Acme GmbH")))
    assert (event.source, event.type, event.account) == ("hubspot", "account.updated", ("hubspot", "123"))
    assert (event.occurred_at, json.loads(event.raw)) == (T * 1_000, {"name": "Acme GmbH"})
    assert source_of(record(changed("company", "name", "Acme"))) == "hubspot"


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("domain", "acme.example", {"domain": "acme.example"}),
        ("website", "https://www.A.example/de?x", {"website": "https://www.A.example/de?x", "domain": "a.example"}),
        ("industry", "COMPUTER_SOFTWARE", {"industry": "COMPUTER_SOFTWARE"}),
        ("numberofemployees", "420", {"employees": 420}),
        ("numberofemployees", 420.0, {"employees": 420}),
        ("numberofemployees", "", {"employees": None}),
        ("country", "United States", {"country": "US"}),
        ("hs_country_code", "de", {"country": "DE"}),
        ("lifecyclestage", "customer", {"stage": "customer"}),
        ("hubspot_owner_id", "501", {"owner": "ada@example.com"}),
        ("hubspot_owner_id", "", {"owner": None}),
        ("hs_parent_company_id", "77", {"parent_id": "77"}),
        ("closedate", "1772000000123", {"customer_since": "2026-02-25"}),
        ("closedate", "2026-02-25", {"customer_since": "2026-02-25"}),
        ("name", "x" * 999, {"name": "x" * 300}),
        ("name", None, {"name": None}),
    ],
)  # fmt: skip
def test_properties_of_companies(name: str, value: Any, ours: dict[str, Any]) -> None:
    assert said(changed("company", name, value)) == [("account.updated", ("hubspot", "123"), ours)]


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("email", "mia@acme.example", {"email": "mia@acme.example"}),
        ("firstname", "Mia", {"first_name": "Mia"}),
        ("lastname", "Chen", {"last_name": "Chen"}),
        ("jobtitle", "Head of Operations", {"title": "Head of Operations"}),
        ("job_function", "Operations", {"department": "Operations"}),
        ("hs_seniority", "vp", {"level": "vp"}),
        ("hs_seniority", "executive", {"level": "c_level"}),
        ("hs_buying_role", "END_USER;CHAMPION", {"role": "champion"}),
        ("hs_buying_role", "", {"role": None}),
        ("hs_email_hard_bounce_reason_enum", "UNKNOWN_USER", {"email_bounced": True}),
    ],
)
def test_properties_of_contacts(name: str, value: Any, ours: dict[str, Any]) -> None:
    ((type_, account, payload),) = said(changed("contact", name, value))
    assert (type_, account) == ("person.updated", ("hubspot:person", "123"))
    assert payload == {"person_id": "123", **ours}


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("dealname", "Acme 2027", {"name": "Acme 2027"}),
        ("dealstage", "closedwon", {"stage": "closedwon", "status": "won"}),
        ("dealstage", "closedlost", {"stage": "closedlost", "status": "lost"}),
        ("dealstage", "contractsent", {"stage": "contractsent", "status": "open"}),
        ("dealstage", "998271", {"stage": "998271"}),  # a pipeline of their own: hs_is_closed_won tells
        ("hs_is_closed_won", "true", {"status": "won"}),
        ("hs_is_closed_lost", "true", {"status": "lost"}),
        ("hs_is_closed", "false", {"status": "open"}),
        ("dealtype", "existingbusiness", {"kind": "expansion"}),
        ("amount", "12000.50", {"amount": "12000.500000"}),
        ("amount", "", {"amount": None}),
        ("deal_currency_code", "eur", {"currency": "EUR"}),
        ("closedate", "2026-12-31T23:59:59.999Z", {"closes_on": "2026-12-31"}),
        ("hs_deal_stage_probability", "0.2", {"probability": 0.2}),
    ],
)
def test_properties_of_deals(name: str, value: Any, ours: dict[str, Any]) -> None:
    ((type_, account, payload),) = said(changed("deal", name, value))
    assert (type_, account) == ("opportunity.updated", ("hubspot:deal", "123"))
    assert payload == {"opportunity_id": "123", **ours}


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("subject", "Export stays empty", {"subject": "Export stays empty"}),
        ("hs_pipeline_stage", "1", {"status": "new"}),
        ("hs_pipeline_stage", "2", {"status": "pending"}),
        ("hs_pipeline_stage", "4", {"status": "closed"}),
        ("hs_ticket_priority", "MEDIUM", {"priority": "normal"}),
        ("hs_ticket_priority", "URGENT", {"priority": "urgent"}),
        ("hs_ticket_category", "BILLING_ISSUE", {"category": "BILLING_ISSUE"}),
        ("createdate", "1772000000123", {"opened_at": "2026-02-25T06:13:20.123000Z"}),
        ("closed_date", "1772000000123", {"status": "closed", "resolved_at": "2026-02-25T06:13:20.123000Z"}),
        ("closed_date", "", {"status": "open", "resolved_at": None, "reopens": True}),
        ("first_agent_reply_date", "1772000000123", {"first_response_at": "2026-02-25T06:13:20.123000Z"}),
    ],
)
def test_properties_of_tickets(name: str, value: Any, ours: dict[str, Any]) -> None:
    ((type_, account, payload),) = said(changed("ticket", name, value))
    assert (type_, account) == ("ticket.changed", ("hubspot:ticket", "123"))
    assert payload == {"ticket_id": "123", **ours}


@pytest.mark.parametrize(
    "body",
    [
        changed("company", "hs_num_blockers", "3"),
        changed("company", "annualrevenue", "900000000"),  # their revenue, not ours
        changed("company", "country", "Atlantis"),
        changed("company", "hubspot_owner_id", "999"),
        changed("ticket", "hs_pipeline_stage", "998271"),
        changed("deal", "dealtype", "somethingelse"),
        changed("line_item", "price", "3"),
        told_of("conversation.newMessage"),
        told_of("product.creation"),
        told_of("object.creation", objectTypeId="2-8889"),
        told_of("company.somethingNew"),
        associated("CONTACT_TO_DEAL", 1, 2),
        associated("DEAL_TO_LINE_ITEM", 1, 2),
        changed("contact", "associatedcompanyid", ""),
        changed("contact", "hs_sales_email_last_replied", ""),
    ],
)
def test_what_is_of_no_use_becomes_nothing(body: dict[str, Any]) -> None:
    assert said(body) == []


def test_generic_subscriptions_say_the_same_by_type_id() -> None:
    for number, kind in (("0-1", "contact"), ("0-2", "company"), ("0-3", "deal"), ("0-5", "ticket")):
        assert said(told_of("object.deletion", objectTypeId=number)) == said(told_of(f"{kind}.deletion"))


def test_an_answer_to_a_sales_email_is_a_reply() -> None:
    ((type_, account, payload),) = said(changed("contact", "hs_sales_email_last_replied", str(T)))
    assert (type_, account) == ("reply.received", ("hubspot:person", "123"))
    assert payload == {"reply_id": f"123:{T}", "person_id": "123"}


# --- beginnings and ends --------------------------------------------------------------------------------


def test_a_new_company_is_an_account() -> None:
    assert said(told_of("company.creation")) == [("account.updated", ("hubspot", "123"), {})]


def test_new_things_wait_under_keys_of_their_own() -> None:
    assert said(told_of("contact.creation")) == [("person.updated", ("hubspot:person", "123"), {"person_id": "123"})]
    deal = {"opportunity_id": "123", "status": "open"}
    assert said(told_of("deal.creation")) == [("opportunity.updated", ("hubspot:deal", "123"), deal)]
    ticket = {"ticket_id": "123", "status": "new", "opened_at": "2026-02-25T06:13:20.123000Z"}
    assert said(told_of("ticket.creation")) == [("ticket.changed", ("hubspot:ticket", "123"), ticket)]


def test_what_is_deleted_is_gone_but_not_blanked() -> None:
    assert said(told_of("company.deletion")) == [("account.deleted", ("hubspot", "123"), {})]
    left = {"person_id": "123", "reason": "removed"}
    assert said(told_of("contact.deletion")) == [("person.left", ("hubspot:person", "123"), left)]
    ((_, _, deal),) = said(told_of("deal.deletion"))
    assert (deal["status"], deal["stage"]) == ("lost", "deleted")
    ((_, _, ticket),) = said(told_of("ticket.deletion"))
    assert ticket == {"ticket_id": "123", "status": "closed"}


def test_what_is_restored_is_back() -> None:
    assert said(told_of("company.restore")) == [("account.updated", ("hubspot", "123"), {})]
    assert said(told_of("ticket.restore"))[0][2] == {"ticket_id": "123", "status": "open"}


def test_a_privacy_deletion_asks_to_forget_the_person() -> None:
    told = said(told_of("contact.privacyDeletion"))
    assert told == [("person.erased", ("hubspot:person", "123"), {"person_id": "123"})]


# --- who belongs to whom --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {**associated("CONTACT_TO_COMPANY", 5, 9), "isPrimaryAssociation": True},
        changed("contact", "associatedcompanyid", "9", objectId=5),
    ],
)
def test_a_contact_moves_to_their_primary_company(body: dict[str, Any]) -> None:
    here = ("hubspot", "9"), {"person_id": "5"}
    assert said(body) == [("person.moved", *here), ("person.updated", *here)]


@pytest.mark.parametrize(
    "body",
    [
        associated("CONTACT_TO_COMPANY", 5, 9),
        associated("COMPANY_TO_CONTACT", 9, 5),
        {**associated("CONTACT_TO_COMPANY", 5, 9), "subscriptionType": "object.associationChange",
         "associationType": None, "fromObjectTypeId": "0-1", "toObjectTypeId": "0-2"},
        {**associated("CONTACT_TO_COMPANY", 5, 9), "associationType": None, "associationTypeId": 279},
    ],
)  # fmt: skip
def test_a_contact_of_a_company_is_linked_and_is_one_of_its_people(body: dict[str, Any]) -> None:
    link, person = said(body)
    assert link[:2] == ("identity.linked", ("hubspot", "9"))
    assert (link[2]["source"], link[2]["external_id"]) == ("hubspot:person", "5")
    assert person == ("person.updated", ("hubspot", "9"), {"person_id": "5"})


def test_a_further_company_of_a_contact_has_that_person_too() -> None:
    told = said(associated("CONTACT_TO_COMPANY", 5, 9, isPrimaryAssociation=False))
    assert told == [("person.updated", ("hubspot", "9"), {"person_id": "5"})]


@pytest.mark.parametrize("kind", ["deal", "ticket"])
def test_deals_and_tickets_are_linked_to_their_company(kind: str) -> None:
    ((type_, account, payload),) = said(associated(f"{kind.upper()}_TO_COMPANY", 5, 9))
    assert (type_, account) == ("identity.linked", ("hubspot", "9"))
    assert (payload["source"], payload["external_id"]) == (f"hubspot:{kind}", "5")


def test_a_contact_that_is_taken_from_a_company_has_left_it() -> None:
    left, unlinked = said({**associated("CONTACT_TO_COMPANY", 5, 9), "associationRemoved": True})
    assert left == ("person.left", ("hubspot", "9"), {"person_id": "5", "reason": "removed"})
    assert unlinked[:2] == ("identity.unlinked", ("hubspot", "9"))


def test_taking_the_label_primary_away_leaves_the_contact_where_it_is() -> None:
    body = {**associated("CONTACT_TO_COMPANY", 5, 9), "associationRemoved": True, "associationTypeId": 1}
    assert said(body) == []


def test_families_of_companies_have_parents() -> None:
    parent = [("account.updated", ("hubspot", "5"), {"parent_id": "9"})]
    assert said(associated("CHILD_COMPANY_TO_PARENT_COMPANY", 5, 9)) == parent
    assert said(associated("PARENT_COMPANY_TO_CHILD_COMPANY", 9, 5)) == parent
    assert said({**associated("COMPANY_TO_COMPANY", 9, 5), "associationTypeId": 13}) == parent
    gone = {**associated("CHILD_COMPANY_TO_PARENT_COMPANY", 5, 9), "associationRemoved": True}
    assert said(gone) == [("account.updated", ("hubspot", "5"), {"parent_id": None})]


def test_merged_companies_are_one_account() -> None:
    told = said(merged("company", 9, [7, 8]))
    assert told == [
        ("account.updated", ("hubspot", "9"), {}),
        ("account.merged", ("hubspot", "9"), {"from_id": "7", "from_source": "hubspot"}),
        ("account.merged", ("hubspot", "9"), {"from_id": "8", "from_source": "hubspot"}),
    ]


def test_a_merge_may_make_a_new_object_of_both() -> None:
    told = said(merged("company", 9, [7], newObjectId=10))
    assert [(account, payload.get("from_id")) for _, account, payload in told] == [
        (("hubspot", "10"), None), (("hubspot", "10"), "7"), (("hubspot", "10"), "9"),
    ]  # fmt: skip


def test_merged_contacts_are_one_person() -> None:
    person, link = said(merged("contact", 9, [7]))
    same = {"person_id": "9", "source": "hubspot", "external_id": "7"}
    assert person == ("person.linked", ("hubspot:person", "9"), same)
    assert (link[0], link[2]["source"], link[2]["external_id"]) == ("identity.linked", "hubspot:person", "7")


def test_deals_and_tickets_that_were_merged_away_are_gone() -> None:
    ((_, account, payload),) = said(merged("deal", 9, [7]))
    assert (account, payload["status"], payload["stage"]) == (("hubspot:deal", "7"), "lost", "merged")


async def test_what_names_no_company_waits_for_its_association(database: Database) -> None:
    world = World(database)

    async def hear(*bodies: dict[str, Any]) -> None:
        for body in bodies:
            await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body), SETTLED)))

    await hear(told_of("deal.creation", objectId=1), changed("deal", "amount", "500", objectId=1))
    await hear(
        changed("ticket", "hs_pipeline_stage", "2", objectId=2), changed("contact", "jobtitle", "COO", objectId=3)
    )
    assert await world.waiting() == 4
    await hear(told_of("company.creation", objectId=9), changed("company", "name", "Acme", objectId=9))
    await hear(
        *(associated(f"{kind}_TO_COMPANY", id_, 9) for kind, id_ in (("DEAL", 1), ("TICKET", 2), ("CONTACT", 3)))
    )
    await world.sweep()
    assert await world.waiting() == 0
    facts = decode(await world.facts(("hubspot", "9")))
    assert (facts.record.opportunities["1"].status, facts.record.opportunities["1"].amount) == ("open", 500_000_000)
    assert facts.tickets["2"].status == "pending"
    assert await world.rows("SELECT person_id, title FROM people") == [("3", "COO")]


async def test_a_contact_that_was_taken_from_a_company_does_not_come_back_to_it(database: Database) -> None:
    world, link = World(database), associated("CONTACT_TO_COMPANY", 3, 9)
    bodies = [
        told_of("company.creation", objectId=9), link, {**link, "associationRemoved": True, "occurredAt": T + 1},
        changed("contact", "jobtitle", "CEO", objectId=3, occurredAt=T + 2),
    ]  # fmt: skip
    for body in bodies:
        await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body))))
    assert await world.waiting() == 1
    assert await world.rows("SELECT title, left_at IS NULL FROM people") == [(None, False)]
    for body in (told_of("company.creation", objectId=10), {**link, "toObjectId": 10, "occurredAt": T + 3}):
        await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body))))
    await world.sweep()
    assert await world.rows("SELECT title FROM people WHERE left_at IS NULL") == [("CEO",)]


async def test_a_name_comes_together_from_its_parts(database: Database) -> None:
    world = World(database)
    for body in (
        told_of("company.creation", objectId=9), associated("CONTACT_TO_COMPANY", 3, 9),
        changed("contact", "lastname", "Chen", objectId=3), changed("contact", "firstname", "Mia", objectId=3),
        changed("contact", "lastname", "Okoro", objectId=3, occurredAt=T + 1),
    ):  # fmt: skip
        await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body))))
    assert await world.rows("SELECT name FROM people") == [("Mia Okoro",)]


async def test_a_person_whom_hubspot_forgets_is_forgotten(database: Database) -> None:
    world = World(database)
    for body in (
        told_of("company.creation", objectId=9), associated("CONTACT_TO_COMPANY", 3, 9),
        changed("contact", "email", "mia@acme.example", objectId=3),
        told_of("contact.privacyDeletion", objectId=3, occurredAt=T + 1),
        changed("contact", "lastname", "Chen-Unforgettable", objectId=3, occurredAt=T + 2),
    ):  # fmt: skip
        await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body))))
    everything = await world.everything()
    assert "mia@acme.example" not in everything
    assert "Unforgettable" not in everything


async def test_merged_companies_have_one_record(database: Database) -> None:
    world = World(database)
    for body in (changed("company", "name", "Acme", objectId=9), changed("company", "industry", "ENERGY", objectId=7),
                 merged("company", 9, [7]), changed("company", "domain", "acme.example", objectId=7)):  # fmt: skip
        await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body))))
    facts = decode(await world.facts(("hubspot", "9")))
    assert [facts.field(name) for name in ("name", "industry", "domain")] == ["Acme", "ENERGY", "acme.example"]


# --- identity and order ---------------------------------------------------------------------------------


def test_a_retry_is_the_same_event_whatever_event_id_it_has() -> None:
    first, again = changed("company", "name", "Acme"), changed("company", "name", "Acme", eventId=7, attemptNumber=3)
    assert translate(record(first))[0].id == translate(record(again))[0].id


@pytest.mark.parametrize(
    "other",
    [
        {"propertyValue": "Acme AG"}, {"propertyName": "domain"}, {"objectId": 124}, {"occurredAt": T + 1},
        {"portalId": 1}, {"subscriptionId": 8},
    ],
)  # fmt: skip
def test_other_things_are_other_events_though_they_share_an_event_id(other: dict[str, Any]) -> None:
    body = changed("company", "name", "Acme")
    assert translate(record(body))[0].id != translate(record(body | other))[0].id


def test_several_events_of_one_record_have_ids_of_their_own() -> None:
    ids = {event.id for event in translate(record(merged("company", 9, [7, 8])))}
    assert len(ids) == 3


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_what_happened_in_one_millisecond_ends_the_same_in_any_order(seed: int) -> None:
    bodies = [
        told_of("company.creation"), changed("company", "name", "Acme"), changed("company", "name", "Acme AG"),
        changed("company", "domain", "acme.example"), told_of("contact.creation"),
    ]  # fmt: skip
    events = [event for body in bodies for event in translate(record(body))]
    expected = fold(Facts(), {}, events)
    random.Random(seed).shuffle(events)
    assert fold(Facts(), {}, events) == expected


def test_what_was_made_comes_before_its_changes_and_its_end_after_them() -> None:
    kinds = ["creation", "restore", "propertyChange", "associationChange", "merge", "deletion", "privacyDeletion"]
    bodies = [told_of(f"contact.{kind}", propertyName="email", propertyValue="a@b.example") for kind in kinds]
    bodies[3] = associated("CONTACT_TO_COMPANY", 5, 9)
    bodies[4] = merged("contact", 9, [7])
    assert [translate(record(body))[0].sequence for body in bodies] == list(range(7))


# --- what cannot be read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("because", "body"),
    [
        (Reason.NOT_JSON, b"rubbish"),
        (Reason.INVALID_PAYLOAD, b"[]"),
        (Reason.INVALID_PAYLOAD, {}),
        (Reason.MISSING_TIME, told_of("company.creation", occurredAt=None)),
        (Reason.INVALID_TIME, told_of("company.creation", occurredAt=-1)),
        (Reason.INVALID_PAYLOAD, told_of("company.creation", occurredAt="soon")),
        (Reason.MISSING_ACCOUNT, told_of("company.creation", objectId=None)),
        (Reason.MISSING_ACCOUNT, told_of("company.creation", objectId="")),
        (Reason.INVALID_PAYLOAD, changed("company", "numberofemployees", "many")),
        (Reason.INVALID_PAYLOAD, changed("company", "numberofemployees", "-3")),
        (Reason.INVALID_PAYLOAD, changed("company", "numberofemployees", "1e999999")),
        (Reason.INVALID_PAYLOAD, changed("company", "name", ["Acme"])),
        (Reason.INVALID_PAYLOAD, changed("deal", "amount", "-5")),
        (Reason.INVALID_PAYLOAD, changed("deal", "amount", "NaN")),
        (Reason.INVALID_PAYLOAD, changed("deal", "deal_currency_code", "euros")),
        (Reason.INVALID_PAYLOAD, changed("deal", "closedate", "9" * 40)),
        (Reason.NAIVE_TIME, changed("deal", "closedate", "2026-12-31T12:00:00")),
        (Reason.INVALID_PAYLOAD, changed("deal", "hs_deal_stage_probability", "20")),
        (Reason.INVALID_PAYLOAD, merged("company", 9, [7]) | {"primaryObjectId": None}),
        (Reason.INVALID_PAYLOAD, associated("CONTACT_TO_COMPANY", 5, 9, ) | {"toObjectId": None}),
    ],
)  # fmt: skip
def test_a_faulty_notification_has_its_reason(because: Reason, body: Any) -> None:
    with pytest.raises(Rejection) as caught:
        translate(record(body))
    assert caught.value.reason == because


def test_it_travels_on_one_topic() -> None:
    with pytest.raises(Rejection) as caught:
        translate(record(told_of("company.creation"), topic="support.events"))
    assert caught.value.reason == Reason.WRONG_TOPIC


def test_the_first_event_has_the_composite_id() -> None:
    key = f"company.propertyChange:62515:7:123:{T}:name::::::::Acme"
    assert translate(record(changed("company", "name", "Acme")))[0].id == event_id("hubspot", key)


SAMPLES: list[Record] = [
    record(body)
    for body in (
        changed("company", "website", "acme.example"), changed("contact", "hs_buying_role", "CHAMPION"),
        changed("deal", "amount", "12"), changed("ticket", "closed_date", str(T)), told_of("ticket.creation"),
        told_of("contact.privacyDeletion"), associated("CONTACT_TO_COMPANY", 5, 9),
        associated("CHILD_COMPANY_TO_PARENT_COMPANY", 5, 9, associationTypeId=14), merged("company", 9, [7, 8]),
        merged("contact", 9, [7]), changed("object", "hs_meeting_outcome", "COMPLETED", **MEETING),
        changed("object", "hs_call_direction", "OUTBOUND", **PHONE), told_of("object.merge", **MAIL),
    )
]  # fmt: skip
