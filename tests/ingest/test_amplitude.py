"""Amplitude's events, as its export writes them and as its API takes them: one event in either way."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings

from services.ingest.sources.amplitude import SOURCE
from services.ingest.sources.source import Posted
from shared.broker import Record
from shared.clock import from_us
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import event_id
from tests.ingest.raw import fields, raw, refused, told
from tests.ingest.spoiling import spoilt


def exported(**more: Any) -> dict[str, Any]:
    """A line of an export."""
    return {
        "$schema": 12, "app": 1, "amplitude_id": 2, "device_id": "d-1", "user_id": "mia@acme.example",
        "event_type": "Report Exported", "event_time": "2026-11-20 21:27:58.123456", "$insert_id": "i-1",
        "uuid": "9b1c6bd2-6a9d-4c8b-9f0a-3d6f0d1a2b3c", "server_upload_time": "2026-11-20 21:28:00.000000",
        "groups": {"org id": ["acme"]}, "group_properties": {}, "event_properties": {"rows": 7},
        "user_properties": {"email": "mia@acme.example", "Company ID": 15}, "session_id": -1, "paying": None,
    } | more  # fmt: skip


def sent(**more: Any) -> dict[str, Any]:
    """The same event as the API takes it."""
    return {
        "device_id": "d-1", "user_id": "mia@acme.example", "event_type": "Report Exported", "time": 1_795_210_078_123,
        "insert_id": "i-1", "groups": {"org id": "acme"},
    } | more  # fmt: skip


SAMPLES: list[Record] = [raw(SOURCE, exported()), raw(SOURCE, sent()), raw(SOURCE, exported(event_type="Signed In"))]


def one(body: dict[str, Any]) -> Event:
    (event,) = told(SOURCE, body)
    return event


def test_an_exported_event_is_use_by_a_person_of_the_groups_account() -> None:
    event = one(exported())
    assert (event.type, event.account) == ("usage.recorded", ("native", "acme"))
    assert fields(event) == {"person_id": "mia@acme.example", "feature": "Report Exported"} | {
        name: value for name, value in fields(event).items() if name == "actions"
    }
    assert from_us(event.occurred_at).isoformat() == "2026-11-20T21:27:58.123456+00:00"


def test_the_exported_event_and_the_one_that_was_sent_are_one() -> None:
    assert one(exported()).id == one(sent()).id == event_id("amplitude", "d-1:i-1")


def test_without_an_insert_id_the_uuid_tells_them_apart_and_else_what_was_said() -> None:
    assert one(exported(**{"$insert_id": None})).id.hex() == "9b1c6bd26a9d4c8b9f0a3d6f0d1a2b3c"
    nameless = sent(insert_id=None)
    assert one(nameless).id == one(nameless).id != one(nameless | {"event_type": "Other"}).id


@pytest.mark.parametrize("name", ["Signed In", "login", "user_logged_in", "Log In"])
def test_a_sign_in_is_a_login(name: str) -> None:
    assert one(sent(event_type=name)).type == "login.recorded"


@pytest.mark.parametrize(
    ("more", "account"),
    [
        ({"groups": {"company": ["Acme"], "plan": ["pro"]}}, ("native", "Acme")),
        ({"groups": {"anything": ["Acme"]}}, ("native", "Acme")),
        ({"groups": {}}, ("native", "15")),
        ({"groups": {"org id": ["acme", "beta"]}}, ("native", "15")),
        ({"groups": {}, "user_properties": {}}, ("amplitude:person", "mia@acme.example")),
        ({"groups": {}, "user_properties": {}, "user_id": "u-1"}, ("amplitude:person", "u-1")),
    ],
)
def test_whose_event_it_is_is_never_guessed(more: dict[str, Any], account: tuple[str, str]) -> None:
    assert one(exported(**more)).account == account


@pytest.mark.parametrize(
    "more",
    [
        {"user_id": None},
        {"event_type": "$identify"},
        {"event_type": "[Amplitude] Page Viewed"},
        {"event_type": "session_start"},
    ],
)
def test_anonymous_events_and_amplitudes_own_are_of_no_use(more: dict[str, Any]) -> None:
    assert told(SOURCE, exported(**more)) == ()


def test_an_event_without_a_time_is_rejected() -> None:
    assert refused(SOURCE, sent(time=None)) == Reason.MISSING_TIME
    assert refused(SOURCE, sent(time=10**15)) == Reason.INVALID_TIME
    assert refused(SOURCE, exported(event_time="yesterday")) == Reason.INVALID_TIME


def test_a_long_name_is_cut_to_a_features_length() -> None:
    assert len(fields(one(sent(event_type="x" * 300)))["feature"]) == 100


@settings(max_examples=150)
@given(spoilt([exported(), sent()]))
def test_any_body_is_translated_or_rejected(body: bytes) -> None:
    with contextlib.suppress(Rejection):
        told(SOURCE, body)


def test_a_body_of_the_api_holds_its_events() -> None:
    assert SOURCE.door is not None
    content = json.dumps({"api_key": "k", "events": [sent(), sent(insert_id="i-2")]}).encode()
    found = SOURCE.door.unwrap(Posted("POST", "", {}, content))
    assert [len(told(SOURCE, wrapped.value)) for wrapped in found] == [1, 1]
