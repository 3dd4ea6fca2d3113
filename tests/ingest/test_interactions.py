"""Meetings, calls and e-mails of any tool, and who of those invited came."""

from typing import Any

import pytest

from services.ingest.sources.interactions import SOURCE
from shared.broker import Record
from shared.errors import Reason
from shared.native import event_id
from tests.ingest.raw import fields, raw, refused, told

AT, END = "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"
MIA, NOOR = {"id": "mia", "attended": True}, {"email": "Noor@acme.example", "attended": False}


def meeting(**more: Any) -> dict[str, Any]:
    return {
        "kind": "training",
        "id": "w-1",
        "account_id": "acme",
        "at": AT,
        "ends_at": END,
        "people": [MIA, NOOR],
    } | more


def call(**more: Any) -> dict[str, Any]:
    return {"kind": "call", "id": "c-1", "account_id": "acme", "at": AT, "people": [{"id": "mia"}]} | more


SAMPLES: list[Record] = [
    raw(SOURCE, meeting()),
    raw(SOURCE, meeting(kind="QBR", updated_at="2026-11-01T09:00:00Z", people=[], subject="Third quarter")),
    raw(SOURCE, call()),
    raw(SOURCE, call(kind="email", direction="inbound", account_id=None)),
]


def test_a_training_knows_who_came_and_who_did_not() -> None:
    (event,) = told(SOURCE, meeting(subject="Reports"))
    assert (event.id, event.type, event.account[1]) == (event_id("interactions", "w-1"), "meeting.updated", "acme")
    assert fields(event) == {
        "meeting_id": "w-1", "kind": "training", "status": "held", "starts_at": AT, "ends_at": END,
        "subject": "Reports", "person_ids": ["mia", "noor@acme.example"], "absent_ids": ["noor@acme.example"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"people": [NOOR]}, "missed"),
        ({"people": []}, "held"),
        ({"people": [{"id": "mia"}]}, "held"),
        ({"updated_at": "2026-11-19T09:00:00Z", "people": [{"id": "mia"}]}, "scheduled"),
        ({"updated_at": "2026-11-21T09:00:00Z", "people": [NOOR]}, "missed"),
        ({"status": "Cancelled"}, "cancelled"),
    ],
)
def test_what_became_of_a_meeting(more: dict[str, Any], status: str) -> None:
    (event,) = told(SOURCE, meeting(**more))
    assert fields(event)["status"] == status


@pytest.mark.parametrize(
    ("kind", "ours"), [("meeting", "other"), ("QBR", "qbr"), ("ebr", "ebr"), ("kickoff", "kickoff")]
)
def test_kinds_of_meetings(kind: str, ours: str) -> None:
    (event,) = told(SOURCE, meeting(kind=kind))
    assert fields(event)["kind"] == ours


def test_a_call_of_ours_is_outreach_and_an_email_of_theirs_a_reply() -> None:
    (ours,) = told(SOURCE, call())
    assert (ours.type, fields(ours)) == ("outreach.sent", {"outreach_id": "c-1", "channel": "call", "person_id": "mia"})
    (theirs,) = told(SOURCE, call(kind="email", direction="Inbound"))
    assert (theirs.type, fields(theirs)) == ("reply.received", {"reply_id": "c-1", "person_id": "mia"})


def test_what_is_said_anew_is_another_event_of_the_same_interaction() -> None:
    (before,), (after,) = told(SOURCE, meeting()), told(SOURCE, meeting(updated_at=END))
    assert before.id != after.id
    assert after.occurred_at - before.occurred_at == 3_600_000_000
    assert fields(before)["meeting_id"] == fields(after)["meeting_id"]


def test_without_an_account_the_first_person_is_the_key_and_without_an_id_what_was_said() -> None:
    (event,) = told(SOURCE, call(account_id=None, id=None))
    assert event.account == ("interactions:person", "mia")
    assert told(SOURCE, call(account_id=None, id=None))[0].id == event.id


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        (meeting(kind="party"), Reason.INVALID_PAYLOAD),
        (meeting(status="fun"), Reason.INVALID_PAYLOAD),
        (call(direction="up"), Reason.INVALID_PAYLOAD),
        (meeting(at=None), Reason.MISSING_TIME),
        (meeting(at="2026-11-20T09:00:00"), Reason.NAIVE_TIME),
        (call(account_id=None, people=[]), Reason.MISSING_ACCOUNT),
    ],
)
def test_a_faulty_interaction_has_its_reason(wrong: dict[str, Any], because: Reason) -> None:
    assert refused(SOURCE, wrong) == because
