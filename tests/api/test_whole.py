"""Accounts taken together: a company of several, bands over time, the team, trends."""

import datetime as dt

import pytest

from services.api.console.stacks import stack
from services.api.schemas import ModelBand
from services.api.schemas.whole import BandDay, BandSeries
from services.health.rollup import Member, roll_up
from shared.database import Database
from tests.api import company
from tests.api.conftest import Client

PARENT, CHILD, GRANDCHILD, GRACES = 106, 101, 108, 107


@pytest.fixture
async def database(own_company: Database) -> Database:
    """Umbrella is the parent of Northwind and Wayne, Northwind of Stark."""
    async with own_company.writing() as tx:
        for child, parent in ((CHILD, PARENT), (GRACES, PARENT), (GRANDCHILD, CHILD), (PARENT, GRANDCHILD)):
            await tx.execute("UPDATE accounts SET parent_id = $2 WHERE id = $1", child, f"acc-{parent}")
        for story in company.STORIES:
            await tx.execute("UPDATE scores SET arr = $2 WHERE account_id = $1", story.id, story.arr * 1_000_000)
    return own_company


async def scores(database: Database, *accounts: int) -> list[Member]:
    async with database.reading() as tx:
        rows = await tx.fetch("SELECT account_id, score, arr FROM scores WHERE account_id = ANY($1)", list(accounts))
    return [Member(*row) for row in rows]


async def test_a_company_is_its_accounts_down_to_the_last_by_revenue(manager: Client, database: Database) -> None:
    found = (await manager.get(f"/v1/accounts/{PARENT}/company")).json()
    assert [one["id"] for one in found["members"]] == [PARENT, CHILD, GRANDCHILD, GRACES]
    whole = roll_up(await scores(database, PARENT, CHILD, GRANDCHILD, GRACES))
    assert found["score"] == whole.score
    assert round(sum(one["points"] for one in found["members"])) == whole.score
    assert found["arr"] == sum(one.arr for one in company.STORIES if one.id in (PARENT, CHILD, GRANDCHILD, GRACES))


async def test_whoever_names_each_other_is_one_company_and_no_endless_one(manager: Client) -> None:
    """The data has a circle: the parent names its grandchild."""
    (found, below) = [(await manager.get(f"/v1/accounts/{one}/company")).json() for one in (PARENT, GRANDCHILD)]
    assert {one["id"] for one in found["members"]} == {one["id"] for one in below["members"]}


async def test_a_csm_sees_of_a_company_what_is_in_the_own_book(csm: Client) -> None:
    found = (await csm.get(f"/v1/accounts/{PARENT}/company")).json()
    assert [one["id"] for one in found["members"]] == [PARENT, CHILD, GRANDCHILD]


async def test_a_namesake_in_another_source_is_no_parent(manager: Client, database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute("UPDATE identities SET source = 'hubspot' WHERE account_id = $1", GRACES)
    found = (await manager.get(f"/v1/accounts/{PARENT}/company")).json()
    assert GRACES not in {one["id"] for one in found["members"]}


async def test_parents_and_children_lead_to_each_other(manager: Client, visitor: Client) -> None:
    child = (await manager.get(f"/v1/accounts/{CHILD}")).json()
    assert (child["parent_id"], child["parent_name"], child["is_parent"]) == (PARENT, "Umbrella Research", True)
    page = (await visitor.get(f"/accounts/{CHILD}")).text
    assert "Part of" in page
    assert "The whole company" in page
    alone = (await manager.get("/v1/accounts/105")).json()
    assert (alone["parent_id"], alone["is_parent"]) == (None, False)
    assert "The whole company" not in (await visitor.get("/accounts/105")).text


async def test_trends_are_against_what_was_in_effect_then(manager: Client, database: Database) -> None:
    account = (await manager.get(f"/v1/accounts/{CHILD}")).json()
    assert [one["days"] for one in account["trends"]] == [30, 90]
    for one in account["trends"]:
        then = company.NOW - dt.timedelta(days=one["days"])
        answer = await manager.get(f"/v1/accounts/{CHILD}/history", params={"as_of": then.isoformat()})
        assert one["score"] == answer.json()["data"][0]["score"]
        assert one["points"] == account["score"] - one["score"]
    async with database.writing() as tx:
        await tx.execute("UPDATE scores SET model = 'other@1' WHERE account_id = $1", CHILD)
    trends = (await manager.get(f"/v1/accounts/{CHILD}")).json()["trends"]
    assert [one["points"] for one in trends] == [None, None]


async def test_bands_over_time_add_up_to_all_accounts(manager: Client) -> None:
    by = {
        key: (await manager.get("/v1/distribution", params={"by": key, "every": 30})).json()["data"]
        for key in ("all", "segment", "owner")
    }
    (whole,) = by["all"]
    assert [day["day"] for day in whole["days"]] == ["2026-08-23", "2026-09-22", "2026-10-22", "2026-11-21"]
    for day in whole["days"]:
        assert sum(day["bands"].values()) == day["accounts"] == 9
        for parts in (by["segment"], by["owner"]):
            same = [one for series in parts for one in series["days"] if one["day"] == day["day"]]
            assert sum(one["accounts"] for one in same) == day["accounts"]
    assert {series["key"] for series in by["owner"]} == {company.ADA, company.GRACE, None}


async def test_a_csm_counts_the_own_book_alone(csm: Client) -> None:
    (own,) = (await csm.get("/v1/distribution", params={"by": "owner"})).json()["data"]
    assert own["key"] == company.ADA


@pytest.mark.parametrize("asked", [{"since": "2026-11-30"}, {"since": "2026-01-01", "every": 1}, {"by": "band"}])
async def test_what_cannot_be_counted_is_refused(manager: Client, asked: dict[str, object]) -> None:
    assert (await manager.get("/v1/distribution", params=asked)).status_code == 422


async def test_the_team_is_what_the_rules_ask_for(manager: Client) -> None:
    rules, example = (await manager.get("/v1/teams")).json()["data"]
    assert (rules["name"], rules["accounts"], rules["stage"]) == ("seg-13", 9, "Founding")
    assert (example["name"], example["accounts"], example["headcount"]) == ("seg-7", 340, 11)


async def test_the_page_of_bands_draws_each_segment_and_each_owner(visitor: Client) -> None:
    for by, names in (("segment", ["Low touch"]), ("owner", [company.ADA, "Nobody’s"]), ("all", ["All"])):
        page = (await visitor.get("/bands", params={"by": by})).text
        assert all(name in page for name in names), by
        assert "<rect" in page
        assert "The team that these accounts ask for" in page


def test_a_stack_fills_its_day_and_no_more() -> None:
    bands = [ModelBand(name="healthy", lower=60, color="green"), ModelBand(name="critical", lower=0, color="red")]
    first, last = dt.date(2026, 11, 1), dt.date(2026, 11, 8)
    series = BandSeries(key="all", days=[
        BandDay(day=first, accounts=4, score=50, bands={"healthy": 3, "critical": 1}),
        BandDay(day=last, accounts=3, score=40, bands={"critical": 2, "gone": 1}),
    ])  # fmt: skip
    drawn = stack(series, bands, [first, last])
    assert [(one.color, one.height) for one in drawn.pieces[:2]] == [("red", 25.0), ("green", 75.0)]
    for x in {one.x for one in drawn.pieces}:
        assert abs(sum(one.height for one in drawn.pieces if one.x == x) - 100) < 0.01
    assert (drawn.accounts, drawn.weak, drawn.change) == (3, 2, 1)
