"""Segment's messages: what each call becomes, on which account, when it happened, and what cannot become anything."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.segment import LIFECYCLE, SOURCE
from services.ingest.sources.source import Options
from shared.broker import Partition, Record
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import event_id, parse_time

RECEIVED = "2026-11-22T10:00:00Z"
SAID = "2026-11-22T09:00:00Z"
MESSAGE_ID = "ajs-next-1763798400000-7781"


def record(message: Any, topic: str = "product.events", **headers: str) -> Record:
    told = {"ce_type": "segment.message", "steward_received_at": RECEIVED, "ce_id": MESSAGE_ID} | headers
    value = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Record(Partition(topic, 0), 0, 0, None, value, [(name, text.encode()) for name, text in told.items()])


def told(options: Options = Options(), **message: Any) -> list[Event]:  # noqa: B008
    return list(SOURCE.translate(record({"timestamp": SAID, **message}), options))


def said(event: Event) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event.raw)
    return body


def refused(**message: Any) -> Reason:
    with pytest.raises(Rejection) as caught:
        told(**message)
    return caught.value.reason


IN_ACME: dict[str, Any] = {"userId": "mia", "context": {"groupId": "acme"}}


# --- calls --------------------------------------------------------------------------------------------


def test_a_track_is_use_of_a_feature_named_like_the_event() -> None:
    [event] = told(type="track", event="Report Exported", properties={"format": "pdf"}, **IN_ACME)
    assert (event.type, event.account, event.source) == ("usage.recorded", ("native", "acme"), "segment")
    assert said(event) == {"person_id": "mia", "feature": "Report Exported"}
    assert event.id == event_id("segment", MESSAGE_ID)


def test_an_identify_tells_of_a_person() -> None:
    traits = {"firstName": "Mia", "lastName": "Wong", "email": "mia@acme.example", "title": "CTO", "plan": "pro"}
    [event] = told(type="identify", traits=traits, **IN_ACME)
    assert event.type == "person.updated"
    assert said(event) == {"person_id": "mia", "name": "Mia Wong", "email": "mia@acme.example", "title": "CTO"}


def test_traits_of_a_person_may_stand_in_the_context_as_rudderstack_puts_them() -> None:
    context = {"groupId": "acme", "traits": {"name": "Mia", "email": "mia@acme.example"}}
    [event] = told(type="identify", userId="mia", context=context, traits={"name": "Mia Wong"})
    assert said(event) == {"person_id": "mia", "name": "Mia Wong", "email": "mia@acme.example"}


def test_a_group_tells_of_an_account_and_that_the_person_belongs_to_it() -> None:
    traits = {
        "name": "Acme", "website": "https://www.Acme.example/about", "industry": "Tools", "employees": "329",
        "plan": "enterprise", "mrr": 1000.5, "currency": "eur", "address": {"country": "de"},
        "createdAt": "2024-02-29T10:00:00Z", "avatar": "x", "favourite": {"colour": "red"},
    }  # fmt: skip
    account, person = told(type="group", userId="mia", groupId="acme", traits=traits)
    assert (account.type, account.account, person.type) == ("account.updated", ("native", "acme"), "person.updated")
    assert said(account) == {
        "name": "Acme", "domain": "acme.example", "website": "https://www.Acme.example/about", "industry": "Tools",
        "employees": 329, "plan": "enterprise", "arr": "12006", "currency": "EUR", "country": "DE",
        "customer_since": "2024-02-29",
    }  # fmt: skip
    assert said(person) == {"person_id": "mia"}
    assert account.id == event_id("segment", MESSAGE_ID)
    assert person.id == event_id("segment", f"{MESSAGE_ID}:1")


@pytest.mark.parametrize("call", ["page", "screen"])
def test_a_page_is_activity_and_no_feature(call: str) -> None:
    [event] = told(type=call, name="Order 4711", **IN_ACME)
    assert (event.type, said(event)) == ("usage.recorded", {"person_id": "mia"})


def test_an_alias_links_the_former_id_to_the_person() -> None:
    [event] = told(type="alias", userId="mia", previousId="anon-1")
    assert (event.type, said(event)) == ("person.linked", {"person_id": "mia", "external_id": "anon-1"})
    assert event.account == ("segment:person", "mia")


@pytest.mark.parametrize(
    ("event", "properties", "types", "body"),
    [
        ("Account Created", {"account_name": "Acme"}, ["account.updated", "person.updated"], {"name": "Acme"}),
        ("Account Deleted", {}, ["account.deleted"], {}),
        ("Signed Up", {"first_name": "Mia", "email": "m@a.example"}, ["person.updated", "milestone.reached"],
         {"person_id": "mia", "name": "Mia", "email": "m@a.example"}),
        ("Signed In", {"username": "mia"}, ["login.recorded"], {"person_id": "mia"}),
        ("Signed Out", {}, ["usage.recorded"], {"person_id": "mia", "actions": 0}),
        ("Invite Sent", {"invitee_email": "b@a.example"}, ["milestone.reached"],
         {"milestone": "invite_sent", "person_id": "mia"}),
        ("Account Added User", {"role": "admin"}, ["person.updated"], {"person_id": "mia"}),
        ("Account Removed User", {}, ["person.left"], {"person_id": "mia", "reason": "removed"}),
        ("Trial Started", {"trial_plan_name": "pro"}, ["milestone.reached"],
         {"milestone": "trial_started", "person_id": "mia"}),
        ("trial ended", {}, ["milestone.reached"], {"milestone": "trial_ended", "person_id": "mia"}),
    ],
)  # fmt: skip
def test_the_ten_b2b_saas_events_are_facts_of_a_customers_life(
    event: str, properties: dict[str, Any], types: list[str], body: dict[str, Any]
) -> None:
    events = told(type="track", event=event, properties=properties, **IN_ACME)
    assert [one.type for one in events] == types
    assert said(events[0]) == body


def test_there_are_ten_of_them() -> None:
    assert len(LIFECYCLE) == 10


@pytest.mark.parametrize("call", ["delete", "", "Track"])
def test_other_calls_are_of_no_use(call: str) -> None:
    assert told(type=call, userId="mia") == []


# --- whose it is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "account"),
    [
        ({"groupId": "acme", "context": {"groupId": "other"}, "userId": "mia"}, ("native", "acme")),
        ({"groupId": 90071992547409931, "userId": "mia"}, ("native", "90071992547409931")),
        ({"context": {"groupId": ""}, "userId": "mia"}, ("segment:person", "mia")),
        ({"context": None, "userId": 7}, ("segment:person", "7")),
        ({"anonymousId": "anon-1"}, ("segment:person", "anon-1")),
        ({"userId": "mia", "anonymousId": "anon-1"}, ("segment:person", "mia")),
    ],
)
def test_the_account_is_the_group_else_it_waits_for_the_person(named: dict[str, Any], account: tuple[str, str]) -> None:
    assert told(type="track", event="x", **named)[0].account == account


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": "track", "event": "x"}, Reason.MISSING_ACCOUNT),
        ({"type": "track", "event": "x", "groupId": "acme"}, Reason.INVALID_PAYLOAD),
        ({"type": "track", **IN_ACME}, Reason.INVALID_PAYLOAD),
        ({"type": "group", "userId": "mia"}, Reason.INVALID_PAYLOAD),
        ({"type": "alias", "userId": "mia"}, Reason.INVALID_PAYLOAD),
        ({"type": "track", "event": "Account Deleted", "userId": "mia"}, Reason.INVALID_PAYLOAD),
        ({"userId": "mia"}, Reason.INVALID_PAYLOAD),
        ({"type": "page", "userId": "mia", "timestamp": "2026-11-22 09:00"}, Reason.NAIVE_TIME),
        ({"type": "page", "userId": "mia", "timestamp": 1763798400}, Reason.INVALID_TIME),
    ],
)
def test_what_can_never_be_placed_is_rejected_with_its_reason(message: dict[str, Any], reason: Reason) -> None:
    assert refused(**message) is reason


def test_the_door_gives_the_id_and_a_forwarded_message_its_own() -> None:
    bare = record({"type": "page", "userId": "mia", "messageId": "m-2", "timestamp": SAID})._replace(headers=[])
    assert SOURCE.translate(bare, Options())[0].id == event_id("segment", "m-2")
    nameless = record({"type": "page", "userId": "mia", "timestamp": SAID})._replace(headers=[])
    with pytest.raises(Rejection, match="messageId"):
        SOURCE.translate(nameless, Options())


def test_on_another_topic_it_is_lost() -> None:
    with pytest.raises(Rejection) as caught:
        SOURCE.translate(record({"type": "page", "userId": "mia"}, topic="crm.events"), Options())
    assert caught.value.reason is Reason.WRONG_TOPIC


# --- when it happened ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"timestamp": SAID, "sentAt": "2026-11-22T09:10:00Z"}, "2026-11-22T09:50:00Z"),
        ({"originalTimestamp": SAID, "sentAt": "2026-11-22T09:10:00Z"}, "2026-11-22T09:50:00Z"),
        ({"timestamp": "2031-01-01T00:00:00Z", "sentAt": "2031-01-01T00:00:05Z"}, "2026-11-22T09:59:55Z"),
        ({"timestamp": SAID, "sentAt": "2026-11-22T08:00:00Z"}, "2026-11-22T11:00:00Z"),
        ({"timestamp": SAID}, SAID),
        ({"timestamp": SAID, "sentAt": "soon"}, SAID),
        ({"timestamp": SAID, "sentAt": None}, SAID),
        ({"timestamp": None}, RECEIVED),
        ({"timestamp": None, "sentAt": SAID}, RECEIVED),
        ({"timestamp": SAID, "originalTimestamp": "2026-11-01T00:00:00Z", "sentAt": SAID,
          "receivedAt": "2026-11-22T09:00:01Z"}, SAID),
    ],
)  # fmt: skip
def test_a_wrong_clock_of_the_sender_does_not_matter(times: dict[str, Any], at: str) -> None:
    [event] = told(type="page", userId="mia", **times)
    assert event.occurred_at == parse_time(at)


def test_a_retry_at_another_moment_is_the_same_event() -> None:
    first = told(type="page", userId="mia", messageId="m-1", sentAt="2026-11-22T09:00:01Z")
    again = told(type="page", userId="mia", messageId="m-1", sentAt="2026-11-22T09:30:00Z")
    assert first[0].occurred_at != again[0].occurred_at
    assert first[0].id == again[0].id


def test_without_any_time_the_record_s_own_counts() -> None:
    bare = record({"type": "page", "userId": "mia", "messageId": "m"})._replace(headers=[], timestamp=1_763_798_400_000)
    assert SOURCE.translate(bare, Options())[0].occurred_at == 1_763_798_400_000_000
    with pytest.raises(Rejection) as caught:
        SOURCE.translate(bare._replace(timestamp=0), Options())
    assert caught.value.reason is Reason.MISSING_TIME


# --- anything -----------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)
times = st.sampled_from([SAID, "2031-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-01-01", "", "x"]) | scalars
ids = st.sampled_from(["a", "", "x" * 201, "\x00", "\ud800"]) | scalars
traits = st.dictionaries(
    st.sampled_from(["name", "email", "arr", "mrr", "employees", "website", "address", "createdAt", "currency"]),
    anything | st.sampled_from(["1e999999", "Infinity", "-0", "http://@", "2024-01-01"]),
)
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["identify", "track", "page", "screen", "group", "alias"]) | scalars},
    optional={
        "userId": ids, "anonymousId": ids, "groupId": ids, "previousId": ids, "messageId": ids,
        "event": st.sampled_from([*LIFECYCLE, "x" * 500, "\ud800"]) | anything, "traits": traits | anything,
        "properties": traits | anything, "context": st.fixed_dictionaries({}, optional={"groupId": ids}) | anything,
        "timestamp": times, "originalTimestamp": times, "sentAt": times, "receivedAt": times,
    },
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(messages)
def test_any_message_is_translated_or_rejected(message: dict[str, Any]) -> None:
    with contextlib.suppress(Rejection):
        for event in SOURCE.translate(record(message), Options()):
            assert event.account[1]
            assert event.occurred_at >= 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | st.sampled_from([b"[" * 100_000, b'{"type":' * 100_000, b"null", b"5", b'"x"']))
def test_any_bytes_are_rejected_or_of_no_use(value: bytes) -> None:
    with contextlib.suppress(Rejection):
        assert list(SOURCE.translate(record(value), Options())) == []


SAMPLES: list[Record] = [
    record({"timestamp": SAID, "sentAt": SAID, **IN_ACME, **message})
    for message in (
        {"type": "track", "event": "Report Exported", "properties": {"format": "pdf"}},
        {"type": "track", "event": "Account Created", "properties": {"account_name": "Acme"}},
        {"type": "identify", "traits": {"firstName": "Mia", "email": "mia@acme.example", "title": "CTO"}},
        {"type": "group", "groupId": "acme", "traits": {"name": "Acme", "mrr": 1_200, "address": {"country": "DE"}}},
        {"type": "page", "name": "Home"},
        {"type": "alias", "previousId": "anonymous-1"},
    )
]
