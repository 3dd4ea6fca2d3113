"""Webhooks signed by their senders' own helpers pass the door, and what they say arrives once."""

import asyncio
import json

import httpx
import pytest
from hubspot.utils.signature import Signature
from stripe import WebhookSignature

from shared.clock import SystemClock
from shared.database import Database
from tests.sdks.conftest import HUBSPOT_SECRET, PUBLIC_URL, SETTINGS, STRIPE_SECRET
from tests.sdks.door import Door, arrived
from tests.sdks.node_runtime import Run


def stripe_body() -> str:
    """A paid invoice of a customer that is linked to nobody, with letters that a wrong encoding would break."""
    now = int(SystemClock().now().timestamp())
    invoice = {
        "id": "in_1", "object": "invoice", "customer": "cus_1", "status": "paid", "total": 12050, "currency": "eur",
        "created": now, "due_date": None, "collection_method": "send_invoice", "description": "Zoë 🚀",
        "status_transitions": {"finalized_at": now, "paid_at": now},
    }  # fmt: skip
    event = {"id": "evt_1", "object": "event", "type": "invoice.paid", "created": now, "data": {"object": invoice}}
    return json.dumps(event, ensure_ascii=False, indent=1)


async def post_through_503(door: Door, path: str, body: str, headers: dict[str, str]) -> list[int]:
    """As every sender does: again, with the same bytes, until it is taken."""
    statuses: list[int] = []
    async with httpx.AsyncClient(base_url=door.url) as client:
        while not statuses or statuses[-1] == 503:
            statuses.append((await client.post(path, content=body.encode(), headers=headers)).status_code)
    return statuses


async def taken_once(door: Door, database: Database, signature: str, body: str) -> None:
    statuses = await post_through_503(door, "/v1/webhooks/stripe", body, {"stripe-signature": signature})
    assert statuses == [503, 503, 200]
    came = await arrived(database, SETTINGS, waiting=1)
    assert (came.ids, came.records) == (1, 2)


async def test_stripe_s_python_helper(door: Door, database: Database) -> None:
    body = stripe_body()
    at = int(SystemClock().now().timestamp())
    await taken_once(door, database, WebhookSignature.generate_signature_header(body, STRIPE_SECRET, at), body)


@pytest.mark.node
async def test_stripe_s_node_helper(node: Run, door: Door, database: Database) -> None:
    body = stripe_body()
    await taken_once(door, database, await asyncio.to_thread(node, "stripe.cjs", body, STRIPE_SECRET), body)


async def test_hubspot_s_python_client(door: Door, database: Database) -> None:
    now = str(int(SystemClock().now().timestamp() * 1_000))
    item = {"subscriptionId": 1, "portalId": 62515, "appId": 54321, "occurredAt": int(now), "attemptNumber": 0}
    company = {"objectId": 9007199254740993, "changeSource": "CRM"}
    items = [
        {**item, **company, "eventId": 1, "subscriptionType": "company.creation", "changeFlag": "NEW"},
        {**item, **company, "eventId": 2, "subscriptionType": "company.propertyChange", "propertyName": "name",
         "propertyValue": "Zoë 🚀"},
    ]  # fmt: skip
    body = json.dumps(items, ensure_ascii=False)
    path = "/v1/webhooks/hubspot"
    signature = Signature.get_signature(HUBSPOT_SECRET, body, "v3", PUBLIC_URL + path, "POST", now)
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": now}
    assert await post_through_503(door, path, body, headers) == [503, 503, 200]
    came = await arrived(database, SETTINGS)
    assert (came.ids, came.records) == (2, 4)
    assert came.accepted == {"account.updated": 2}
