"""What reads show after the company has changed."""

import datetime as dt

import pytest

from services.health.assess import Context, assess
from shared.clock import to_us
from shared.database import Database
from shared.facts import Facts
from tests.api import company
from tests.api.conftest import Client


@pytest.fixture
async def database(own_company: Database) -> Database:
    return own_company


async def test_a_correction_changes_what_was_but_not_what_was_known(database: Database, manager: Client) -> None:
    then = company.NOW.replace(day=10, hour=0, minute=0)
    corrected = assess(company.MODEL, Facts(), Context(), to_us(then))
    async with database.writing() as tx:
        await company.remember(tx, 101, [("close", then, company.NOW - dt.timedelta(days=1), corrected)])
    asked = {"as_of": then.isoformat()}
    now = (await manager.get("/v1/accounts/101/history", params=asked)).json()["data"]
    assert [row["score"] for row in now] == [None]
    before = {**asked, "known_at": (company.NOW - dt.timedelta(days=2)).isoformat()}
    known = (await manager.get("/v1/accounts/101/history", params=before)).json()["data"]
    assert len(known) == 1
    assert known[0]["score"] is not None


async def test_a_large_body_is_cut_in_the_list_and_whole_on_its_own(database: Database, manager: Client) -> None:
    body = "é" * 50_000
    async with database.writing() as tx:
        await tx.execute("UPDATE rejected SET value = $1", b"x" + body.encode())
    shown = (await manager.get("/v1/rejected?limit=1")).json()["data"][0]
    assert shown["body"]["truncated"] is True
    assert shown["body"]["encoding"] == "text"
    assert len(shown["body"]["content"]) < 4_100
    whole = (await manager.get(f"/v1/rejected/{shown['id']}")).json()
    assert whole["body"] == {"encoding": "text", "content": "x" + body, "truncated": False}
    assert whole["size"] == 100_001
