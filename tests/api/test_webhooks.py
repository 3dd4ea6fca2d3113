"""The one door of all webhooks: which there are, what shuts them, and that no body breaks it."""

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.app import create_app
from services.api.webhooks_in import DOORS, public_url, webhook_records
from services.ingest.sources import settled_by, translate
from services.ingest.sources.source import Posted
from shared.broker import Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.database import Database
from shared.errors import Rejection
from shared.settings import Settings
from tests.api import company
from tests.api.conftest import As
from tests.api.live import live
from tests.api.signing import OPEN, PUBLIC_URL, SECRET, STAMP, signed
from tests.api.test_events_in import kept
from tests.ingest.test_sources import samples, spoiled

ZENDESK, INTERCOM = "zendesk-secret", "intercom-secret"
EVENT = {"id": "e-1", "type": "zen:event-type:ticket.created", "detail": {"id": "5158", "organization_id": "77"}}
BODY = json.dumps(EVENT, indent=1).encode()


def zendesk_headers(body: bytes, stamp: str = STAMP) -> dict[str, str]:
    signature = hmac.new(ZENDESK.encode(), stamp.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(signature).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }


@pytest.fixture
def app(database: Database, clock: FrozenClock) -> FastAPI:
    """With the doors of Zendesk and Intercom open, and all others shut."""
    secrets = {"zendesk_webhook_secret": ZENDESK, "intercom_client_secret": INTERCOM}
    return create_app(database, Settings(max_body_bytes=200_000, **secrets), clock)  # type: ignore[arg-type]


async def test_a_signed_body_is_kept_raw_and_acknowledged(database: Database, speak: As) -> None:
    answer = await speak(None).post("/v1/webhooks/zendesk", content=BODY, headers=zendesk_headers(BODY))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    [(topic, key, value, told)] = await kept(database)
    assert (topic, key, value) == ("support.events", b"77", BODY)
    assert (told["ce_id"], told["ce_source"], told["ce_type"]) == ("e-1", "zendesk", "zendesk.event")
    assert told["steward_received_at"] == company.NOW.isoformat()


async def test_intercoms_notification_is_kept_too(database: Database, speak: As) -> None:
    body = json.dumps({"id": "notif_1", "topic": "conversation.read"}).encode()
    answer = await speak(None).post("/v1/webhooks/intercom", content=body, headers=intercom_headers(body))
    assert answer.status_code == 200
    assert [(topic, key) for topic, key, _, _ in await kept(database)] == [("support.events", None)]


async def test_intercoms_own_test_of_an_address_succeeds_though_it_has_no_id(speak: As) -> None:
    body = json.dumps({"id": None, "topic": "ping", "data": {"item": {"type": "ping"}}, "created_at": 1}).encode()
    answer = await speak(None).post("/v1/webhooks/intercom", content=body, headers=intercom_headers(body))
    assert answer.status_code == 200


async def test_a_notification_without_an_id_is_refused(speak: As) -> None:
    body = json.dumps({"id": None, "topic": "conversation.read"}).encode()
    answer = await speak(None).post("/v1/webhooks/intercom", content=body, headers=intercom_headers(body))
    assert answer.status_code == 400


def intercom_headers(body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": "sha1=" + hmac.new(INTERCOM.encode(), body, hashlib.sha1).hexdigest()}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, {}),
        (BODY + b" ", zendesk_headers(BODY)),
        (BODY, zendesk_headers(BODY, (company.NOW - dt.timedelta(seconds=301)).isoformat())),
        (b"rubbish", zendesk_headers(b"rubbish")),
        (b"", zendesk_headers(b"")),
    ],
)
async def test_any_doubt_is_a_400_and_nothing_is_kept(
    body: bytes, headers: dict[str, str], database: Database, speak: As
) -> None:
    answer = await speak(None).post("/v1/webhooks/zendesk", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert await kept(database) == []


async def test_too_large_is_a_413(speak: As) -> None:
    body = b" " * 200_001
    assert (await speak(None).post("/v1/webhooks/zendesk", content=body)).status_code == 413


async def test_an_unknown_source_is_a_404_that_names_those_there_are(speak: As) -> None:
    answer = await speak(None).post("/v1/webhooks/zendisk", content=BODY)
    assert answer.status_code == 404
    assert all(name in answer.json()["remedy"] for name in DOORS)


@pytest.mark.parametrize("name", sorted(DOORS.keys() - {"zendesk", "intercom"}))
async def test_a_source_without_its_secret_is_a_404_that_names_the_setting(name: str, speak: As) -> None:
    answer = await speak(None).post(f"/v1/webhooks/{name}", content=BODY)
    assert answer.status_code == 404
    assert f"STEWARD_{DOORS[name][1].secret.upper()}" in answer.json()["remedy"]


async def test_whoever_knocks_is_told_whether_the_door_is_there(speak: As) -> None:
    knocks = {name: (await speak(None).head(f"/v1/webhooks/{name}")).status_code for name in ("intercom", "stripe")}
    assert knocks == {"intercom": 200, "stripe": 404}


@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        (None, b"/v1/webhooks/hubspot", b"", "http://seen/"),
        ("https://cs.example.com", b"/v1/webhooks/hubspot", b"", "https://cs.example.com/v1/webhooks/hubspot"),
        ("https://cs.example.com/", b"/v1/webhooks/a%20b", b"x=%2F", "https://cs.example.com/v1/webhooks/a%20b?x=%2F"),
    ],
)
def test_the_url_that_was_called_is_the_public_one(base: str | None, path: bytes, query: bytes, url: str) -> None:
    assert public_url(base, {"raw_path": path, "query_string": query, "path": "/decoded"}, "http://seen/") == url


# --- no body breaks a door ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(company_url: str) -> Iterator[httpx.Client]:
    with live(company_url, OPEN) as found, httpx.Client(base_url=found.url) as client:
        yield client


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "data", "item", "object", "detail", "type", "events", "customer", "payload"]), inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
anything = values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)


@st.composite
def shaped(draw: st.DrawFn, name: str) -> bytes:
    """A body as the source sends it, spoiled or sound, one record or several."""
    source = DOORS[name][0]
    some = [record.value for record in draw(st.lists(spoiled(source) | st.sampled_from(samples(source)), max_size=3))]
    joined = [b"[%b]" % b",".join(some), b"\n".join(some), b'{"events":[%b]}' % b",".join(some)]
    return draw(st.sampled_from([*some, *joined]))


@pytest.mark.parametrize("name", sorted(DOORS))
def test_a_sound_body_passes_every_door_and_becomes_events(served: httpx.Client, name: str) -> None:
    source, door = DOORS[name]
    for record in samples(source):
        body = b"[%b]" % record.value if name == "hubspot" else record.value
        headers = signed(name, body)
        answer = served.post(f"/v1/webhooks/{name}", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        posted = Posted("POST", f"{PUBLIC_URL}/v1/webhooks/{name}", httpx.Headers(headers), body)
        door.verify(posted, SECRET, company.NOW)
        assert [_heard(one) for one in webhook_records(name, posted, SECRET, company.NOW)]


@pytest.mark.parametrize("name", sorted(DOORS))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_signed_body_of_any_kind_is_kept_or_refused_and_heard(
    served: httpx.Client, name: str, data: st.DataObject
) -> None:
    body = data.draw(shaped(name) | anything)
    headers = signed(name, body)
    answer = served.post(f"/v1/webhooks/{name}", content=body, headers=headers)
    assert answer.status_code in (200, 400), answer.text
    posted = Posted("POST", f"{PUBLIC_URL}/v1/webhooks/{name}", httpx.Headers(headers), body)
    if answer.status_code == 200:
        for one in webhook_records(name, posted, SECRET, company.NOW):
            _heard(one)


def _heard(one: Outgoing) -> int:
    """How many events ingest makes of a record; -1 where it rejects it. Nothing else may happen."""
    record = Record(Partition(one.topic, 0), 0, 0, one.key, one.value, one.headers)
    try:
        return len(translate(record, settled_by(OPEN)))
    except Rejection:
        return -1


@pytest.mark.parametrize("name", sorted(DOORS))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_body_that_is_signed_wrongly_is_refused(served: httpx.Client, name: str, data: st.DataObject) -> None:
    body = data.draw(shaped(name) | anything)
    wrong = data.draw(st.sampled_from(["other", SECRET[:-1], SECRET + "t"]))
    right = {header: value.encode() for header, value in signed(name, body).items()}
    headers = data.draw(st.sampled_from([{}, signed(name, body, wrong), right | SHUT]))
    answer = served.post(f"/v1/webhooks/{name}", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


SHUT = dict.fromkeys(
    ("x-hubspot-signature-v3", "x-zendesk-webhook-signature", "x-hub-signature", "x-delighted-webhook-signature",
     "stripe-signature", "x-steward-token", "authorization"), b"t=1,v1=\xff",
)  # fmt: skip


# --- what a record carries ----------------------------------------------------------------------------


def records(name: str, body: bytes, **headers: str) -> list[Outgoing]:
    """What becomes of a body whose signature is right."""
    source, door = DOORS[name]
    posted = Posted("POST", "https://steward.example/", headers, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DOORS, name, (source, dataclasses.replace(door, verify=lambda *_: None)))  # type: ignore[arg-type]
        return webhook_records(name, posted, "", company.NOW)


async def test_a_record_has_a_time_and_the_requests_headers_without_its_secrets(database: Database, speak: As) -> None:
    sent = {**zendesk_headers(BODY), "x-zendesk-webhook-id": "w-1", "authorization": "Bearer x", "cookie": "a=b"}
    assert (await speak(None).post("/v1/webhooks/zendesk", content=BODY, headers=sent)).status_code == 200
    [(_, _, _, told)] = await kept(database)
    assert (told["ce_time"], told["content-type"]) == (STAMP, "application/json")
    request = json.loads(told["steward_request"])
    assert request["x-zendesk-webhook-id"] == "w-1"
    assert request["x-zendesk-webhook-signature"] == sent["x-zendesk-webhook-signature"]
    assert request.keys().isdisjoint({"authorization", "cookie", "x-steward-token"})
    assert "steward_body" not in told


def test_a_body_that_is_signed_as_a_whole_stays_with_its_first_record() -> None:
    items = [{"subscriptionType": "company.creation", "objectId": n, "occurredAt": 1} for n in (7, 8)]
    body = json.dumps(items, indent=1).encode()
    first, second = records("hubspot", body)
    assert dict(first.headers)["steward_body"] == body
    assert dict(second.headers).keys().isdisjoint({"steward_body", "steward_request"})
    assert [record.key for record in (first, second)] == [b"7", b"8"]


MEETING = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:m-1@acme.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
ANSWER = {"id": "r-1", "person": {"id": "p-1", "email": "mia@acme.example"}}


@pytest.mark.parametrize(
    ("name", "body", "account", "key"),
    [
        ("survey", {"survey_type": "nps", "score": 9, "account_id": "acme"}, "acme", b"acme"),
        ("survey", {"survey_type": "nps", "score": 9, "respondent": {"external_id": "mia"}}, None, b"mia"),
        ("survey", {"survey_type": 5}, None, None),
        ("amplitude", {"event_type": "x", "user_id": "mia", "groups": {"org id": "acme"}}, "acme", b"acme"),
        ("amplitude", {"event_type": "x", "user_id": "mia"}, None, b"mia"),
        ("mixpanel", {"event": "x", "properties": {"distinct_id": "mia", "company_id": "acme"}}, "acme", b"acme"),
        ("delighted", {"event_type": "x", "event_id": "e", "event_data": ANSWER}, None, b"mia@acme.example"),
        ("calendar", MEETING, None, b"m-1@acme.example"),
    ],
)
def test_what_is_of_one_account_has_one_key(name: str, body: Any, account: str | None, key: bytes | None) -> None:
    [record] = records(name, body if isinstance(body, bytes) else json.dumps(body).encode())
    told = dict(record.headers)
    assert (record.key, told.get("ce_subject")) == (key, account.encode() if account else None)
    assert told["content-type"] == (b"text/calendar" if name == "calendar" else b"application/json")
