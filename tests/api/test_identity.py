"""By the API: what waits is linked or given up, accounts are merged and parted, people are shown and forgotten."""

import pytest
from fastapi import FastAPI

from services.ingest.store.accounts import account_id
from shared.database import Database
from tests.api.conftest import As, Client
from tests.ingest.identity_world import ACME, GLOBEX, World, told
from tests.ingest.test_privacy import MAIL, a_company_with_mia, named

A, G = account_id(ACME), account_id(GLOBEX)
WAITING = ("zendesk", "org-9")


@pytest.fixture
async def world(app: FastAPI, database: Database) -> World:
    world = await a_company_with_mia(database)
    await world.hear(told("cancel.requested", WAITING, id="w"))
    return world


@pytest.fixture
async def admin(speak: As, keys: dict[str, str]) -> Client:
    return speak(keys["admin"])


async def test_what_waits_is_listed_a_page_at_a_time_and_linked(world: World, manager: Client) -> None:
    page = (await manager.get("/v1/unmatched?limit=1")).json()
    rest = (await manager.get(f"/v1/unmatched?limit=9&cursor={page['next']}")).json()
    found = [(one["source"], one["external_id"], one["events"]) for one in [*page["data"], *rest["data"]]]
    assert found == [("nowhere", "k", 2), ("zendesk", "org-9", 1)]
    asked = {"source": WAITING[0], "external_id": WAITING[1], "account_id": A}
    assert (await manager.post("/v1/unmatched/link", json=asked)).json()["account_id"] == A
    assert await world.sweep() == 1
    assert await world.place("w") == A


async def test_what_waits_can_be_given_up(world: World, manager: Client) -> None:
    asked = {"source": "nowhere", "external_id": "k"}
    assert (await manager.post("/v1/unmatched/discard", json=asked)).json()["events"] == 2
    assert (await manager.post("/v1/unmatched/discard", json=asked)).status_code == 404


async def test_accounts_are_merged_and_parted(world: World, manager: Client) -> None:
    assert (await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})).json()["account_id"] == A
    assert (await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})).status_code == 409
    assert (await manager.post(f"/v1/accounts/{G}/unmerge", json={})).status_code == 200
    assert (await manager.post(f"/v1/accounts/{G}/unmerge", json={})).status_code == 409
    assert (await manager.post("/v1/accounts/5/merge", json={"into": A})).status_code == 404
    assert (await manager.post(f"/v1/accounts/{G}/merge", json={"into": G})).status_code == 422


async def test_conflicts_stand_until_they_are_decided(world: World, manager: Client) -> None:
    await world.hear(told("account.updated", GLOBEX, id="c", external_ids={"zendesk": "org-7"}))
    (conflict,) = (await manager.get("/v1/identities/conflicts")).json()["data"]
    assert (conflict["claimed_by"], conflict["linked_to"], conflict["kind"]) == (G, A, "claim")
    asked = {"source": "zendesk", "external_id": "org-7"}
    assert (await manager.post("/v1/identities/unlink", json=asked)).json()["account_id"] == A
    await manager.post("/v1/unmatched/link", json={**asked, "account_id": G})
    assert (await manager.get("/v1/identities/conflicts")).json()["data"] == []


async def test_a_person_is_shown_and_forgotten_by_an_admin_alone(world: World, admin: Client, manager: Client) -> None:
    asked = {"person": MAIL}
    assert (await manager.post("/v1/privacy/export", json=asked)).status_code == 403
    shown = (await admin.post("/v1/privacy/export", json=asked)).json()
    assert shown["person"]["accounts"] == [A]
    assert (await admin.post("/v1/privacy/erase", json=asked)).json()["accounts"] == 1
    async with world.database.writing() as tx:
        await tx.execute("DELETE FROM outbox")
    assert named(await world.everything()) == []
    assert (await admin.post("/v1/privacy/export", json=asked)).status_code == 404
