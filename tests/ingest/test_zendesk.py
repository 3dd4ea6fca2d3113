"""Zendesk: what its events and its triggers' bodies say of tickets, ratings, organizations and people."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources import zendesk
from services.ingest.sources.source import Options, Posted, Wrapped
from shared.broker import Record
from shared.clock import UTC, to_us
from shared.errors import Malformed, Reason
from shared.facts import Event, Facts
from shared.fold import fold
from shared.native import event_id
from tests.ingest.raw import fields, raw, refused, told
from tests.ingest.zendesk_bodies import AGENT, ID, ORGANIZATION, REQUESTER, TRIGGER, event

SOURCE = zendesk.SOURCE
NOW = dt.datetime(2026, 11, 22, 10, 0, 3, tzinfo=UTC)


def state(kind: str, changed: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    (found,) = told(SOURCE, event(kind, changed, **detail))
    assert found.type == "ticket.changed"
    return fields(found)


# --- tickets ------------------------------------------------------------------------------------------


def test_a_new_ticket_is_told_with_all_that_is_known() -> None:
    (found,) = told(SOURCE, event("created"))
    assert (found.id, found.source, found.account) == (event_id("zendesk", ID), "zendesk", ("zendesk", ORGANIZATION))
    assert found.occurred_at == to_us(dt.datetime(2026, 11, 22, 10, tzinfo=UTC)) + 672_717
    assert fields(found) == {
        "ticket_id": "5158", "status": "open", "escalated": False, "priority": "low", "category": "problem",
        "subject": "Export stays empty", "requester_id": REQUESTER, "opened_at": "2026-11-20T08:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("NEW", "new"), ("PENDING", "pending"), ("HOLD", "on_hold"), ("SOLVED", "solved"), ("CLOSED", "closed")],
)
def test_statuses_have_our_names(theirs: str, ours: str) -> None:
    assert state("priority_changed", status=theirs)["status"] == ours


def test_solving_says_when_closing_says_nothing_and_opening_again_takes_it_back() -> None:
    solved = state("status_changed", {"current": "SOLVED", "previous": "OPEN"}, status="SOLVED")
    assert solved["resolved_at"] == "2026-11-22T10:00:00.672717Z"
    closed = state("status_changed", {"current": "CLOSED", "previous": "SOLVED"}, status="CLOSED")
    assert "resolved_at" not in closed
    opened = state("status_changed", {"current": "OPEN", "previous": "SOLVED"})
    assert (opened["resolved_at"], opened["reopens"]) == (None, True)
    assert "reopens" not in closed
    assert "reopens" not in state("status_changed", {"current": "OPEN", "previous": "PENDING"})


@pytest.mark.parametrize(
    ("before", "actor", "taken_up"),
    [("NEW", AGENT, True), ("NEW", REQUESTER, False), ("NEW", None, False), ("OPEN", AGENT, False)],
)
def test_a_ticket_is_taken_up_once(before: str, actor: str | None, taken_up: bool) -> None:
    found = state("status_changed", {"current": "PENDING", "previous": before}, status="PENDING", actor_id=actor)
    assert found.get("first_response_at") == ("2026-11-22T10:00:00.672717Z" if taken_up else None)


def test_a_comment_tells_the_ticket_and_no_answer_since_it_may_be_the_tenth() -> None:
    assert "first_response_at" not in state("comment_added", {"comment": {"is_public": True}})


@pytest.mark.parametrize(
    ("detail", "escalated"),
    [({"priority": "URGENT"}, True), ({"tags": ["Escalated"]}, True), ({"tags": None, "priority": None}, False)],
)
def test_urgent_or_tagged_is_escalated(detail: dict[str, Any], escalated: bool) -> None:
    assert state("tags_changed", **detail)["escalated"] == escalated


@pytest.mark.parametrize("kind", ["merged", "soft_deleted", "permanently_deleted", "marked_as_spam"])
def test_a_ticket_that_is_gone_is_closed(kind: str) -> None:
    assert state(kind, status=None)["status"] == "closed"


def test_a_ticket_that_moves_leaves_none_open_behind() -> None:
    here, there = told(SOURCE, event("organization_changed", {"previous": "77", "current": ORGANIZATION}))
    assert (here.account[1], fields(here)["status"]) == (ORGANIZATION, "open")
    assert (there.account[1], fields(there)["status"]) == ("77", "closed")
    assert there.id == event_id("zendesk", f"{ID}:1")


def test_events_of_one_action_are_in_their_order() -> None:
    (found,) = told(SOURCE, event("status_changed", {"meta": {"sequence": {"id": "C2", "position": 3}}}))
    assert found.sequence == 3


def test_ids_beyond_53_bits_keep_their_digits() -> None:
    body = json.dumps(event("created")).replace('"5158"', "9007199254741997").replace(f'"{ORGANIZATION}"', "1" * 30)
    (found,) = told(SOURCE, body.encode())
    assert (found.account[1], fields(found)["ticket_id"]) == ("1" * 30, "9007199254741997")


@pytest.mark.parametrize("nobody", [None, "0", 0, ""])
def test_without_an_organization_the_person_who_asked_is_the_key(nobody: Any) -> None:
    (found,) = told(SOURCE, event("created", organization_id=nobody))
    assert found.account == ("zendesk:person", REQUESTER)
    assert refused(SOURCE, event("created", organization_id=nobody, requester_id=None)) == Reason.MISSING_ACCOUNT


# --- ratings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "stars"), [("GOOD", 5), ("good", 5), ("BAD", 1), (4, 4), ("3", 3)])
def test_a_rating_answers_a_survey_and_stands_on_its_ticket(score: Any, stars: int) -> None:
    given = {"satisfaction_score": {"score": score, "comment": {"body": "Fast!"}}}
    survey, rated, _ = told(SOURCE, event("csat_received", given, status="SOLVED"))
    assert fields(survey) == {
        "survey_id": "ticket-5158", "survey_type": "csat", "score": stars, "scale_min": 1, "scale_max": 5,
        "comment": "Fast!", "respondent": {"external_id": REQUESTER},
    }  # fmt: skip
    assert fields(rated) == {"ticket_id": "5158", "satisfaction": stars}


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"satisfaction_rating": {"score": "good", "comment": "Fast!"}}, {}),
        ({"current": {"score": "good", "comment": {"body": "Fast!"}}, "previous": None}, {}),
        ({"current": "good", "previous": "offered", "comment": "Fast!"}, {}),
        ({}, {"satisfaction_rating": {"id": 7, "score": "good", "comment": "Fast!"}}),
    ],
)
def test_a_rating_is_found_wherever_it_stands(said: dict[str, Any], detail: dict[str, Any]) -> None:
    survey, rated, _ = told(SOURCE, event("csat_received", said, status="SOLVED", **detail))
    assert (fields(survey)["score"], fields(survey)["comment"]) == (5, "Fast!")
    assert fields(rated)["satisfaction"] == 5


@pytest.mark.parametrize("said", [{}, {"current": {}}, {"satisfaction_score": []}, {"current": ["good"]}])
def test_a_rating_that_is_nowhere_is_no_silence(said: dict[str, Any]) -> None:
    assert refused(SOURCE, event("csat_received", said)) == Reason.INVALID_PAYLOAD


def test_whom_a_ticket_is_assigned_to_tells_its_state() -> None:
    assert state("agent_assignment_changed", {"current": "1", "previous": "2"})["status"] == "open"


@pytest.mark.parametrize("score", ["OFFERED", "UNOFFERED", None, 0, 9])
def test_a_rating_that_was_only_asked_for_is_none(score: Any) -> None:
    kinds = [one.type for one in told(SOURCE, event("csat_received", {"satisfaction_score": {"score": score}}))]
    assert kinds == ["ticket.changed"]


@given(st.integers(0, 2**32))
def test_a_tickets_life_ends_alike_in_any_order_of_its_events(seed: int) -> None:
    def at(minute: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "id": f"e-{minute}", "time": f"2026-11-22T10:{minute:02}:00.5Z"}

    given_good = {"satisfaction_score": {"score": "GOOD"}}
    life = [
        at(1, event("created", status="NEW")),
        at(2, event("status_changed", {"current": "OPEN", "previous": "NEW"})),
        at(3, event("status_changed", {"current": "SOLVED", "previous": "OPEN"}, status="SOLVED")),
        at(4, event("status_changed", {"current": "OPEN", "previous": "SOLVED"})),
        at(5, event("status_changed", {"current": "SOLVED", "previous": "OPEN"}, status="SOLVED")),
        at(6, event("csat_received", given_good, status="SOLVED")),
        at(7, event("status_changed", {"current": "CLOSED", "previous": "SOLVED"}, status="CLOSED")),
    ]
    random.Random(seed).shuffle(life)
    facts, _ = fold(Facts(), {}, [one for body in life for one in told(SOURCE, body)])
    ticket = facts.tickets["5158"]
    assert (ticket.status, ticket.satisfaction, ticket.times_reopened) == ("closed", 5, 1)
    minutes = [
        dt.datetime.fromtimestamp(us / 1e6, UTC).minute for us in (ticket.first_response_at, ticket.resolved_at) if us
    ]
    assert minutes == [2, 5]


# --- organizations and people -------------------------------------------------------------------------


def organization(kind: str, options: Options | None = None, **detail: Any) -> list[Event]:
    return list(told(SOURCE, event(kind, None, "organization", id=ORGANIZATION, name="Acme", **detail), options))


def test_an_organization_with_our_id_is_that_account() -> None:
    (found,) = organization("external_id_changed", external_id="acme")
    assert (found.type, found.account) == ("identity.linked", ("native", "acme"))
    assert fields(found) == {"source": "zendesk", "external_id": ORGANIZATION}


def test_an_organization_becomes_an_account_only_where_that_is_wanted() -> None:
    assert organization("created") == []
    (found,) = organization("created", Options(creates_accounts=True))
    assert (found.type, found.account) == ("account.updated", ("zendesk", ORGANIZATION))
    assert fields(found) == {"name": "Acme"}
    (ours,) = organization("created", Options(creates_accounts=True), external_id="acme")
    assert (ours.type, ours.account) == ("account.updated", ("native", "acme"))
    assert fields(ours) == {"name": "Acme", "external_ids": {"zendesk": ORGANIZATION}}


def test_people_who_ask_are_told_of_and_agents_are_not() -> None:
    mia = {"id": REQUESTER, "name": "Mia", "email": "mia@acme.test", "organization_id": "0", "role": "end-user"}
    (found,) = told(SOURCE, event("created", None, "user", **mia))
    assert (found.type, found.account) == ("person.updated", ("zendesk:person", REQUESTER))
    assert fields(found) == {"person_id": REQUESTER, "name": "Mia", "email": "mia@acme.test"}
    (left,) = told(SOURCE, event("deleted", None, "user", **{**mia, "organization_id": ORGANIZATION}))
    assert (left.type, left.account[1], fields(left)["reason"]) == ("person.left", ORGANIZATION, "removed")
    assert told(SOURCE, event("created", None, "user", **{**mia, "role": "agent"})) == ()


@pytest.mark.parametrize("body", [event("followers_changed"), event("published", None, "article", id="1")])
def test_other_types_are_known_and_unused(body: dict[str, Any]) -> None:
    assert told(SOURCE, body) == ()


# --- triggers -----------------------------------------------------------------------------------------


def test_a_triggers_body_says_the_same() -> None:
    (found,) = told(SOURCE, TRIGGER, ce_id="invocation-1")
    assert (found.id, found.account) == (event_id("zendesk", "invocation-1"), ("zendesk", ORGANIZATION))
    assert fields(found) == {
        "ticket_id": "5158", "status": "solved", "escalated": True, "priority": "urgent", "category": "problem",
        "subject": "Export stays empty", "requester_id": REQUESTER, "opened_at": "2026-11-20T08:00:00Z",
        "resolved_at": "2026-11-22T09:59:00Z",
    }  # fmt: skip


def test_of_two_bodies_of_one_minute_the_later_one_is_later() -> None:
    (found,) = told(SOURCE, TRIGGER)
    assert found.sequence == to_us(dt.datetime(2026, 11, 22, 10, tzinfo=UTC))


def test_a_triggers_rating_is_read_from_its_words() -> None:
    body = {**TRIGGER, "satisfaction": "Good, I'm satisfied", "satisfaction_comment": "Fast!"}
    survey, rated, now = told(SOURCE, body)
    assert (fields(survey)["score"], fields(survey)["respondent"]["email"]) == (5, "mia@acme.test")
    assert fields(rated)["satisfaction"] == 5
    assert "resolved_at" not in fields(now)


def test_a_body_of_another_make_is_read_by_a_template() -> None:
    body = {
        "ticket": {"nr": 5158, "zustand": "Gelöst", "stand": "2026-11-22 10:59", "von": "2026-11-20 09:00"},
        "org": ORGANIZATION, "bewertung": "Sehr gut",
    }  # fmt: skip
    template = {
        "ticket_id": "ticket.nr", "status": "ticket.zustand", "status=Gelöst": "solved", "organization_id": "org",
        "updated_at": "ticket.stand", "created_at": "ticket.von", "satisfaction": "bewertung",
        "satisfaction=Sehr gut": "good",
    }  # fmt: skip
    survey, _, now = told(SOURCE, body, Options(zone=dt.timezone(dt.timedelta(hours=1)), template=template))
    assert now.occurred_at == to_us(dt.datetime(2026, 11, 22, 9, 59, tzinfo=UTC))
    assert (fields(now)["status"], fields(survey)["score"]) == ("solved", 5)


@pytest.mark.parametrize(
    ("because", "body"),
    [
        (Reason.NOT_JSON, b"rubbish"),
        (Reason.INVALID_PAYLOAD, b"[]"),
        (Reason.INVALID_PAYLOAD, {"message": "a test"}),
        (Reason.INVALID_PAYLOAD, {**TRIGGER, "status": "Gelöst"}),
        (Reason.NAIVE_TIME, {**TRIGGER, "updated_at": "2026-11-22 10:00"}),
        (Reason.MISSING_TIME, {**TRIGGER, "updated_at": ""}),
        (Reason.INVALID_TIME, {**TRIGGER, "created_at": "May 18, 2014"}),
        (Reason.MISSING_ACCOUNT, {**TRIGGER, "organization_id": "", "requester_id": "", "requester_email": ""}),
        (Reason.MISSING_TIME, {**event("created"), "time": None}),
        (Reason.INVALID_PAYLOAD, {**event("created"), "detail": None}),
        (Reason.INVALID_PAYLOAD, event("created", status="LIMBO")),
        (Reason.INVALID_PAYLOAD, event("created", id=None)),
        (Reason.MISSING_ACCOUNT, event("created", None, "organization", external_id="acme")),
    ],
)
def test_a_faulty_body_has_its_reason(because: Reason, body: Any) -> None:
    assert refused(SOURCE, body) == because


# --- the door -----------------------------------------------------------------------------------------

SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3RpbmdfcHVycG9zZXM="
BODY = json.dumps(event("created"), indent=1).encode()


def posted(body: bytes = BODY, stamp: str = "2026-11-22T10:00:00Z", **more: str) -> Posted:
    """Signed as Zendesk signs: the time and the body, with nothing between them."""
    signature = base64.b64encode(hmac.new(SECRET.encode(), stamp.encode() + body, hashlib.sha256).digest()).decode()
    headers = {zendesk.SIGNATURE: signature, zendesk.SIGNED_AT: stamp, **more}
    return Posted("POST", "https://steward/v1/webhooks/zendesk", headers, body)


def test_the_door_lets_in_what_zendesk_signed() -> None:
    zendesk.verify(posted(), SECRET, NOW)
    assert zendesk.unwrap(posted()) == [Wrapped(ID, ORGANIZATION, BODY)]


@pytest.mark.parametrize(
    ("request_", "secret"),
    [
        (posted()._replace(body=BODY + b" "), SECRET),
        (posted(), "another"),
        (posted()._replace(headers={}), SECRET),
        (posted(**{zendesk.SIGNATURE: "ünicode"}), SECRET),
        (posted(stamp="2026-11-22T09:55:02Z"), SECRET),
        (posted(stamp="2026-11-22T10:05:04Z"), SECRET),
        (posted(stamp="yesterday"), SECRET),
        (posted(stamp="2026-11-22T10:00:00"), SECRET),
        (posted(stamp=""), SECRET),
    ],
)
def test_the_door_stays_shut_in_any_doubt(request_: Posted, secret: str) -> None:
    with pytest.raises(Malformed) as caught:
        zendesk.verify(request_, secret, NOW)
    assert "STEWARD_ZENDESK_WEBHOOK_SECRET" in caught.value.remedy


def test_a_triggers_body_goes_by_its_invocation_or_else_by_its_bytes() -> None:
    body = json.dumps(TRIGGER).encode()
    named = zendesk.unwrap(posted(body, **{"x-zendesk-webhook-invocation-id": "01J"}))
    assert named == [Wrapped("01J", ORGANIZATION, body)]
    assert zendesk.unwrap(posted(body))[0].id == zendesk.unwrap(posted(body))[0].id
    with pytest.raises(Malformed):
        zendesk.unwrap(posted(b"[]"))


SAMPLES: list[Record] = [
    raw(SOURCE, body)
    for body in (
        event("status_changed", {"current": "SOLVED", "previous": "OPEN", "meta": {"sequence": {"position": 2}}}),
        event("comment_added", {"comment": {"is_public": True, "author": {"id": AGENT, "is_staff": True}}}),
        event("csat_received", {"satisfaction_score": {"score": "GOOD", "comment": {"body": "Fast!"}}}),
        event("organization_changed", {"previous": "77"}),
        event("created", None, "organization", id="1", name="Acme", external_id="acme"),
        event("created", None, "user", id="1", name="Mia", email="mia@acme.test", organization_id="7"),
        {**TRIGGER, "satisfaction": "Bad, I'm unsatisfied"},
    )
]
