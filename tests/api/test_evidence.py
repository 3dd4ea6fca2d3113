"""Events and rejected records by REST."""

import base64

import pytest

from shared.database import Database
from tests.api import company
from tests.api.conftest import Client


@pytest.fixture
async def database(settled: Database) -> Database:
    return settled


async def test_an_accounts_events_come_with_their_payloads(manager: Client) -> None:
    tickets = (await manager.get("/v1/events?account=101&type=ticket.updated")).json()["data"]
    assert {one["data"]["priority"] for one in tickets} == {"urgent"}
    assert [one["occurred_at"] for one in tickets] == sorted((one["occurred_at"] for one in tickets), reverse=True)


async def test_event_pages_hold_every_event_once(manager: Client) -> None:
    whole = [one["id"] for one in (await manager.get("/v1/events?account=101&limit=200")).json()["data"]]
    first = (await manager.get("/v1/events?account=101&limit=50")).json()
    rest = (await manager.get("/v1/events", params={"account": 101, "limit": 150, "cursor": first["next"]})).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == whole
    assert len(set(whole)) == 200


async def test_usage_opens_with_its_account_and_not_by_its_id_alone(manager: Client) -> None:
    use = (await manager.get("/v1/events?account=101&type=usage.recorded&limit=1")).json()["data"][0]
    assert (await manager.get(f"/v1/events/{use['id']}?account=101")).json() == use
    alone = await manager.get(f"/v1/events/{use['id']}")
    assert alone.status_code == 404
    assert "account" in alone.json()["remedy"]


async def test_a_day_of_usage_opens_by_account_and_day(manager: Client) -> None:
    asked = {"account": 101, "type": "usage.recorded", "since": "2026-11-19", "until": "2026-11-20"}
    day = (await manager.get("/v1/events", params=asked)).json()["data"]
    assert day
    assert {one["occurred_at"][:10] for one in day} == {"2026-11-19"}


async def test_rejected_records_show_their_origin_reason_and_body(manager: Client) -> None:
    newest, *_, oldest = (await manager.get("/v1/rejected")).json()["data"]
    assert newest["body"] == {
        "encoding": "base64", "content": base64.b64encode(b"\xff\x00").decode(), "truncated": False
    }  # fmt: skip
    assert oldest["body"] == {"encoding": "text", "content": "{oops", "truncated": False}
    assert (oldest["topic"], oldest["reason"], oldest["key"]["content"]) == ("crm.events", "not_json", "acme")
    assert oldest["headers"] == [{"name": "ce_id", "value": {"encoding": "text", "content": "e1", "truncated": False}}]


async def test_rejected_records_are_found_by_reason_and_source(manager: Client) -> None:
    assert len((await manager.get("/v1/rejected?reason=not_json&source=crm")).json()["data"]) == 2
    assert (await manager.get("/v1/rejected?source=stripe")).json()["data"] == []
    assert (await manager.get("/v1/rejected?status=held")).json()["data"] == []


async def test_events_of_all_accounts_come_newest_first_but_for_uses_and_logins(manager: Client, csm: Client) -> None:
    whole = [one["id"] for one in (await manager.get("/v1/events?limit=200")).json()["data"]]
    first = (await manager.get("/v1/events?limit=20")).json()
    rest = (await manager.get("/v1/events", params={"limit": 200, "cursor": first["next"]})).json()
    told = first["data"] + rest["data"]
    assert [one["id"] for one in told][: len(whole)] == whole
    assert len(first["data"]) == 20
    assert [one["received_at"] for one in told] == sorted((one["received_at"] for one in told), reverse=True)
    assert "usage.recorded" not in {one["type"] for one in told}
    mine = {one["account_id"] for one in (await csm.get("/v1/events?limit=200")).json()["data"]}
    assert mine
    assert mine <= {story.id for story in company.STORIES if story.owner == company.ADA}


async def test_a_type_that_does_not_exist_is_refused(manager: Client) -> None:
    answer = await manager.get("/v1/events?type=ticket.opened")
    assert answer.status_code == 422
    assert "ticket.updated" in answer.json()["remedy"]
