"""Stripe's door: the signature decides, on the exact bytes; the body goes on raw."""

import datetime as dt
import json

import pytest
from stripe import WebhookSignature

from services.api.app import create_app
from services.api.webhooks_in import webhook_records
from services.ingest.sources.source import Posted
from shared.broker import Outgoing
from shared.clock import FrozenClock
from shared.database import Database
from shared.errors import Malformed
from shared.settings import Settings
from tests.api import company
from tests.api.conftest import STRIPE_SECRET, As, Client
from tests.api.test_events_in import kept

INVOICE = {"object": "invoice", "customer": "cus_9"}
EVENT = {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": INVOICE}}
BODY = json.dumps(EVENT, indent=2).encode()


def signed(body: bytes, at: dt.datetime = company.NOW, secret: str = STRIPE_SECRET) -> str:
    return WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))


def stripe_record(body: bytes, signature: str) -> Outgoing:
    posted = Posted("POST", "http://steward/v1/webhooks/stripe", {"stripe-signature": signature}, body)
    (record,) = webhook_records("stripe", posted, STRIPE_SECRET, company.NOW)
    return record


async def test_a_signed_body_is_kept_raw_and_acknowledged(database: Database, speak: As) -> None:
    answer = await speak(None).post("/v1/webhooks/stripe", content=BODY, headers={"stripe-signature": signed(BODY)})
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    [(topic, key, value, told)] = await kept(database)
    assert (topic, key, value) == ("billing.events", b"cus_9", BODY)
    assert (told["ce_id"], told["ce_source"], told["ce_type"]) == ("evt_1", "stripe", "stripe.event")


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "nonsense"),
        (BODY, "t=,v1="),
        (BODY, "t=1,v1=ü"),
        (BODY, f"t={'9' * 5000},v1=00"),
        (BODY, signed(BODY, secret="whsec_other")),
        (BODY + b" ", signed(BODY)),
        (BODY, signed(BODY, company.NOW - dt.timedelta(seconds=301))),
        (BODY, signed(BODY, company.NOW + dt.timedelta(seconds=301))),
        (b"not json", signed(b"not json")),
        (b"[]", signed(b"[]")),
        (b'{"id": 5}', signed(b'{"id": 5}')),
        (b"\xff", "t=1,v1=00"),
    ],
)
async def test_any_doubt_is_a_400_and_nothing_is_kept(
    body: bytes, signature: str | None, database: Database, speak: As
) -> None:
    headers = {} if signature is None else {"stripe-signature": signature.encode("latin-1").decode("latin-1")}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await speak(None).post("/v1/webhooks/stripe", content=body, headers=encoded)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert await kept(database) == []


def test_five_minutes_are_still_in_time() -> None:
    signature = signed(BODY, company.NOW - dt.timedelta(seconds=300))
    assert stripe_record(BODY, signature).key == b"cus_9"


def test_any_of_several_signatures_may_match() -> None:
    signature = signed(BODY) + ",v1=" + "0" * 64 + ",v0=ffff"
    assert stripe_record(BODY, signature).value == BODY


@pytest.mark.parametrize(
    ("thing", "key"),
    [
        ({"object": "customer", "id": "cus_1"}, b"cus_1"),
        ({"object": "subscription", "customer": {"id": "cus_2"}}, b"cus_2"),
        ({"object": "charge", "customer": None}, None),
        ({"object": "balance"}, None),
        ("thin", None),
    ],
)
def test_the_key_is_the_customer_where_one_is_named(thing: object, key: bytes | None) -> None:
    body = json.dumps({"id": "evt_2", "data": {"object": thing}}).encode()
    assert stripe_record(body, signed(body)).key == key


def test_a_signature_does_not_make_an_event() -> None:
    with pytest.raises(Malformed, match="no id"):
        stripe_record(b"{}", signed(b"{}"))


async def test_where_stripe_is_not_connected_the_answer_names_the_setting(
    database: Database, clock: FrozenClock
) -> None:
    import httpx  # noqa: PLC0415

    app = create_app(database, Settings(stripe_webhook_secret=None), clock)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://steward") as client:
        answer = await client.post("/v1/webhooks/stripe", content=BODY)
    assert answer.status_code == 404
    assert "STEWARD_STRIPE_WEBHOOK_SECRET" in answer.json()["remedy"]
