"""Who was forgotten is named nowhere, and does not come back; what they did still counts."""

import datetime as dt
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.ingest import erasing
from services.ingest.nouns import Arrival
from services.ingest.store.accounts import account_id
from services.ingest.store.forgotten import load
from services.ingest.veil import Erased, Names, digests, names_of
from shared.broker import Partition, Record
from shared.clock import to_us
from shared.contracts import NATIVE
from shared.database import Database
from shared.errors import Reason
from shared.facts import decode
from shared.native import decode_body, encode_body
from shared.parking import Parked, park
from tests.cast import NOW
from tests.ingest.identity_world import ACME, GLOBEX, World, told
from tests.ingest.stories import PAYLOADS

A = account_id(ACME)
MAIL = "mia@acme.example"
NAMES = ("mia.chen-77", MAIL, "Mia Chen", "Head of Operations")
LATER = NOW + dt.timedelta(hours=1)


async def a_company_with_mia(database: Database) -> World:
    """She is known natively, by Zendesk and by her address; she worked, wrote, answered and is spoken of."""
    world = World(database)
    await world.hear(
        told("account.updated", id="a", name="Acme", external_ids={"zendesk": "org-7"}),
        told("account.updated", GLOBEX, id="g", name="Globex"),
    )
    await world.hear(
        told("person.updated", id="1", person_id=NAMES[0], name=NAMES[2], email="Mia@Acme.example", title=NAMES[3],
             role="champion"),
        told("person.updated", ("zendesk", "org-7"), id="2", person_id="20978", name=NAMES[2], email=MAIL),
        told("usage.recorded", id="3", person_id=NAMES[0], feature="export", actions=3),
        told("usage.recorded", id="4", person_id="noor", at=NOW - dt.timedelta(days=1)),
        told("survey.response", id="5", survey_id="s", survey_type="nps", score=9, comment="I, Mia, love it",
             respondent={"email": MAIL, "external_id": NAMES[0]}),
        told("feedback.given", id="6", feedback_id="f", text=f"ask Mia Chen ({MAIL.upper()}) about this"),
        told("usage.recorded", ("segment:person", MAIL), id="7", person_id=MAIL),
        told("cancel.requested", ("nowhere", "k"), id="8", comment="said mia chen"),
        told("person.updated", ("nowhere", "k"), id="9", person_id="x9", email=MAIL),
    )  # fmt: skip
    record = Record(Partition("crm.events", 0), 7, 0, b"acme", json.dumps({"email": MAIL}).encode(), [])
    async with database.writing() as tx:
        await park(tx, [Parked(record, "crm", Reason.INVALID_PAYLOAD, "why", to_us(NOW))], NOW)
    return world


def forgotten(id: str = "e", **whom: Any) -> Arrival:
    return told("person.erased", id=id, at=LATER, **(whom or {"person_id": NAMES[0], "email": MAIL}))


def named(text: str) -> list[str]:
    """Which of her names stand in a text, in whatever case."""
    return [name for name in (*NAMES, "20978", "mia chen") if name.lower() in text.lower()]


async def test_nothing_in_the_database_names_who_was_forgotten(database: Database) -> None:
    world = await a_company_with_mia(database)
    assert set(named(await world.everything())) >= set(NAMES)
    async with database.writing() as tx:
        await tx.execute("DELETE FROM outbox")
    await world.hear(forgotten())
    assert named(await world.everything()) == []


async def test_what_they_did_still_counts_under_a_pseudonym(database: Database) -> None:
    world = await a_company_with_mia(database)
    before = decode(await world.facts())
    await world.hear(forgotten())
    after = decode(await world.facts())
    assert (after.active_people, after.actions, after.features, after.events) == (
        before.active_people, before.actions, before.features, before.events,
    )  # fmt: skip
    assert [survey.score for survey in after.surveys.values()] == [9]
    people = await world.rows("SELECT person_id, email, name, title, role FROM people ORDER BY role")
    assert [row[2:] for row in people] == [(None, None, "champion"), (None, None, None)]
    assert all(name.startswith("erased:") for row in people for name in row[:2])


async def test_late_events_change_counts_and_never_bring_a_name_back(database: Database) -> None:
    world = await a_company_with_mia(database)
    await world.hear(forgotten())
    async with database.writing() as tx:
        await tx.execute("DELETE FROM outbox")
    people = decode(await world.facts()).active_people
    late = NOW - dt.timedelta(days=1)
    await world.hear(
        told("usage.recorded", id="20", at=late, person_id=NAMES[0]),
        told("person.updated", id="21", person_id=NAMES[0], name=NAMES[2], email=MAIL, title=NAMES[3]),
        told("person.updated", ("hubspot", "c"), id="22", person_id="51", name=NAMES[2], email=MAIL),
        told("usage.recorded", ("zendesk:person", "20978"), id="23", at=late, person_id="20978"),
        told("cancel.requested", ("intercom:person", MAIL), id="24"),
        told("note.added", id="25", note_id="n", text=f"wrote to {MAIL} again"),
    )
    assert named(await world.everything()) == []
    assert decode(await world.facts()).active_people == [people[0], people[1] + 2]
    assert await world.place("24") == A


async def test_a_request_that_names_nobody_s_account_is_done_and_does_not_wait(database: Database) -> None:
    world = World(database)
    await world.hear(told("person.updated", ("hubspot:person", "51"), id="1", person_id="51", name="Mia Chen"))
    await world.hear(told("person.erased", ("hubspot:person", "51"), id="2", person_id="51"))
    await world.hear(told("person.updated", ("hubspot:person", "51"), id="3", person_id="51", name="Mia Chen"))
    assert named(await world.everything()) == []
    assert await world.value("SELECT count(*) FROM unmatched") == 2


async def test_a_namesake_at_another_account_stays(database: Database) -> None:
    world = await a_company_with_mia(database)
    await world.hear(told("person.updated", GLOBEX, id="30", person_id=NAMES[0], name="Another Mia"))
    await world.hear(forgotten(person_id=NAMES[0]))
    await world.hear(told("usage.recorded", GLOBEX, id="31", person_id=NAMES[0]))
    assert await world.rows(
        "SELECT person_id, name FROM people WHERE account_id = $1", account_id(GLOBEX)
    ) == [(NAMES[0], "Another Mia")]  # fmt: skip


async def rejected_after(database: Database, *records: tuple[str, dict[str, Any]]) -> list[str]:
    """What becomes of (source, body) that were rejected before `p1` of Acme is forgotten."""
    world = World(database)
    await world.hear(told("account.updated", id="a", name="Acme"), told("person.updated", id="1", person_id="p1"))
    async with database.writing() as tx:
        raw = [(source, Record(Partition("support.events", 0), 7, 0, None, json.dumps(body).encode(), []))
               for source, body in records]  # fmt: skip
        await park(tx, [Parked(one, source, Reason.INVALID_PAYLOAD, "", to_us(NOW)) for source, one in raw], NOW)
    await world.hear(forgotten(person_id="p1"))
    return [status for (status,) in await world.rows("SELECT status FROM rejected ORDER BY id")]


async def test_a_rejected_record_of_a_namesake_in_another_system_stays(database: Database) -> None:
    statuses = await rejected_after(
        database,
        ("delighted", {"event_data": {"person": {"id": "p1"}}}),
        ("delighted", {"event_data": {"person": {"id": "x"}, "person_properties": {"User ID": "p1"}}}),
        ("segment", {"userId": "p1"}),
        ("unknown", {"person_id": "p1"}),
    )
    assert statuses == ["parked", "discarded", "discarded", "discarded"]


async def test_what_is_kept_of_a_name_is_a_digest_that_another_installation_cannot_compare(database: Database) -> None:
    names = Names(frozenset({("native", "acme", "mia")}), frozenset({MAIL}))
    assert not set(digests(b"one", names)) & set(digests(b"two", names))


async def test_forgetting_twice_is_forgetting_once(database: Database) -> None:
    world = await a_company_with_mia(database)
    await world.hear(forgotten())
    kept = await world.rows("SELECT digest, pseudonym FROM erased ORDER BY digest")
    await world.hear(forgotten("e2"))
    assert await world.rows("SELECT digest, pseudonym FROM erased ORDER BY digest") == kept


async def test_who_is_known_by_an_address_is_found_everywhere(database: Database) -> None:
    await a_company_with_mia(database)
    async with database.reading() as tx:
        person = await erasing.complete(tx, erasing.Person(keys={("email", MAIL)}))
    assert person.accounts == {A}
    assert person.ids >= {NAMES[0], "20978"}
    assert person.names == {"Mia Chen"}


async def test_without_anybody_forgotten_nothing_is_asked_of_events(database: Database) -> None:
    async with database.reading() as tx:
        nobody = await load(tx)
    arrival = told("person.updated", id="1", person_id="mia")
    assert nobody.veil(arrival.event) is arrival.event


# --- the veil -------------------------------------------------------------------------------------

SALT = b"salt"
MIA = Erased(SALT, dict.fromkeys(
    digests(SALT, Names(frozenset({("native", "acme", "a"), ("b", "", "a")}), frozenset({"b"}))), "erased:1"
))  # fmt: skip


@given(st.data())
def test_whatever_is_veiled_is_still_what_its_contract_allows_and_names_nobody(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(PAYLOADS)))
    body = decode_body(kind, json.dumps(data.draw(PAYLOADS[kind]), default=str).encode())
    raw = encode_body(kind, body)
    account = data.draw(st.sampled_from([ACME, ("b", "x"), ("b:person", "a")]))
    veiled = MIA.veil_raw(kind, account, raw)
    if veiled is not None:
        key, payload = veiled
        assert decode_body(kind, payload)
        assert MIA.veil_raw(kind, key, payload) is None
        assert '"person_id":"a"' not in payload.decode()


def test_an_id_means_somebody_within_the_account_and_in_systems_with_ids_of_their_own() -> None:
    assert names_of(ACME, "mia") == [("native", "acme", "mia")]
    assert names_of(("zendesk", "org-7"), "9") == [("zendesk", "org-7", "9"), ("zendesk", "", "9")]
    assert names_of(("zendesk:person", "9"), "9") == [("zendesk", "", "9")]


def test_the_veil_knows_every_field_that_names_a_person() -> None:
    """A new field of a contract that holds an id of a person must be known to the veil."""
    known = {"person_id", "person_ids", "requester_id", "respondent", "external_id", "email"}
    told_otherwise = {"email_bounced", "active_people", "mean_daily_active_people"}
    fields = {field for _, payload in NATIVE.values() for field in payload.model_fields}
    suspects = {
        field
        for field in fields
        if any(word in field for word in ("person", "people", "email", "respondent", "requester"))
    }
    assert suspects - known == told_otherwise
