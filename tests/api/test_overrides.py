"""What a person sets counts, is shown beside what is computed, and can be taken back."""

import datetime as dt
import re

import pytest

from shared.clock import FrozenClock
from shared.database import Database
from tests.api import company
from tests.api.conftest import Client

OF_ZOE = "/v1/accounts/102/overrides"
WORD = {"value": 91, "reason": "Their board has signed for two years", "expires_at": "2026-12-01T00:00:00Z"}


@pytest.fixture
async def database(own_company: Database) -> Database:
    return own_company


async def test_a_csm_sets_what_counts_and_sees_both(csm: Client) -> None:
    answer = await csm.post(OF_ZOE, json=WORD)
    assert answer.status_code == 200, answer.text
    account = answer.json()
    assert (account["score"], account["band"]) == (91, "healthy")
    computed = account["explanation"]["score"]
    assert (computed < 60, account["explanation"]["band"]) == (True, "critical")
    assert account["override"]["reason"] == WORD["reason"]
    assert account["override"]["author"].startswith("key csm")
    newest = account["changes"][0]
    (part,) = [part for part in newest["parts"] if part["measure"] == "override"]
    assert (newest["to_score"], 91 - computed - 1 < part["points"] < 91 - computed + 1) == (91, True)
    (listed,) = (await csm.get("/v1/accounts", params={"q": "102"})).json()["data"]
    assert listed["override_until"] == "2026-12-01T00:00:00Z"
    row = (await csm.get("/v1/accounts/102/history", params={"limit": 1})).json()["data"][0]
    assert (row["score"], row["computed_score"], row["override_id"]) == (91, computed, account["override"]["id"])


async def test_the_same_again_changes_nothing_and_another_ends_it(csm: Client) -> None:
    first = (await csm.post(OF_ZOE, json=WORD)).json()["override"]["id"]
    assert (await csm.post(OF_ZOE, json=WORD)).json()["override"]["id"] == first
    assert len((await csm.get(OF_ZOE)).json()["data"]) == 1


async def test_it_is_taken_back_once(csm: Client, clock: FrozenClock) -> None:
    computed = (await csm.post(OF_ZOE, json=WORD)).json()["explanation"]["score"]
    clock.at = company.NOW + dt.timedelta(hours=1)
    account = (await csm.delete(OF_ZOE)).json()
    assert (account["score"], account["override"]) == (computed, None)
    assert (await csm.delete(OF_ZOE)).status_code == 409
    (past,) = (await csm.get(OF_ZOE)).json()["data"]
    assert re.fullmatch(r"key csm \(\w+\) ended it", past["ended_because"])


@pytest.mark.parametrize(
    "wrong",
    [{"value": 101}, {"value": -1}, {"reason": ""}, {"expires_at": "2026-11-01"}, {"expires_at": "2027-11-01"}],
)
async def test_it_has_bounds(csm: Client, wrong: dict[str, object]) -> None:
    assert (await csm.post(OF_ZOE, json={**WORD, **wrong})).status_code == 422


async def test_an_account_without_a_score_has_nothing_to_set(csm: Client) -> None:
    assert (await csm.post("/v1/accounts/110/overrides", json=WORD)).status_code == 409


async def test_who_did_what_is_in_the_audit_log(csm: Client, database: Database) -> None:
    await csm.post(OF_ZOE, json=WORD)
    await csm.delete(OF_ZOE)
    async with database.reading() as tx:
        rows = await tx.fetch(
            "SELECT left(actor, 7), action, object FROM audit_log WHERE action LIKE 'override%' ORDER BY id"
        )
    assert [tuple(row) for row in rows] == [("key csm", "override.set", "102"), ("key csm", "override.ended", "102")]


async def test_the_page_shows_who_set_it_and_lets_it_go(visitor: Client) -> None:
    page = (await visitor.get("/accounts/102")).text
    token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    form = {"csrf": token, "value": "91", "days": "9", "reason": "Their board <b>has</b> signed"}
    assert (await visitor.post("/accounts/102/override", data=form)).status_code == 303
    page = (await visitor.get("/accounts/102")).text
    assert "Set to 91" in page
    assert "Their board &lt;b&gt;has&lt;/b&gt; signed" in page
    assert "Computed it is" in page
    assert (await visitor.post("/accounts/102/override/end", data={"csrf": token})).status_code == 303
    assert "Set to 91" not in (await visitor.get("/accounts/102")).text


async def test_a_form_of_nonsense_is_refused(visitor: Client) -> None:
    token = re.findall(r'name="csrf" value="([^"]+)"', (await visitor.get("/accounts/102")).text)[0]
    for field, value in (("value", "many"), ("value", "101"), ("days", "0"), ("days", "999"), ("reason", " ")):
        form = {"csrf": token, "value": "9", "days": "9", "reason": "so", field: value}
        assert (await visitor.post("/accounts/102/override", data=form)).status_code == 422, (field, value)
