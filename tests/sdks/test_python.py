"""SDKs for Python, as they are published: every event that they send arrives once, through answers of 503."""

import asyncio
import datetime as dt
from collections import Counter
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from shared.database import Database
from tests.sdks.conftest import SETTINGS
from tests.sdks.door import Door, arrived

CALLS = Counter({"account.updated": 1, "person.updated": 2, "person.linked": 1, "usage.recorded": 12})


def in_acme() -> dict[str, str]:
    """A context of its own for every call: the SDKs write into it."""
    return {"groupId": "acme"}


def speak(client: Any) -> None:
    """Every call of the API, more than fit one batch."""
    client.group("mia", "acme", {"name": "Acme", "mrr": 1200.5}, context=in_acme())
    client.identify("mia", {"name": "Mia Wong", "signed_up": dt.datetime.now(dt.UTC)}, context=in_acme())
    client.alias("anon-1", "mia", context=in_acme())
    client.page("mia", "docs", "Start", {"url": "https://acme.example"}, context=in_acme())
    client.screen("mia", "app", "Home", {}, context=in_acme())
    for n in range(10):
        client.track("mia", f"Feature {n}", {"n": n, "price": 1.5, "name": "Zoë 🚀"}, context=in_acme())
    client.flush()
    client.join()


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzipped"])
async def test_segment_analytics_python(gzip: bool, door: Door, database: Database) -> None:
    failed: list[Any] = []
    client = SegmentClient(
        door.key, host=door.url, gzip=gzip, upload_size=6, on_error=lambda error, _: failed.append(error)
    )
    await asyncio.to_thread(speak, client)
    assert failed == []
    came = await arrived(database, SETTINGS)
    assert came.accepted == CALLS
    assert came.ids == 15
    assert came.records > came.ids, "the batch that was kept and answered 503 all the same was kept twice"
    assert await names(database) == ("Acme", "Mia Wong")


async def test_rudder_sdk_python(door: Door, database: Database) -> None:
    failed: list[Any] = []
    client = RudderClient(door.key, host=door.url, upload_size=6, on_error=lambda error, _: failed.append(error))
    await asyncio.to_thread(speak, client)
    assert failed == []
    came = await arrived(database, SETTINGS)
    assert came.accepted == CALLS
    assert came.ids == 15
    assert came.records > came.ids
    assert await names(database) == ("Acme", "Mia Wong")


async def test_a_wrong_write_key_is_told_to_whoever_listens(door: Door) -> None:
    told: list[Any] = []
    for kind in (SegmentClient, RudderClient):
        client = kind("abc123", host=door.url, upload_interval=0.1, on_error=lambda error, _: told.append(error))
        await asyncio.to_thread(speak, client)
    assert [(error.status, error.code) for error in told] == [(401, "unauthenticated")] * 2


@pytest.mark.parametrize("to_message", [to_structured_event, to_binary_event], ids=["structured", "binary"])
async def test_cloudevents(to_message: Any, door: Door, database: Database) -> None:
    def event(kind: str, **data: Any) -> CloudEvent:
        return CloudEvent({"type": kind, "source": "crm", "subject": "acme"}, data)

    sent = [event("account.updated", name="Acme"), event("person.updated", person_id="mia", name="Zoë 🚀")]
    sent += [event("usage.recorded", person_id="mia", feature=f"Feature {n}") for n in range(5)]
    async with httpx.AsyncClient(base_url=door.url, headers={"authorization": f"Bearer {door.key}"}) as client:
        for one in sent:
            message = to_message(one)
            while (await client.post("/v1/events", content=message.body, headers=message.headers)).status_code == 503:
                pass
    came = await arrived(database, SETTINGS)
    assert came.accepted == Counter({"account.updated": 1, "person.updated": 1, "usage.recorded": 5})
    assert (came.ids, came.records) == (7, 8)


async def names(database: Database) -> tuple[str, str]:
    async with database.reading() as tx:
        account = await tx.value("SELECT name FROM accounts")
        person = await tx.value("SELECT name FROM people WHERE person_id = 'mia'")
    return account, person
