"""Who may come in: keys and sign-in links, used, spent, ended."""

import datetime as dt

import pytest
from fastapi import FastAPI

from services.api import auth
from services.api.access import UndeclaredScope, declared
from services.api.keys import new_key
from services.api.roles import Role
from shared.clock import FrozenClock
from shared.database import Database
from shared.errors import Invalid, NotFound
from tests.api import company
from tests.api.conftest import As, signed_in


def test_an_app_with_a_route_that_declares_no_scope_is_not_made() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/v1/forgotten", lambda: "nobody")
    with pytest.raises(UndeclaredScope, match="forgotten"):
        declared(app)


async def test_a_mistyped_key_costs_no_database_question() -> None:
    nowhere: Database = None  # type: ignore[assignment]
    with pytest.raises(auth.Unauthenticated, match="character is wrong"):
        await auth.caller_by_key(nowhere, f"Bearer {new_key('test').text}x", company.NOW)


async def test_a_key_opens_until_it_is_revoked(database: Database, speak: As, keys: dict[str, str]) -> None:
    client = speak(keys["viewer"])
    assert (await client.get("/v1/accounts")).status_code == 200
    async with database.writing() as tx:
        await auth.revoke_key(tx, keys["viewer"].split("_")[2], now=company.NOW, by="tests")
    assert (await client.get("/v1/accounts")).status_code == 401


async def test_a_key_of_the_right_id_with_another_secret_is_refused(speak: As, keys: dict[str, str]) -> None:
    forged = new_key("test")._replace(id=keys["admin"].split("_")[2])
    answer = await speak(forged.text).get("/v1/accounts")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_last_day_of_use_is_remembered(database: Database, speak: As, keys: dict[str, str]) -> None:
    await speak(keys["viewer"]).get("/v1/accounts")
    async with database.reading() as tx:
        used = await tx.fetch("SELECT name, last_used_on FROM api_keys WHERE last_used_on IS NOT NULL")
    assert [(row["name"], row["last_used_on"]) for row in used] == [("viewer", company.NOW.date())]


async def test_keys_are_made_and_ended_in_the_audit_log(database: Database) -> None:
    async with database.writing() as tx:
        key = await auth.create_key(tx, name="n", role=Role.VIEWER, env="test", now=company.NOW, by="ops")
        await auth.revoke_key(tx, key.id, now=company.NOW, by="ops")
        with pytest.raises(NotFound):
            await auth.revoke_key(tx, key.id, now=company.NOW, by="ops")
        rows = await tx.fetch("SELECT actor, action, object FROM audit_log ORDER BY id")
    assert [tuple(row) for row in rows] == [("ops", "key.created", key.id), ("ops", "key.revoked", key.id)]


async def test_a_csm_key_without_an_owner_is_not_made(database: Database) -> None:
    async with database.writing() as tx:
        with pytest.raises(Invalid, match="owner"):
            await auth.create_key(tx, name="n", role=Role.CSM, env="test", now=company.NOW, by="ops")


async def test_a_sign_in_link_works_once(database: Database, speak: As, clock: FrozenClock) -> None:
    async with database.writing() as tx:
        link = await auth.create_sign_in_link(tx, email="a@example.com", role=Role.VIEWER, now=clock.now(), by="t")
    first, second = speak(None, accept="text/html"), speak(None, accept="text/html")
    answer = await first.get(link)
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert (await first.get("/")).status_code == 200
    again = await second.get(link)
    assert again.status_code == 401
    assert "one-time link" in again.text


async def test_a_browser_that_fetches_ahead_does_not_spend_the_link(
    database: Database, speak: As, clock: FrozenClock
) -> None:
    async with database.writing() as tx:
        link = await auth.create_sign_in_link(tx, email="a@example.com", role=Role.VIEWER, now=clock.now(), by="t")
    browser = speak(None, accept="text/html")
    assert (await browser.get(link, headers={"sec-purpose": "prefetch"})).status_code == 403
    assert (await browser.get(link)).status_code == 303


async def test_links_and_sessions_end_by_themselves(database: Database, speak: As, clock: FrozenClock) -> None:
    async with database.writing() as tx:
        late = await auth.create_sign_in_link(tx, email="a@example.com", role=Role.VIEWER, now=clock.now(), by="t")
    browser = await signed_in(speak, database, clock, Role.VIEWER, "b@example.com")
    clock.advance(dt.timedelta(minutes=31))
    assert (await speak(None).get(late)).status_code == 401
    assert (await browser.get("/")).status_code == 200
    clock.advance(auth.SESSION_LASTS)
    assert (await browser.get("/")).status_code == 401


async def test_signing_out_ends_the_session(database: Database, speak: As, clock: FrozenClock) -> None:
    browser = await signed_in(speak, database, clock, Role.VIEWER, "b@example.com")
    session = browser.cookies["steward_session"]
    token = (await browser.get("/")).text.split('name="csrf" value="')[1][:32]
    assert (await browser.post("/sign-out", data={"csrf": token})).status_code == 303
    assert (await speak(None, accept="text/html", cookie=f"steward_session={session}").get("/")).status_code == 401


async def test_the_ingest_role_cannot_sign_in(database: Database) -> None:
    async with database.writing() as tx:
        with pytest.raises(Invalid):
            await auth.create_sign_in_link(tx, email="a@example.com", role=Role.INGEST, now=company.NOW, by="t")
