"""Segments, stages and owners by REST: shown with the account, filtered by, counted, and an owner chosen."""

import pytest

from shared.database import Database
from tests.api import company
from tests.api.conftest import Client


@pytest.fixture
async def database(own_company: Database) -> Database:
    async with own_company.writing() as tx:
        await tx.execute(
            """
            UPDATE scores SET arr = 1000000 * account_id, size = 'mid_market', tier = 'gold', stage = 'adoption',
                   stage_since = $1, served_as = CASE WHEN account_id = 102 THEN 'high_touch' ELSE segment END
            """,
            company.NOW,
        )
    return own_company


async def test_where_an_account_stands_is_shown_with_it(manager: Client) -> None:
    one = (await manager.get("/v1/accounts/102")).json()
    assert (one["segment"], one["served_as"], one["tier"], one["size"]) == (
        "low_touch", "high_touch", "gold", "mid_market",
    )  # fmt: skip
    assert (one["stage"], one["owner"], one["owner_from"]) == ("adoption", company.ADA, "crm")
    assert (one["transitions"], one["moments"]) == ([], [])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"served_as": "high_touch", "segment": "low_touch"}, {102}),
        ({"unowned": "true"}, {109}),
        ({"unowned": "false", "q": "umbrella"}, {106}),
        ({"stage": "adoption", "tier": "gold", "size": "mid_market", "q": "105"}, {105}),
        ({"stage": "renewal"}, set()),
    ],
)
async def test_accounts_are_found_by_where_they_stand(asked: dict[str, str], found: set[int], manager: Client) -> None:
    answer = (await manager.get("/v1/accounts", params=asked)).json()["data"]
    assert {one["id"] for one in answer} == found


async def test_the_schemes_in_force_are_counted_with_their_coverage_models(manager: Client, csm: Client) -> None:
    schemes = {one["place"]: one for one in (await manager.get("/v1/segments")).json()["data"]}
    assert {place: one["scheme"] for place, one in schemes.items()} == {
        "segment": "seg-4", "tier": "seg-1", "size": "seg-5", "stage": "s1",
    }  # fmt: skip
    high, low, tech = schemes["segment"]["segments"]
    assert high["coverage"]["cost_to_serve"] == "15–25 % of ARR"
    assert (high["accounts"] + low["accounts"] + tech["accounts"], high["served"]) == (9, high["accounts"] + 1)
    assert (tech["unowned"], sum(one["arr"] for one in schemes["tier"]["segments"])) == (1, sum(range(101, 110)))
    theirs = {one["place"]: one for one in (await csm.get("/v1/segments")).json()["data"]}
    assert sum(one["accounts"] for one in theirs["segment"]["segments"]) < 9


async def test_a_person_chooses_an_owner_and_takes_it_back(manager: Client, csm: Client) -> None:
    choice = {"owner": "zoe@example.com", "reason": "Knows their team"}
    chosen = (await manager.put("/v1/accounts/102/owner", json=choice)).json()
    assert (chosen["owner"], chosen["owner_from"], chosen["owner_words"]) == (
        "zoe@example.com", "person", "Knows their team",
    )  # fmt: skip
    assert (await csm.get("/v1/accounts/102")).status_code == 404
    back = (await manager.delete("/v1/accounts/102/owner")).json()
    assert (back["owner"], back["owner_from"]) == (company.ADA, "crm")
    assert (await manager.delete("/v1/accounts/102/owner")).status_code == 409
    assert (await csm.put("/v1/accounts/102/owner", json=choice)).status_code == 403
