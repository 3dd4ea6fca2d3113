"""Accounts by REST: found, explained, remembered."""

from decimal import Decimal

import pytest

from shared.database import Database
from tests.api import company
from tests.api.conftest import Client


@pytest.fixture
async def database(settled: Database) -> Database:
    return settled


async def test_the_worst_come_first_and_those_without_a_score_last(manager: Client) -> None:
    found = (await manager.get("/v1/accounts")).json()["data"]
    scores = [101 if one["score"] is None else one["score"] for one in found]
    assert scores == sorted(scores)
    assert found[-1]["band"] == "unknown"
    assert len(found) == len(company.STORIES)


async def test_pages_follow_one_another_without_gap_or_repeat(manager: Client) -> None:
    seen, cursor = [], None
    for _ in range(10):
        page = (await manager.get("/v1/accounts", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(one.id for one in company.STORIES)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"band": "critical"}, {102}),
        ({"band": "unknown"}, {110}),
        ({"owner": "GRACE@example.com"}, {103, 105, 107}),
        ({"segment": "high_touch", "q": "umbrella"}, {106}),
        ({"q": "النور"}, {103}),
        ({"q": "🚀"}, {102}),
        ({"q": "acc-104"}, {104}),
        ({"q": "105"}, {105}),
        ({"q": "106.example.com"}, {106}),
        ({"q": "100% of _"}, set()),
    ],
)
async def test_accounts_are_found_by(asked: dict[str, str], found: set[int], manager: Client) -> None:
    answer = (await manager.get("/v1/accounts", params=asked)).json()["data"]
    assert {one["id"] for one in answer} == found


async def test_what_is_known_of_an_account_stands_in_its_row(manager: Client) -> None:
    one = (await manager.get("/v1/accounts?q=102")).json()["data"][0]
    assert one["name"] == "Zoë & Søn 🚀 GmbH"
    assert (one["arr"], one["segment"], one["owner"]) == (62_000, "low_touch", company.ADA)
    assert 0 < one["coverage"] < 1


async def test_contributions_exception_and_rounding_add_up_to_the_score(manager: Client) -> None:
    for story in company.STORIES[:9]:
        answer = (await manager.get(f"/v1/accounts/{story.id}")).json()
        told = answer["explanation"]
        parts = [Decimal(str(one["contribution"])) for group in told["groups"] for one in group["measures"]]
        groups = [Decimal(str(group["contribution"])) for group in told["groups"]]
        rest = Decimal(str(told["exception_points"])) + Decimal(str(told["rounding_points"]))
        assert sum(parts) + rest == sum(groups) + rest == answer["score"]
        weights = [one["weight"] for group in told["groups"] for one in group["measures"]]
        assert sum(weights) == pytest.approx(100, abs=1e-4)


async def test_the_parts_of_every_change_add_up_to_it(manager: Client) -> None:
    for story in company.STORIES[:5]:
        for change in (await manager.get(f"/v1/accounts/{story.id}")).json()["changes"]:
            parts = sum(Decimal(str(part["points"])) for part in change["parts"])
            assert parts == change["points"] == (change["to_score"] or 0) - (change["from_score"] or 0)


async def test_every_event_that_an_explanation_names_opens(manager: Client) -> None:
    named = 0
    for story in company.STORIES[:9]:
        for change in (await manager.get(f"/v1/accounts/{story.id}")).json()["changes"]:
            for event in (event for part in change["parts"] for event in part["events"]):
                answer = await manager.get(f"/v1/events/{event}", params={"account": story.id})
                assert answer.json()["account_id"] == story.id
                named += 1
    assert named > 5


async def test_an_exception_is_told_in_words(manager: Client) -> None:
    told = (await manager.get("/v1/accounts/102")).json()["explanation"]
    assert told["exception"] == "Nobody has signed in for 14 days"
    assert told["exception_points"] < 0


async def test_an_account_that_nobody_has_assessed_says_so(manager: Client) -> None:
    answer = (await manager.get("/v1/accounts/110")).json()
    assert (answer["score"], answer["band"], answer["coverage"], answer["explanation"]) == (None, "unknown", None, None)


# --- history ------------------------------------------------------------------------------------------


async def test_history_comes_newest_first_with_the_values_of_all_measures(manager: Client) -> None:
    rows = (await manager.get("/v1/accounts/101/history?limit=200")).json()["data"]
    times = [row["effective_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert {row["kind"] for row in rows} == {"move", "close"}
    close = next(row for row in rows if row["kind"] == "close")
    assert [name.split()[0] for name in close["measures"]] == list(company.MODEL.measures)


async def test_since_is_included_and_until_is_not(manager: Client) -> None:
    asked = {"since": "2026-11-01", "until": "2026-11-08T00:00:00Z"}
    rows = (await manager.get("/v1/accounts/101/history", params=asked)).json()["data"]
    closes = [row["effective_at"][:10] for row in rows if row["kind"] == "close"]
    assert closes == [f"2026-11-0{day}" for day in range(7, 0, -1)]


async def test_history_pages_hold_every_row_once(manager: Client) -> None:
    whole = (await manager.get("/v1/accounts/101/history?limit=200")).json()["data"]
    pages, cursor = [], ""
    while cursor is not None:
        asked = {"limit": 17} | ({"cursor": cursor} if cursor else {})
        page = (await manager.get("/v1/accounts/101/history", params=asked)).json()
        pages += page["data"]
        cursor = page["next"]
    assert pages == whole


async def test_models_tell_their_bands_and_weights(manager: Client) -> None:
    models = (await manager.get("/v1/models")).json()["data"]
    model = next(one for one in models if one["name"] == "hm-2")
    assert (model["name"], model["accounts"]) == ("hm-2", 9)
    assert [(band["name"], band["lower"]) for band in model["bands"]][:2] == [("healthy", 80), ("stable", 60)]
    assert [group["weight"] for group in model["groups"]] == [40, 25, 20, 15]


@pytest.mark.parametrize(
    ("asked", "known"),
    [("band=nosuch", "at_risk, critical"), ("segment=nosuch", "high_touch"), ("bnad=critical", "band, cursor")],
)
async def test_what_is_not_known_is_refused_with_what_is(manager: Client, asked: str, known: str) -> None:
    answer = await manager.get(f"/v1/accounts?{asked}")
    assert answer.status_code == 422
    assert known in answer.json()["remedy"]


async def test_an_account_is_in_its_band_since_its_episode_began(manager: Client) -> None:
    account = (await manager.get("/v1/accounts/102")).json()
    assert account["episode"]["band"] == account["band"]
    assert account["in_band_since"] == account["episode"]["opened_at"]


async def test_weights_of_groups_are_exact(manager: Client) -> None:
    for id_ in (101, 102, 109):
        groups = (await manager.get(f"/v1/accounts/{id_}")).json()["explanation"]["groups"]
        assert sum(Decimal(str(group["weight"])) for group in groups) == 100
