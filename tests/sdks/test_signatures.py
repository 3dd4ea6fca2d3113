"""Webhooks signed by their senders' own helpers pass the door, and what they say arrives once."""

import asyncio
import json

import httpx
import pytest
from stripe import WebhookSignature

from shared.clock import SystemClock
from shared.database import Database
from tests.sdks.conftest import SETTINGS, STRIPE_SECRET
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
