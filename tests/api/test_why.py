"""Why a score was what it was at an instant, and what passing time had cost by then."""

import datetime as dt
import json
from decimal import Decimal
from itertools import takewhile

import pytest

from shared.database import Database
from tests.api import company
from tests.api.conftest import Client

NORTHWIND = 101


@pytest.fixture
async def database(own_company: Database) -> Database:
    return own_company


async def moved(database: Database, days_ago: int, *parts: tuple[str, float, bool]) -> None:
    """A move of the score, so many days ago, with (measure, points, by time) of its parts."""
    told = [
        {"measure": name, "label": name.title(), "points": round(points * 1e6), "words": "w", "by_time": by_time,
         "events": [], "event_count": 0}
        for name, points, by_time in parts
    ]  # fmt: skip
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO score_changes (account_id, at, from_score, to_score, from_version, to_version, cause, parts)"
            " VALUES ($1, $2, 50, 40, 1, 2, 'time', $3::jsonb)",
            NORTHWIND, company.NOW - dt.timedelta(days=days_ago), json.dumps(told),
        )  # fmt: skip


async def test_what_time_took_is_told_by_day_with_what_it_gave_back(manager: Client, database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute("DELETE FROM score_changes WHERE account_id = $1", NORTHWIND)
    await moved(database, 100, ("login", -9, True))
    await moved(database, 5, ("login", -4, True), ("tickets", 1.5, True), ("nps", -7, False))
    await moved(database, 3, ("tickets", 2, True))
    await moved(database, 2, ("usage", -1.25, True))
    told = (await manager.get(f"/v1/accounts/{NORTHWIND}/why")).json()["by_time"]
    assert told["points"] == -3.75
    assert [(day["day"], day["points"]) for day in told["lost"]] == [("2026-11-20", -1.25), ("2026-11-17", -2.5)]
    assert [part["measure"] for part in told["lost"][1]["parts"]] == ["login", "tickets"]
    then = (await manager.get(f"/v1/accounts/{NORTHWIND}/why", params={"at": "2026-11-18"})).json()
    assert then["by_time"]["points"] == -2.5
    assert len(then["changes"]) == 2


async def test_what_was_in_effect_and_what_had_moved_it_is_that_of_then(manager: Client) -> None:
    at = (company.NOW - dt.timedelta(days=20)).isoformat()
    told = (await manager.get(f"/v1/accounts/{NORTHWIND}/why", params={"at": at, "limit": 3})).json()
    row = (await manager.get(f"/v1/accounts/{NORTHWIND}/history", params={"as_of": at})).json()["data"][0]
    assert told["in_effect"] == row
    assert all(change["at"] <= told["at"] for change in told["changes"])


async def test_the_sum_of_then_is_that_of_the_score_of_then(manager: Client) -> None:
    sums = 0
    for account in (101, 102, 103, 109):
        for days in (0, 3, 20, 60):
            at = (company.NOW - dt.timedelta(days)).isoformat()
            told = (await manager.get(f"/v1/accounts/{account}/why", params={"at": at})).json()
            row, its = told["in_effect"], told["explanation"]
            assert (its["score"], its["model"], its["band"]) == (row["score"], row["model"], row["band"])
            read = [one for group in its["groups"] for one in group["measures"]]
            known = {(key.partition(" ")[0], value) for key, value in row["measures"].items()}
            assert {(one["measure"], one["value"]) for one in read} <= known
            parts = sum(Decimal(str(one["contribution"])) for one in read)
            rest = Decimal(str(its["exception_points"])) + Decimal(str(its["rounding_points"]))
            assert parts + rest == (row["score"] or 0)
            sums += row["score"] is not None
    assert sums > 8


async def test_a_sum_that_no_longer_comes_to_the_score_of_then_is_not_told(manager: Client, database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute("UPDATE score_history SET raw = raw + 2000000 WHERE account_id = 101")
    told = (await manager.get("/v1/accounts/101/why")).json()
    assert told["in_effect"] is not None
    assert told["explanation"] is None


async def test_before_the_first_score_nothing_was_in_effect(manager: Client) -> None:
    told = (await manager.get(f"/v1/accounts/{NORTHWIND}/why", params={"at": "2020-01-01"})).json()
    assert (told["in_effect"], told["changes"], told["by_time"]["lost"]) == (None, [], [])


async def test_imported_days_in_a_band_count_for_how_long_it_is_in_it(manager: Client, database: Database) -> None:
    history = (await manager.get("/v1/accounts/101/history", params={"limit": 200})).json()["data"]
    band = history[0]["band"]
    held = list(takewhile(lambda row: row["band"] == band, history))
    assert 2 < len(held) < len(history)
    async with database.writing() as tx:
        await tx.execute("UPDATE episodes SET cause = 'first', opened_at = $1 WHERE account_id = 101", company.NOW)
        await tx.execute("UPDATE scores SET episode_opened_at = $1 WHERE account_id = 101", company.NOW)
    account = (await manager.get("/v1/accounts/101")).json()
    assert account["in_band_since"] == held[-1]["effective_at"] < account["episode"]["opened_at"]
