"""By the API: what waits is linked or given up, accounts are merged and parted, people are shown and forgotten."""

import datetime as dt
from pathlib import Path

import pytest
from fastapi import FastAPI
from pyarrow import parquet

from services.ingest import archive_files, archiving
from services.ingest.archive_hourly import run_erasures
from services.ingest.archiving import Order
from services.ingest.store.accounts import account_id
from shared.archive import Archive
from shared.database import Database
from shared.settings import Settings
from tests.api.company import ADA
from tests.api.conftest import As, Client
from tests.cast import NOW
from tests.ingest.identity_world import ACME, GLOBEX, World, told
from tests.ingest.test_privacy import MAIL, a_company_with_mia, named

A, G = account_id(ACME), account_id(GLOBEX)
HOUR = dt.timedelta(hours=1)
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
    assert conflict["remedy"] == f"steward accounts merge {A} {G}; or steward unmatched link zendesk org-7 {G}"
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


async def test_an_account_that_was_merged_is_in_no_list_and_names_where_it_went(world: World, manager: Client) -> None:
    await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})
    assert [one["id"] for one in (await manager.get("/v1/accounts")).json()["data"]] == [A]
    for path in (f"/v1/accounts/{G}", f"/v1/accounts/{G}/history", f"/v1/events?account={G}"):
        answer = await manager.get(path)
        assert (answer.status_code, answer.json()["merged_into"]) == (409, A)
    await manager.post(f"/v1/accounts/{G}/unmerge", json={})
    assert (await manager.get(f"/v1/accounts/{G}")).json()["id"] == G


@pytest.mark.parametrize("called", ["Globex", "globex", str(G)])
async def test_what_an_account_was_called_before_its_merge_finds_what_it_is_now(
    called: str, world: World, manager: Client
) -> None:
    await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})
    found = (await manager.get("/v1/accounts", params={"q": called})).json()["data"]
    assert [one["id"] for one in found] == [A]


async def test_the_ids_of_a_merged_account_are_the_survivor_s(world: World, manager: Client) -> None:
    await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})
    shown = (await manager.get(f"/v1/accounts/{A}")).json()["external_ids"]
    assert {"source": "native", "id": "globex"} in shown
    assert {"source": "native", "id": "acme"} in shown


async def test_who_may_not_see_the_survivor_is_not_told_of_it(world: World, manager: Client, csm: Client) -> None:
    await world.hear(told("account.updated", GLOBEX, id="o", owner=ADA))
    assert (await csm.get(f"/v1/accounts/{G}")).status_code == 200
    await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})
    await world.hear(told("account.updated", id="n", owner="nobody@example.com", at=NOW + HOUR))
    assert (await csm.get(f"/v1/accounts/{G}")).status_code == 404


async def test_the_page_of_a_merged_account_leads_to_the_one_that_it_is_now(
    world: World, manager: Client, visitor: Client
) -> None:
    await manager.post(f"/v1/accounts/{G}/merge", json={"into": A})
    for rest in ("", f"/events/{'0' * 32}"):
        answer = await visitor.get(f"/accounts/{G}{rest}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/accounts/{A}{rest}")
    assert (await visitor.get(f"/accounts/{A}")).status_code == 200


async def test_who_was_forgotten_by_the_api_leaves_the_archive_too(
    world: World, admin: Client, database: Database, tmp_path: Path
) -> None:
    archive = Archive(str(tmp_path))
    later = NOW + dt.timedelta(days=3)
    await archiving.run(database, archive, Order(later, after_days=2, keep_days=220))
    assert MAIL.encode() in everything_in(archive.url)
    answer = await admin.post("/v1/privacy/erase", json={"person": MAIL})
    assert (answer.status_code, answer.json()["archive_days"]) == (202, 1)
    assert (await admin.get("/v1/privacy/erase")).json() == {"archive_days": 1}
    await run_erasures(database, Settings(archive_url=archive.url), later)
    assert (await admin.get("/v1/privacy/erase")).json() == {"archive_days": 0}
    assert MAIL.encode() not in everything_in(archive.url)
    assert await archive_files.verify(database, archive) == []


def everything_in(directory: str) -> bytes:
    """Files, and what stands in their columns."""
    files = sorted(path for path in Path(directory).rglob("*") if path.is_file())
    return b"".join(
        str(parquet.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else path.read_bytes()
        for path in files
    )
