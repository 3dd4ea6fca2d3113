"""Every route, tried by the wrong people. The routes are the app's own list: a new one is tried without being named."""

from collections.abc import Mapping

import httpx
import pytest
from fastapi import FastAPI

from services.api.access import NeedsKey, NeedsSession, declared
from services.api.roles import GRANTS, Role, Scope
from shared.clock import FrozenClock
from shared.database import Database
from tests.api import company
from tests.api.conftest import As, Client, signed_in

ADAS, GRACES = 102, 103


@pytest.fixture
async def database(own_company: Database) -> Database:
    return own_company


@pytest.fixture
async def places(database: Database) -> Mapping[str, str]:
    """What stands for every part of a path: things of an account in Ada's book."""
    async with database.reading() as tx:
        task = await company.first_task(tx, ADAS)
        event = await tx.value("SELECT id FROM events WHERE account_id = $1 AND type = 'ticket.updated'", ADAS)
        rejected = await tx.value("SELECT min(id) FROM rejected")
    return {
        "{account_id}": str(ADAS), "{task_id}": str(task), "{event_id}": event.hex(), "{rejected_id}": str(rejected),
        "{name}": "steward.css", "{person_id}": "mia", "{plan_id}": "p", "{objective_id}": "seats",
    }  # fmt: skip


def filled(path: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        path = path.replace(name, value)
    assert "{" not in path, f"say in `places` what stands for the parts of {path}"
    return f"{path}?account={ADAS}" if path in ("/v1/events", "/v1/tasks", "/v1/runs", "/v1/signals") else path


async def ask(client: Client, method: str, path: str) -> httpx.Response:
    field = {"skip": "reason", "notes": "text", "refreshed": None}.get(path.rpartition("/")[2], "outcome")
    bodies: dict[str, object] = {"POST": {field: "done"} if field else None, "PUT": {}}
    if path.endswith("/overrides"):
        bodies["POST"] = {"value": 30, "reason": "done", "expires_at": "2026-12-01"}
    return await client.request(method, path, json=bodies.get(method))


async def test_without_a_key_or_a_session_nothing_opens(app: FastAPI, places: Mapping[str, str], speak: As) -> None:
    for (method, path), needs in declared(app).items():
        if needs.scope in (Scope.PUBLIC, Scope.SIGNED):
            continue
        answer = await ask(speak(None), method, filled(path, places))
        assert answer.status_code == 401, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_only_roles_that_hold_the_scope_pass(
    app: FastAPI, places: Mapping[str, str], speak: As, keys: dict[str, str]
) -> None:
    for (method, path), needs in declared(app).items():
        if not isinstance(needs, NeedsKey):
            continue
        for role in Role:
            answer = await ask(speak(keys[role]), method, filled(path, places))
            refused = answer.status_code == 403
            assert refused == (needs.scope not in GRANTS[role]), (role, method, path, answer.text)
            assert answer.status_code < 500


async def test_a_csm_of_another_book_finds_nothing(
    app: FastAPI, places: Mapping[str, str], speak: As, keys: dict[str, str]
) -> None:
    stranger = speak(keys["other csm"])
    for (method, path), needs in declared(app).items():
        if not isinstance(needs, NeedsKey) or needs.scope not in GRANTS[Role.CSM]:
            continue
        answer = await ask(stranger, method, filled(path, places))
        assert str(ADAS) not in answer.text.replace(path, "") or answer.status_code == 404, (method, path)
        if "{" in path or path == "/v1/events":
            assert answer.status_code == 404, (method, path)
        elif path == "/v1/models":
            assert answer.json()["data"][0]["accounts"] == 0
        elif path == "/v1/segments":
            counted = [row for scheme in answer.json()["data"] for row in scheme["segments"]]
            assert {(row["accounts"], row["arr"], row["unowned"]) for row in counted} == {(0, 0, 0)}
        elif path == "/v1/teams":
            assert [row["accounts"] for row in answer.json()["data"] if row["headcount"] is None] == [0]
        else:
            assert answer.json() == {"data": [], "next": None}, (method, path)


async def test_in_the_console_too_another_book_is_closed(
    app: FastAPI, places: Mapping[str, str], speak: As, database: Database, clock: FrozenClock
) -> None:
    browser = await signed_in(speak, database, clock, Role.CSM, "nobody@example.com")
    home = await browser.get("/")
    token = home.text.split('name="csrf" value="')[1][:32]
    assert "Zoë" not in home.text
    for (method, path), needs in declared(app).items():
        if isinstance(needs, NeedsSession) and "{" in path:
            form = (
                {"csrf": token, "outcome": "x", "reason": "x", "value": "9", "days": "9"} if method == "POST" else None
            )
            answer = await browser.request(method, filled(path, places), data=form)
            assert answer.status_code == 404, (method, path)


async def test_a_csm_sees_exactly_their_own_book(csm: Client) -> None:
    found = (await csm.get("/v1/accounts?limit=200")).json()["data"]
    assert {one["id"] for one in found} == {one.id for one in company.STORIES if one.owner == company.ADA}
    assert (await csm.get(f"/v1/accounts/{ADAS}")).status_code == 200
    assert (await csm.get(f"/v1/accounts/{GRACES}")).status_code == 404


async def test_a_viewer_is_shown_no_forms_and_may_send_none(speak: As, database: Database, clock: FrozenClock) -> None:
    browser = await signed_in(speak, database, clock, Role.VIEWER, "v@example.com")
    page = (await browser.get(f"/accounts/{ADAS}")).text
    assert "/complete" not in page
    async with database.reading() as tx:
        task = await company.first_task(tx)
    assert (await browser.post(f"/tasks/{task}/complete", data={"outcome": "x"})).status_code == 403
