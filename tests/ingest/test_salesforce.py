"""Salesforce's change events: partial, of several records at once, lossy where they say so, and sometimes our own."""

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
from shared.native import MOST_BYTES, event_id
from tests.ingest.identity_world import World

T = 1_772_000_000_000
WHEN = "2026-02-25T06:13:20Z"
ACME, MIA, DEAL, CASE, VISIT, CALL = "001A", "003M", "006D", "500C", "00UV", "00TC"
SETTLED = settle(owners={"salesforce": {"005U": "ada@example.com"}}, clients={"salesforce": "steward"})


def change(entity: str, kind: str, ids: list[str], header: Any = None, **values: Any) -> dict[str, Any]:
    """A decoded change event."""
    told = {
        "entityName": entity, "recordIds": ids, "changeType": kind,
        "changeOrigin": "com/salesforce/api/soap/60.0;client=SfdcInternalAPI/",
        "transactionKey": "00006bec-ce66-0611-9018-30a98446c9f2", "sequenceNumber": 1, "commitTimestamp": T,
        "commitNumber": 1_725_357_365_187_780_609, "commitUser": "005U", "nulledFields": [], "diffFields": [],
        "changedFields": [], **(header or {}),
    }  # fmt: skip
    return {"ChangeEventHeader": told, **values}


def record(body: Any, topic: str = "crm.events") -> Record:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [("ce_specversion", b"1.0"), ("ce_source", b"salesforce"), ("ce_type", b"salesforce.event")]
    return Record(Partition(topic, 0), 1, T, None, value, headers)


def said(body: Any) -> list[tuple[str, tuple[str, str], dict[str, Any]]]:
    """(type, account, payload) of each event."""
    return [(e.type, e.account, json.loads(e.raw)) for e in translate(record(body), SETTLED)]


def linked(namespace: str, id_: str) -> tuple[str, tuple[str, str], dict[str, Any]]:
    """That a record is the account's."""
    return "identity.linked", ("salesforce", ACME), {"source": f"salesforce:{namespace}", "external_id": id_}


# --- what changed ---------------------------------------------------------------------------------------

BORN = change(
    "Account", "CREATE", [ACME], Name="Acme", Type="Customer - Direct", ParentId=None, Website="www.acme.example",
    BillingAddress={"Street": "415 Mission Street", "Country": "United States", "Latitude": None},
    Industry="Energy", AnnualRevenue=9e9, NumberOfEmployees=420, OwnerId="005U", Custom__c="x",
)  # fmt: skip


def test_a_new_account_is_told_by_its_standard_fields() -> None:
    (event,) = translate(record(BORN), SETTLED)
    assert (event.source, event.type, event.account) == ("salesforce", "account.updated", ("salesforce", ACME))
    assert event.occurred_at == T * 1_000
    assert json.loads(event.raw) == {
        "name": "Acme", "website": "www.acme.example", "domain": "acme.example", "industry": "Energy",
        "employees": 420, "country": "US", "stage": "Customer - Direct", "owner": "ada@example.com",
    }  # fmt: skip
    assert source_of(record(BORN)) == "salesforce"


def test_null_means_unchanged_unless_it_was_nulled() -> None:
    untouched = {"Name": None, "Industry": None, "NumberOfEmployees": None, "Website": None}
    told = said(change("Account", "UPDATE", [ACME], {"nulledFields": ["Industry"]}, **{**untouched, "Name": "Acme AG"}))
    assert told == [("account.updated", ("salesforce", ACME), {"name": "Acme AG", "industry": None})]


def test_a_part_of_a_compound_field_may_be_nulled_and_so_may_all_of_it() -> None:
    for nulled in ("BillingAddress.Country", "BillingAddress"):
        told = said(change("Account", "UPDATE", [ACME], {"nulledFields": [nulled]}, BillingAddress=None))
        assert told == [("account.updated", ("salesforce", ACME), {"country": None})]


def test_older_relays_have_no_nulled_fields_and_name_them_as_changed() -> None:
    body = change("Account", "UPDATE", [ACME], {"changedFields": ["Industry"]}, Industry=None, Name=None)
    del body["ChangeEventHeader"]["nulledFields"]
    assert said(body) == [("account.updated", ("salesforce", ACME), {"industry": None})]


def test_an_update_of_nothing_that_we_read_is_nothing() -> None:
    assert said(change("Account", "UPDATE", [ACME], Phone="+49 30 1", LastModifiedDate=T)) == []


def test_one_change_of_several_records_is_an_event_of_each() -> None:
    told = said(change("Account", "UPDATE", ["001A", "001B", "001C"], Industry="Energy"))
    assert [account for _, account, _ in told] == [("salesforce", id_) for id_ in ("001A", "001B", "001C")]
    assert {type_ for type_, _, _ in told} == {"account.updated"}
    ids = {event.id for event in translate(record(change("Account", "UPDATE", ["001A", "001B"], Industry="Energy")))}
    assert len(ids) == 2


def test_a_new_contact_is_a_person_of_its_account_and_tells_its_name() -> None:
    name = {"FirstName": "Mia", "LastName": "Chen", "Salutation": None}
    told = said(change("Contact", "CREATE", [MIA], Name=name, AccountId=ACME, Email="mia@a.example", Title="COO"))
    person = {"person_id": MIA, "name": "Mia Chen", "first_name": "Mia", "last_name": "Chen",
              "email": "mia@a.example", "title": "COO"}  # fmt: skip
    moved = ("person.moved", ("salesforce", ACME), {"person_id": MIA})
    assert told == [moved, ("person.updated", ("salesforce", ACME), person)]


def test_a_contact_that_moves_is_nobody_else_s_any_more() -> None:
    told = said(change("Contact", "UPDATE", [MIA], AccountId=ACME))
    here = ("salesforce", ACME), {"person_id": MIA}
    assert told == [("person.moved", *here), ("person.updated", *here)]


def test_a_change_that_does_not_name_the_account_waits_under_the_records_own_key() -> None:
    ((type_, account, payload),) = said(change("Contact", "UPDATE", [MIA], Name={"FirstName": "Maya"}, AccountId=None))
    assert (type_, account) == ("person.updated", ("salesforce:person", MIA))
    assert payload == {"person_id": MIA, "first_name": "Maya"}
    assert said(change("Opportunity", "UPDATE", [DEAL], Amount=5))[0][1] == ("salesforce:opportunity", DEAL)
    assert said(change("Case", "UPDATE", [CASE], Subject="x"))[0][1] == ("salesforce:case", CASE)


def test_a_contact_that_loses_its_account_has_left_it() -> None:
    left, unlinked = said(change("Contact", "UPDATE", [MIA], {"nulledFields": ["AccountId"]}, AccountId=None))
    assert left == ("person.left", ("salesforce:person", MIA), {"person_id": MIA, "reason": "removed"})
    assert unlinked[:2] == ("identity.unlinked", ("salesforce:person", MIA))


def test_mail_that_comes_back_is_known_of_the_contact() -> None:
    ((_, _, payload),) = said(change("Contact", "UPDATE", [MIA], EmailBouncedDate=T))
    assert payload == {"person_id": MIA, "email_bounced": True}


@pytest.mark.parametrize(
    ("values", "ours"),
    [
        ({"StageName": "Prospecting", "IsClosed": False, "IsWon": False}, {"stage": "Prospecting", "status": "open"}),
        ({"StageName": "Closed Won"}, {"stage": "Closed Won", "status": "won"}),
        ({"StageName": "Closed Lost", "IsClosed": True}, {"stage": "Closed Lost", "status": "lost"}),
        ({"StageName": "Signed", "IsClosed": True, "IsWon": True}, {"stage": "Signed", "status": "won"}),
        ({"StageName": "Gone", "IsClosed": True}, {"stage": "Gone", "status": "lost"}),
        ({"StageName": "Talks"}, {"stage": "Talks"}),
        ({"Type": "Existing Customer - Upgrade"}, {"kind": "expansion"}),
        ({"Type": "Existing Customer - Renewal"}, {"kind": "renewal"}),
        ({"Type": "New Customer"}, {"kind": "new"}),
        ({"Amount": 1234.5, "CurrencyIsoCode": "EUR"}, {"amount": "1234.500000", "currency": "EUR"}),
        ({"CloseDate": "2026-12-31", "Probability": 20.0}, {"closes_on": "2026-12-31", "probability": 0.2}),
        ({"CloseDate": 1_798_675_200_000}, {"closes_on": "2026-12-31"}),
    ],
)
def test_opportunities(values: dict[str, Any], ours: dict[str, Any]) -> None:
    ((type_, _, payload),) = said(change("Opportunity", "UPDATE", [DEAL], **values))
    assert (type_, payload) == ("opportunity.updated", {"opportunity_id": DEAL, **ours})


def test_a_case_is_a_ticket() -> None:
    told = said(change("Case", "CREATE", [CASE], AccountId=ACME, ContactId=MIA, Status="New", Priority="High",
                       Subject="Export stays empty", CreatedDate=T, IsEscalated=False, Type="Problem"))  # fmt: skip
    ticket = {"ticket_id": CASE, "subject": "Export stays empty", "status": "new", "priority": "high",
              "escalated": False, "opened_at": WHEN, "requester_id": MIA, "category": "Problem"}  # fmt: skip
    assert told == [linked("case", CASE), ("ticket.changed", ("salesforce", ACME), ticket)]
    ((_, _, closed),) = said(change("Case", "UPDATE", [CASE], Status="Closed", IsClosed=True, ClosedDate=WHEN))
    assert closed == {"ticket_id": CASE, "status": "closed", "resolved_at": WHEN}
    again = change("Case", "UPDATE", [CASE], {"nulledFields": ["ClosedDate"]}, Status="Working", ClosedDate=None)
    assert said(again)[0][2] == {"ticket_id": CASE, "status": "open", "resolved_at": None, "reopens": True}
    ((_, _, opened),) = said(change("Case", "UPDATE", [CASE], Status="Working", IsClosed=False))
    assert opened["reopens"]
    ((_, _, moved),) = said(change("Case", "UPDATE", [CASE], Status="Working"))
    assert "reopens" not in moved


def test_the_first_email_of_ours_about_a_case_is_its_first_response() -> None:
    def mail(minute: int, **values: Any) -> dict[str, Any]:
        at = {"commitTimestamp": T + minute * 60_000, "sequenceNumber": minute}
        return change("EmailMessage", "CREATE", [f"02s{minute}"], at, ParentId=CASE, **values)

    born = change("Case", "CREATE", [CASE], Status="New", CreatedDate=T)
    bodies = [mail(9, Incoming=False), mail(2, Incoming=True), mail(5, Incoming=False), born, mail(1, Status="5")]
    facts, _ = fold(Facts(), {}, [one for body in bodies for one in translate(record(body), SETTLED)])
    assert facts.tickets[CASE].first_response == 5 * 60_000_000
    assert (len(facts.outreach), len(facts.replies)) == (2, 1)


# --- meetings and calls ---------------------------------------------------------------------------------


def test_a_meeting_was_held_where_it_is_over_when_it_is_written_down() -> None:
    ended = {"StartDateTime": T - 7_200_000, "EndDateTime": T - 3_600_000}
    link, (type_, account, payload) = said(
        change("Event", "CREATE", [VISIT], AccountId=ACME, WhoId=MIA, Subject="Q3 QBR", **ended)
    )
    assert link == linked("activity", VISIT)
    assert (type_, account) == ("meeting.updated", ("salesforce", ACME))
    assert (payload["status"], payload["kind"], payload["person_ids"]) == ("held", "qbr", [MIA])
    assert (payload["subject"], payload["starts_at"]) == ("Q3 QBR", "2026-02-25T04:13:20Z")


def test_a_meeting_ahead_is_scheduled_and_may_be_moved_or_cancelled() -> None:
    link, (_, account, payload) = said(
        change("Event", "CREATE", [VISIT], WhatId=DEAL, Subject="Kick-off", StartDateTime=T + 7_200_000)
    )
    assert account == ("salesforce:opportunity", DEAL) == link[1]
    assert (payload["status"], payload["kind"]) == ("scheduled", "kickoff")
    ((_, account, moved),) = said(change("Event", "UPDATE", [VISIT], StartDateTime="2026-03-01T09:00:00Z"))
    assert (account, moved["starts_at"]) == (("salesforce:activity", VISIT), "2026-03-01T09:00:00Z")
    ((_, _, cancelled),) = said(change("Event", "DELETE", [VISIT]))
    assert cancelled["status"] == "cancelled"
    assert said(change("Event", "UPDATE", [VISIT], Subject="x")) == []


@pytest.mark.parametrize(("subtype", "channel"), [("Email", "email"), ("Call", "call")])
def test_an_email_or_a_call_of_ours_is_outreach(subtype: str, channel: str) -> None:
    done = {"TaskSubtype": subtype, "Status": "Completed", "WhoId": MIA}
    ((type_, account, payload),) = said(change("Task", "CREATE", [CALL], **done))
    assert (type_, account) == ("outreach.sent", ("salesforce:person", MIA))
    assert payload == {"outreach_id": CALL, "channel": channel, "person_id": MIA}


def test_a_planned_call_counts_when_it_is_done_and_one_that_came_in_is_theirs() -> None:
    done = change("Task", "UPDATE", [CALL], Status="Completed", CallType="Outbound", WhoId=MIA)
    ((type_, _, payload),) = said(done)
    assert (type_, payload) == ("outreach.sent", {"outreach_id": CALL, "channel": "call", "person_id": MIA})
    ((type_, _, payload),) = said(change("Task", "CREATE", [CALL], Status="Completed", CallType="Inbound", WhatId=ACME))
    assert (type_, payload) == ("reply.received", {"reply_id": CALL})


def test_an_email_about_an_account_is_outreach_or_a_reply() -> None:
    ((type_, account, _),) = said(change("EmailMessage", "CREATE", ["02s1"], RelatedToId=ACME, Incoming=False))
    assert (type_, account) == ("outreach.sent", ("salesforce", ACME))
    ((type_, _, payload),) = said(change("EmailMessage", "CREATE", ["02s1"], RelatedToId=ACME, Incoming=True))
    assert (type_, payload) == ("reply.received", {"reply_id": "02s1"})


@pytest.mark.parametrize(
    "body",
    [
        change("Task", "CREATE", [CALL], TaskSubtype="Task", Status="Completed"),
        change("Task", "CREATE", [CALL], TaskSubtype="Call", Status="Not Started"),
        change("Task", "UPDATE", [CALL], Status="Completed"),
        change("Task", "DELETE", [CALL], TaskSubtype="Call", Status="Completed"),
        change("EmailMessage", "CREATE", ["02s1"], Incoming=False),
        change("EmailMessage", "UPDATE", ["02s1"], ParentId=CASE, Incoming=False),
        change("Lead", "CREATE", ["00QL"], Company="Acme"),
        change("Thing__c", "GAP_OVERFLOW", []),
        change("User", "CREATE", ["005U"], Email="ada@example.com"),
        change("Account", "SNAPSHOT", [ACME], Name="Acme"),
    ],
)
def test_what_is_of_no_use_becomes_nothing(body: dict[str, Any]) -> None:
    assert said(body) == []


# --- ends, gaps, echoes ---------------------------------------------------------------------------------


def test_what_is_deleted_is_gone_but_not_blanked() -> None:
    assert said(change("Account", "DELETE", [ACME], Name=None)) == [("account.deleted", ("salesforce", ACME), {})]
    assert said(change("Contact", "DELETE", [MIA]))[0][0] == "person.left"
    assert said(change("Case", "DELETE", [CASE]))[0][2] == {"ticket_id": CASE, "status": "closed"}
    ((_, _, deal),) = said(change("Opportunity", "DELETE", [DEAL]))
    assert deal == {"opportunity_id": DEAL, "status": "lost", "stage": "deleted"}


def test_what_is_undeleted_is_told_anew() -> None:
    assert said(change("Account", "UNDELETE", [ACME])) == [("account.updated", ("salesforce", ACME), {})]
    assert said(change("Contact", "UNDELETE", [MIA], AccountId=ACME))[1][0] == "person.updated"


@pytest.mark.parametrize("kind", ["GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE"])
def test_a_gap_marks_each_account_and_blanks_nothing(kind: str) -> None:
    told = said(change("Account", kind, ["001A", "001B"], Name=None, Industry=None))
    reason = {"reason": f"{kind} of Account"}
    assert told == [("account.refresh_needed", ("salesforce", id_), reason) for id_ in ("001A", "001B")]


def test_a_gap_of_a_contact_marks_the_account_that_it_belongs_to() -> None:
    assert said(change("Contact", "GAP_UPDATE", [MIA]))[0][:2] == ("account.refresh_needed", ("salesforce:person", MIA))


@pytest.mark.parametrize(
    ("kind", "ids"),
    [("GAP_OVERFLOW", []), ("GAP_OVERFLOW", ["000000000000000AAA"]), ("UPDATE", ["001*"]), ("GAP_UPDATE", ["001*"])],
)
def test_a_loss_of_nobody_knows_whose_waits_to_be_seen(kind: str, ids: list[str]) -> None:
    ((type_, account, _),) = said(change("Account", kind, ids, Name=None))
    assert (type_, account) == ("account.refresh_needed", ("salesforce:all", "Account"))


def test_an_overflow_may_leave_its_ids_out() -> None:
    body = change("Opportunity", "GAP_OVERFLOW", [])
    del body["ChangeEventHeader"]["recordIds"]
    assert said(body)[0][1] == ("salesforce:all", "Opportunity")


def test_emptied_fields_that_the_relay_did_not_decode_are_a_gap_beside_what_is_known() -> None:
    told = said(change("Account", "UPDATE", [ACME], {"nulledFields": ["0x400020"]}, Name="Acme AG", Industry=None))
    assert [type_ for type_, _, _ in told] == ["account.refresh_needed", "account.updated"]
    assert told[1][2] == {"name": "Acme AG"}


@pytest.mark.parametrize("client", ["steward", "Steward", "steward/"])
def test_what_we_wrote_ourselves_is_no_news(client: str) -> None:
    origin = {"changeOrigin": f"com/salesforce/api/rest/60.0;client={client}"}
    assert said(change("Account", "UPDATE", [ACME], origin, Industry="Energy")) == []


@pytest.mark.parametrize("origin", ["", None, "com/salesforce/api/rest/60.0;client=steward2", "com/steward", "client="])
def test_what_others_wrote_is_news(origin: str | None) -> None:
    assert len(said(change("Account", "UPDATE", [ACME], {"changeOrigin": origin}, Industry="Energy"))) == 1


# --- on the account -------------------------------------------------------------------------------------


async def test_changes_without_an_account_find_it_by_what_named_it(database: Database) -> None:
    world = World(database)

    async def hear(body: dict[str, Any]) -> None:
        await world.hear(*(Arrival(event, event.occurred_at) for event in translate(record(body), SETTLED)))

    await hear(change("Case", "UPDATE", [CASE], {"sequenceNumber": 3}, Status="Escalated", IsEscalated=True))
    await hear(change("Account", "GAP_UPDATE", [ACME], {"sequenceNumber": 9}))
    assert await world.waiting() == 2
    await hear(BORN)
    await hear(change("Contact", "CREATE", [MIA], Name={"LastName": "Chen"}, AccountId=ACME))
    await hear(change("Case", "CREATE", [CASE], {"sequenceNumber": 2}, AccountId=ACME, Status="New", CreatedDate=T))
    await hear(change("Contact", "UPDATE", [MIA], {"sequenceNumber": 4}, Title="COO"))
    await world.sweep()
    assert await world.waiting() == 0
    facts = decode(await world.facts(("salesforce", ACME)))
    assert (facts.field("name"), facts.field("industry")) == ("Acme", "Energy")
    assert (facts.tickets[CASE].status, facts.tickets[CASE].escalated) == ("open", True)
    assert await world.rows("SELECT person_id, title FROM people") == [(MIA, "COO")]


# --- wrappings, identity, order -------------------------------------------------------------------------


def test_what_a_relay_wraps_around_a_change_does_not_matter() -> None:
    bare = said(BORN)
    assert said({"schema": "x", "payload": BORN, "event": {"replayId": 5}}) == bare
    comet = {"data": {"schema": "x", "payload": BORN, "event": {"replayId": 5}}, "channel": "/data/ChangeEvents"}
    assert said(comet) == bare
    assert said({"detail-type": "AccountChangeEvent", "detail": {"payload": BORN}}) == bare


def test_a_change_that_comes_again_is_the_same_event() -> None:
    first, again = translate(record(BORN))[0], translate(record({"payload": BORN, "event": {"replayId": 9}}))[0]
    assert first.id == again.id
    key = f"00006bec-ce66-0611-9018-30a98446c9f2:1725357365187780609:1:Account:CREATE:{ACME}"
    assert first.id == event_id("salesforce", key)


def test_gaps_of_one_transaction_share_a_sequence_number_and_are_still_two() -> None:
    one, other = (translate(record(change(entity, "GAP_UPDATE", ["001A"])))[0] for entity in ("Account", "Contact"))
    assert one.id != other.id


@pytest.mark.parametrize("commit", [1_100_670_838_951, 1_725_357_365_187_780_609, 0])
def test_commits_of_one_instant_are_in_order(commit: int) -> None:
    def sequence(number: int, step: int) -> int:
        header = {"commitNumber": number, "sequenceNumber": step}
        return translate(record(change("Account", "UPDATE", [ACME], header, Industry="x")))[0].sequence

    told = [sequence(commit + more, step) for more, step in ((0, 1), (0, 2), (0, 99_999), (1, 1), (5_000_000, 1))]
    assert told == sorted(set(told))
    assert min(told) >= 0
    assert max(told) < 1 << 62


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_the_changes_of_one_instant_end_the_same_in_any_order(seed: int) -> None:
    bodies = [
        change("Account", "UPDATE", [ACME], {"sequenceNumber": n, "transactionKey": f"t{n}"}, Name=f"Acme {n}")
        for n in range(1, 5)
    ]
    events = [event for body in bodies for event in translate(record(body))]
    random.Random(seed).shuffle(events)
    facts, _ = fold(Facts(), {}, events)
    assert facts.field("name") == "Acme 4"


# --- what cannot be read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("because", "body"),
    [
        (Reason.NOT_JSON, b"rubbish"),
        (Reason.INVALID_PAYLOAD, b"[]"),
        (Reason.INVALID_PAYLOAD, {}),
        (Reason.INVALID_PAYLOAD, {"ChangeEventHeader": None}),
        (Reason.INVALID_PAYLOAD, {"ChangeEventHeader": {"entityName": "Account"}}),
        (Reason.INVALID_PAYLOAD, change("Account", "UPDATE", [5], Industry="x")),  # type: ignore[list-item]
        (Reason.INVALID_PAYLOAD, change("Account", "UPDATE", ["x" * 201], Industry="x")),
        (Reason.MISSING_TIME, change("Account", "CREATE", [ACME], {"commitTimestamp": None})),
        (Reason.INVALID_TIME, change("Account", "CREATE", [ACME], {"commitTimestamp": -5})),
        (Reason.INVALID_PAYLOAD, change("Account", "CREATE", [ACME], {"transactionKey": None, "commitNumber": None})),
        (Reason.INVALID_PAYLOAD, change("Account", "UPDATE", [ACME], NumberOfEmployees="many")),
        (Reason.INVALID_PAYLOAD, change("Opportunity", "UPDATE", [DEAL], Amount=-5)),
        (Reason.INVALID_PAYLOAD, change("Opportunity", "UPDATE", [DEAL], Amount=[5])),
        (Reason.INVALID_PAYLOAD, change("Opportunity", "UPDATE", [DEAL], IsClosed="maybe")),
        (Reason.NAIVE_TIME, change("Event", "CREATE", [VISIT], StartDateTime="2026-03-01T09:00:00")),
        (Reason.TOO_LARGE, b" " * (MOST_BYTES + 1)),
    ],
)
def test_a_faulty_change_has_its_reason(because: Reason, body: Any) -> None:
    with pytest.raises(Rejection) as caught:
        translate(record(body))
    assert caught.value.reason == because


SAMPLES: list[Record] = [
    record(body)
    for body in (
        BORN,
        change("Account", "UPDATE", [ACME, "001B"], {"nulledFields": ["BillingAddress.Country"]}, Industry="x"),
        change("Contact", "CREATE", [MIA], Name={"FirstName": "Mia", "LastName": "Chen"}, AccountId=ACME),
        change("Opportunity", "CREATE", [DEAL], AccountId=ACME, Amount=5.5, CloseDate="2026-12-31", IsClosed=True),
        change("Case", "CREATE", [CASE], AccountId=ACME, Status="New", CreatedDate=T),
        change("Event", "CREATE", [VISIT], WhatId=ACME, StartDateTime=T, EndDateTime=T, Subject="x"),
        change("Task", "CREATE", [CALL], TaskSubtype="Call", Status="Completed", WhoId=MIA),
        change("EmailMessage", "CREATE", ["02s1"], ParentId=CASE, Incoming=False),
        change("Account", "GAP_OVERFLOW", []),
        {"data": {"payload": change("Contact", "DELETE", [MIA])}},
    )
]
