"""HubSpot's door: HubSpot's own client signs, the exact bytes and the public address decide, each item is a record."""

import datetime as dt
import json
from typing import Any

import httpx
import pytest
from hubspot.utils.signature import Signature

from services.api.app import create_app
from services.api.webhooks_in import webhook_records
from services.ingest.sources import translate
from services.ingest.sources.source import Posted
from shared.broker import Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.database import Database
from shared.errors import Malformed
from shared.settings import Settings
from tests.api import company
from tests.api.test_events_in import kept

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://steward.example.com/v1/webhooks/hubspot"
ITEM: dict[str, Any] = {
    "eventId": 1, "subscriptionId": 12345, "portalId": 62515, "occurredAt": 1_772_000_000_123, "attemptNumber": 0,
    "subscriptionType": "company.creation", "objectId": 123, "changeSource": "CRM", "changeFlag": "NEW", "appId": 54321,
}  # fmt: skip
BODY = json.dumps([ITEM], indent=1).encode()


def millis(at: dt.datetime) -> str:
    return str(int(at.timestamp() * 1000))


def posted(
    body: bytes = BODY, at: str = millis(company.NOW), url: str = URL, signed_url: str = URL, secret: str = SECRET,
    *, shown: dict[str, str] | None = None,
) -> Posted:  # fmt: skip
    """A request as HubSpot's client signs it."""
    signature = Signature.get_signature(secret, body.decode(), "v3", signed_url, "POST", at)
    sent = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": at}
    return Posted("POST", url, sent | (shown or {}), body)


def records(request: Posted) -> list[Outgoing]:
    return list(webhook_records("hubspot", request, SECRET, company.NOW))


def test_a_signed_body_is_one_record_an_item_keyed_by_its_company() -> None:
    items = [ITEM, {**ITEM, "subscriptionType": "deal.creation"}, {**ITEM, "objectId": 124}]
    body = json.dumps(items, indent=1).encode()
    told = records(posted(body))
    assert [record.key for record in told] == [b"123", None, b"124"]
    assert [json.loads(record.value) for record in told] == items
    assert len({dict(record.headers)["ce_id"] for record in told}) == 3
    assert {record.topic for record in told} == {"crm.events"}


def test_what_the_door_wraps_is_what_ingest_reads() -> None:
    (told,) = records(posted())
    (event,) = translate(Record(Partition(told.topic, 0), 1, 0, told.key, told.value, list(told.headers)))
    assert (event.type, event.account) == ("account.updated", ("hubspot", "123"))


def test_the_bytes_of_an_item_stay_as_they_came() -> None:
    body = b'[ {"objectId": 9007199254740993,"subscriptionType":"company.creation","x": 1.50} ]'
    assert records(posted(body))[0].value == body[2:-2]


def test_letters_that_a_url_encodes_are_plain_in_what_is_signed() -> None:
    asked = f"{URL}?to=a%3Ab%2Fc%40d%21%28e%29&keep=%20%25"
    plain = f"{URL}?to=a:b/c@d!(e)&keep=%20%25"
    assert len(records(posted(url=asked, signed_url=plain))) == 1


def test_five_minutes_are_still_in_time() -> None:
    assert len(records(posted(at=millis(company.NOW - dt.timedelta(seconds=300))))) == 1


@pytest.mark.parametrize(
    "request_",
    [
        posted(secret="another"),
        posted(signed_url="http://steward.example.com/v1/webhooks/hubspot"),
        posted(url=URL + "?x=1"),
        posted(at=millis(company.NOW - dt.timedelta(seconds=301))),
        posted(at=millis(company.NOW + dt.timedelta(seconds=301))),
        posted(at=str(company.NOW.timestamp() * 1000)),  # a fraction
        posted(at=""),
        posted(at="9" * 40),
        posted(at="²"),
        posted(shown={"x-hubspot-signature-v3": ""}),
        posted(shown={"x-hubspot-signature-v3": "ü\udcff"}),
        posted(shown={"x-hubspot-request-timestamp": millis(company.NOW - dt.timedelta(seconds=1))}),
        Posted("POST", URL, {}, BODY),
        Posted("PUT", URL, posted().headers, BODY),
        Posted("POST", URL, posted().headers, BODY + b" "),
        posted(b"not json"),
        posted(b"{}"),
        posted(b"null"),
    ],
)
def test_any_doubt_is_refused(request_: Posted) -> None:
    with pytest.raises(Malformed):
        records(request_)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_signatures_sign_no_time_and_are_not_taken(version: str) -> None:
    signature = Signature.get_signature(SECRET, BODY.decode(), version, URL, "POST")
    headers = {"x-hubspot-signature": signature, "x-hubspot-signature-version": version}
    with pytest.raises(Malformed):
        records(Posted("POST", URL, headers, BODY))


def test_an_item_that_cannot_be_read_is_a_record_of_its_own_and_holds_nobody_back() -> None:
    told = records(posted(b'[5, {"subscriptionType": 5}, {}, ' + json.dumps(ITEM).encode() + b"]"))
    assert [record.value for record in told][:3] == [b"5", b'{"subscriptionType": 5}', b"{}"]
    assert len({dict(record.headers)["ce_id"] for record in told}) == 4


def test_an_empty_list_is_no_record() -> None:
    assert records(posted(b"[]")) == []


def test_a_retry_has_the_same_ids() -> None:
    again = json.dumps([{**ITEM, "attemptNumber": 3, "eventId": 99}]).encode()
    first, second = records(posted())[0], records(posted(again))[0]
    assert dict(first.headers)["ce_id"] == dict(second.headers)["ce_id"]


def test_long_values_give_ids_of_their_own_that_are_not_long() -> None:
    def id_of(value: str) -> bytes:
        body = [{**ITEM, "subscriptionType": "company.propertyChange", "propertyName": "name", "propertyValue": value}]
        return dict(records(posted(json.dumps(body).encode()))[0].headers)["ce_id"] or b""

    one, other = id_of("x" * 5_000), id_of("x" * 5_001)
    assert one != other
    assert len(one) <= 200


async def test_behind_a_proxy_the_public_address_is_what_was_signed(database: Database, clock: FrozenClock) -> None:
    connected = Settings(
        hubspot_client_secret=SECRET,  # type: ignore[arg-type]
        public_url="https://steward.example.com/",
    )
    app = create_app(database, connected, clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://10.0.0.7:8420") as client:
        answer = await client.post("/v1/webhooks/hubspot", content=BODY, headers=dict(posted().headers))
    assert answer.status_code == 200
    [(topic, key, value, told)] = await kept(database)
    assert (topic, key, json.loads(value), told["ce_type"]) == ("crm.events", b"123", ITEM, "hubspot.event")
