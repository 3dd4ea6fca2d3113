"""Intercom: what its notifications say of conversations, tickets, ratings, contacts and companies."""

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest

from services.ingest.sources import intercom
from services.ingest.sources.intercom_items import person_of
from services.ingest.sources.source import Options, Posted, Wrapped
from shared.broker import Record
from shared.clock import UTC
from shared.errors import Malformed, Reason
from shared.native import event_id
from tests.ingest.raw import fields, raw, refused, told

SOURCE = intercom.SOURCE
T = 1_779_438_000
MIA, ACME = "5ee3d479d1cf3dedbee23d68", "531ee472cce572a6ec000006"
STATISTICS = {
    "type": "conversation_statistics", "first_admin_reply_at": T - 3_000, "last_close_at": T - 60, "count_reopens": 2,
    "count_conversation_parts": 67,
}  # fmt: skip


def conversation(**more: Any) -> dict[str, Any]:
    return {
        "type": "conversation", "id": "137324500000000", "created_at": T - 3_600, "updated_at": T, "state": "open",
        "open": True, "priority": "not_priority", "title": None, "statistics": None, "conversation_rating": None,
        "source": {"type": "conversation", "subject": "", "body": "<p>Export stays <b>empty</b></p>",
                   "author": {"type": "user", "id": MIA, "email": "mia@acme.test"}},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": MIA, "external_id": "mia"}]},
        "tags": {"type": "tag.list", "tags": []}, "company": {"type": "company", "id": ACME}, **more,
    }  # fmt: skip


def notification(topic: str, item: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "notification_event", "id": "notif_1", "topic": topic, "app_id": "lkqcyt9t", "created_at": T,
        "delivery_attempts": 1, "data": {"type": "notification_event_data", "item": item}, **more,
    }  # fmt: skip


def state(topic: str, **more: Any) -> dict[str, Any]:
    (found,) = told(SOURCE, notification(topic, conversation(**more)))
    return fields(found)


def text(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


# --- conversations ------------------------------------------------------------------------------------


def test_a_conversation_is_a_ticket() -> None:
    (found,) = told(SOURCE, notification("conversation.user.created", conversation()))
    assert (found.id, found.type) == (event_id("intercom", "notif_1"), "ticket.changed")
    assert (found.account, found.occurred_at) == (("intercom", ACME), T * 1_000_000)
    assert fields(found) == {
        "ticket_id": "137324500000000", "status": "open", "priority": "normal", "escalated": False,
        "subject": "Export stays  empty", "requester_id": MIA, "opened_at": text(T - 3_600), "resolved_at": None,
    }  # fmt: skip


def test_with_its_statistics_it_is_told_whole() -> None:
    (found,) = told(
        SOURCE, notification("conversation.admin.closed", conversation(state="closed", statistics=STATISTICS))
    )
    assert (found.type, found.sequence) == ("ticket.updated", 67)
    whole = fields(found)
    assert (whole["status"], whole["reopened"]) == ("solved", 2)
    assert (whole["first_response_at"], whole["resolved_at"]) == (text(T - 3_000), text(T - 60))


@pytest.mark.parametrize(("theirs", "ours"), [("open", "open"), ("snoozed", "pending"), ("closed", "solved")])
def test_states_have_our_names(theirs: str, ours: str) -> None:
    assert state("conversation.admin.assigned", state=theirs)["status"] == ours


def test_without_statistics_only_what_happens_now_is_dated() -> None:
    assert state("conversation.admin.closed", state="closed")["resolved_at"] == text(T)
    assert "resolved_at" not in state("conversation.operator.replied", state="closed")
    assert state("conversation.admin.opened")["resolved_at"] is None
    assert "first_response_at" not in state("conversation.admin.replied")  # it may be the tenth


def test_priority_and_tags_are_read() -> None:
    tags = {"type": "tag.list", "tags": [{"type": "tag", "name": "Escalated"}]}
    found = state("conversation.priority.updated", priority="priority", tags=tags)
    assert (found["priority"], found["escalated"]) == ("high", True)


def test_older_accounts_write_times_as_text_and_say_open() -> None:
    found = state("conversation.user.replied", created_at="2026-05-22T07:20:00.000+00:00", state=None, open=False)
    assert (found["opened_at"], found["status"]) == ("2026-05-22T07:20:00Z", "solved")


def test_without_a_company_the_person_is_the_key() -> None:
    (found,) = told(SOURCE, notification("conversation.user.created", conversation(company=None)))
    assert found.account == ("intercom:person", MIA)
    alone = conversation(company=None, contacts=None, source={"author": {"type": "user", "email": "mia@acme.test"}})
    assert told(SOURCE, notification("conversation.user.created", alone))[0].account[1] == "mia@acme.test"


def test_writing_first_is_reaching_out() -> None:
    (found,) = told(SOURCE, notification("conversation.admin.single.created", conversation()))
    assert found.type == "outreach.sent"
    assert fields(found) == {"outreach_id": "137324500000000", "channel": "in_app", "person_id": MIA}


def test_a_rating_answers_a_survey_and_stands_on_its_ticket() -> None:
    rating = {"rating": 4, "remark": "Fast!", "created_at": T - 5, "contact": {"type": "contact", "id": MIA}}
    rated = conversation(state="closed", conversation_rating=rating)
    survey, ticket = told(SOURCE, notification("conversation.rating.added", rated))
    assert survey.occurred_at == (T - 5) * 1_000_000
    assert fields(survey) == {
        "survey_id": "conversation-137324500000000", "survey_type": "csat", "score": 4, "scale_min": 1,
        "scale_max": 5, "comment": "Fast!", "respondent": {"external_id": MIA, "email": "mia@acme.test"},
    }  # fmt: skip
    assert fields(ticket)["satisfaction"] == 4


@pytest.mark.parametrize("rating", [None, {}, {"rating": None}, {"rating": 0}, {"rating": 6}, {"rating": "5"}])
def test_what_is_no_rating_is_only_the_conversation(rating: Any) -> None:
    item = conversation(conversation_rating=rating)
    assert [one.type for one in told(SOURCE, notification("conversation.rating.added", item))] == ["ticket.changed"]


# --- tickets ------------------------------------------------------------------------------------------


def ticket(**more: Any) -> dict[str, Any]:
    return {
        "type": "ticket", "id": "494", "ticket_id": "53", "ticket_state": "submitted", "open": True,
        "ticket_attributes": {"_default_title_": "Export stays empty"}, "created_at": T - 60, "company_id": ACME,
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": MIA}]}, **more,
    }  # fmt: skip


def test_its_own_tickets_are_tickets_too() -> None:
    (found,) = told(SOURCE, notification("ticket.created", ticket()))
    assert found.account == ("intercom", ACME)
    assert fields(found) == {
        "ticket_id": "ticket-494", "escalated": False, "status": "new", "subject": "Export stays empty",
        "requester_id": MIA, "opened_at": text(T - 60),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "item", "status", "resolved"),
    [
        ("ticket.resolved", ticket(ticket_state="resolved"), "solved", text(T)),
        ("ticket.state.updated", ticket(ticket_state={"category": "in_progress"}), "open", None),
        ("ticket.closed", {"type": "x", "ticket": ticket(ticket_state="novel")}, "closed", "unsaid"),
    ],
)
def test_a_ticket_goes_through_its_states(topic: str, item: dict[str, Any], status: str, resolved: str | None) -> None:
    (found,) = told(SOURCE, notification(topic, item))
    assert (fields(found)["status"], fields(found).get("resolved_at", "unsaid")) == (status, resolved)


# --- people and companies -----------------------------------------------------------------------------

CONTACT = {"type": "contact", "id": MIA, "external_id": "mia", "name": "Mia", "email": "mia@acme.test"}


def test_a_contact_is_told_of_at_each_of_their_companies() -> None:
    companies = {"type": "list", "data": [{"id": ACME}, {"id": "beta"}]}
    found = told(SOURCE, notification("contact.user.updated", {**CONTACT, "companies": companies}))
    assert [one.account for one in found] == [("intercom", ACME), ("intercom", "beta")]
    assert found[1].id == event_id("intercom", "notif_1:1")
    assert fields(found[0]) == {"person_id": MIA, "name": "Mia", "email": "mia@acme.test"}


def test_a_contact_without_a_company_waits_under_their_own_key() -> None:
    (found,) = told(SOURCE, notification("contact.user.created", {**CONTACT, "has_hard_bounced": True}))
    assert (found.account, fields(found)["email_bounced"]) == (("intercom:person", MIA), True)


def test_people_join_and_leave_companies() -> None:
    item = {"type": "company_contact", "company": {"type": "company", "id": ACME}, "contact": CONTACT}
    (joined,) = told(SOURCE, notification("company.contact.attached", item))
    (left,) = told(SOURCE, notification("company.contact.detached", item))
    assert (joined.type, left.type, left.account) == ("person.updated", "person.left", ("intercom", ACME))


def test_a_merged_contact_goes_by_the_others_id_too() -> None:
    (found,) = told(SOURCE, notification("contact.merged", {**CONTACT, "merged_from": {"type": "contact", "id": "6a"}}))
    assert (found.type, fields(found)) == (
        "person.linked", {"person_id": MIA, "source": "intercom", "external_id": "6a"},
    )  # fmt: skip


COMPANY = {"type": "company", "id": ACME, "company_id": "acme", "name": "Acme", "plan": {"name": "Team"}, "size": 3}


def test_a_company_with_our_id_is_that_account() -> None:
    (found,) = told(SOURCE, notification("company.created", COMPANY))
    assert (found.type, found.account) == ("identity.linked", ("native", "acme"))
    assert fields(found) == {"source": "intercom", "external_id": ACME}


def test_a_company_becomes_an_account_only_where_that_is_wanted() -> None:
    nobodys = {**COMPANY, "company_id": "5f2ab453471a3f50afb937f5-qualification-company"}
    assert told(SOURCE, notification("company.created", nobodys)) == ()
    (found,) = told(SOURCE, notification("company.created", nobodys), Options(creates_accounts=True))
    assert (found.type, found.account) == ("account.updated", ("intercom", ACME))
    assert fields(found) == {"name": "Acme", "plan": "Team"}


@pytest.mark.parametrize("topic", ["ping", "conversation.read", "content_stat.email", "company.deleted", "novel", ""])
def test_other_topics_are_known_and_unused(topic: str) -> None:
    assert told(SOURCE, notification(topic, {"type": "ping"})) == ()


@pytest.mark.parametrize(
    ("because", "body"),
    [
        (Reason.NOT_JSON, b"rubbish"),
        (Reason.INVALID_PAYLOAD, b"[]"),
        (Reason.INVALID_PAYLOAD, notification("conversation.user.created", conversation(), id=None)),
        (Reason.MISSING_TIME, notification("conversation.user.created", conversation(), created_at=None)),
        (Reason.INVALID_TIME, notification("conversation.user.created", conversation(), created_at=-1)),
        (Reason.INVALID_PAYLOAD, notification("conversation.user.created", conversation(id=None))),
        (Reason.INVALID_PAYLOAD, notification("conversation.user.created", conversation(state=None, open=None))),
        (Reason.MISSING_ACCOUNT, notification("conversation.user.created", {"type": "conversation", "id": "1",
                                                                            "state": "open"})),
        (Reason.INVALID_PAYLOAD, notification("contact.merged", CONTACT)),
        (Reason.INVALID_PAYLOAD, notification("company.created", {"type": "company"})),
        (Reason.MISSING_ACCOUNT, notification("ticket.created", None)),
    ],
)  # fmt: skip
def test_a_faulty_body_has_its_reason(because: Reason, body: Any) -> None:
    assert refused(SOURCE, body) == because


# --- the door -----------------------------------------------------------------------------------------

SECRET = "intercom_client_secret_for_tests"
NOW = dt.datetime(2026, 11, 22, tzinfo=UTC)
BODY = json.dumps(notification("conversation.user.created", conversation()), indent=1).encode()


def posted(body: bytes = BODY, signature: str | None = None) -> Posted:
    if signature is None:
        signature = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    return Posted("POST", "https://steward/v1/webhooks/intercom", {"x-hub-signature": signature}, body)


def test_the_door_lets_in_what_intercom_signed() -> None:
    intercom.verify(posted(), SECRET, NOW)
    assert intercom.unwrap(posted()) == [Wrapped("notif_1", ACME, BODY)]


@pytest.mark.parametrize(
    "shut",
    [
        posted()._replace(body=BODY + b" "),
        posted(signature=""),
        posted(signature="sha1="),
        posted(signature=posted().headers["x-hub-signature"].removeprefix("sha1=")),
        posted(signature="sha1=ü"),
        posted()._replace(headers={}),
    ],
)
def test_the_door_stays_shut_in_any_doubt(shut: Posted) -> None:
    with pytest.raises(Malformed) as caught:
        intercom.verify(shut, SECRET, NOW)
    assert "STEWARD_INTERCOM_CLIENT_SECRET" in caught.value.remedy


@pytest.mark.parametrize("body", [b"rubbish", b"[]", b"{}", b'{"id": 5}', b"\xff"])
def test_a_signature_does_not_make_a_notification(body: bytes) -> None:
    with pytest.raises(Malformed):
        intercom.unwrap(posted(body))


SAMPLES: list[Record] = [
    raw(SOURCE, body)
    for body in (
        notification("conversation.admin.closed", conversation(state="closed", statistics=STATISTICS)),
        notification("conversation.rating.added", conversation(conversation_rating={"rating": 5, "remark": "!"})),
        notification("conversation.admin.single.created", conversation()),
        notification("ticket.state.updated", ticket(ticket_state={"category": "resolved"})),
        notification("contact.user.updated", {**CONTACT, "companies": {"data": [{"id": ACME}, {"id": "beta"}]}}),
        notification("contact.merged", {**CONTACT, "merged_from": {"id": "6a"}}),
        notification("company.created", COMPANY),
    )
]


@pytest.mark.parametrize("kind", [[], {}, 7, None])
def test_an_author_of_no_kind_is_nobody(kind: object) -> None:
    item = {"source": {"author": {"type": kind, "id": "5ee3", "email": "mia@acme.test"}}}
    assert person_of(item) is None
