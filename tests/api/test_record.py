"""The customer record by the API: read list by list, written as events, read again at once."""

import datetime as dt

import pytest
from fastapi import FastAPI

from services.ingest.store.accounts import account_id
from shared.database import Database
from tests.api.conftest import Client
from tests.cast import NOW
from tests.ingest.identity_world import ACME, World, told

A = account_id(ACME)
AT = f"/v1/accounts/{A}"
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
async def world(app: FastAPI, database: Database) -> World:
    world = World(database)
    await world.hear(
        told("account.updated", id="a", name="Acme"),
        told("person.updated", id="1", person_id="mia", name="Mia Chen", role="champion"),
        told("person.updated", id="2", person_id="noor", name="Noor"),
        told("subscription.updated", id="3", subscription_id="s", status="active", amount="120", interval="month"),
        told("ticket.updated", id="4", ticket_id="t", status="open", opened_at="2026-03-01T00:00:00Z"),
        told("success_plan.updated", id="5", plan_id="p", name="Roll out",
             objectives=[{"objective_id": "seats", "target": 40}], risks=[{"risk_id": "r", "name": "budget"}]),
    )  # fmt: skip
    return world


async def test_each_list_is_read_a_page_at_a_time(world: World, manager: Client) -> None:
    page = (await manager.get(f"{AT}/people?limit=1")).json()
    rest = (await manager.get(f"{AT}/people?limit=9&cursor={page['next']}")).json()
    assert [one["person_id"] for one in [*page["data"], *rest["data"]]] == ["mia", "noor"]
    (subscription,) = (await manager.get(f"{AT}/subscriptions")).json()["data"]
    (movement,) = (await manager.get(f"{AT}/movements")).json()["data"]
    assert (subscription["mrr"], movement["kind"], movement["amount"]) == (120, "new", 120)
    (ticket,) = (await manager.get(f"{AT}/tickets")).json()["data"]
    assert (ticket["ticket_id"], ticket["status"], ticket["reopened"]) == ("t", "open", 0)


AGREED = {
    "opportunities": (
        told("opportunity.updated", id="20", opportunity_id="o", kind="renewal", amount="900", currency="USD"),
        {"opportunity_id": "o", "kind": "renewal", "status": "open", "amount": 900},
    ),
    "surveys": (
        told("survey.response", id="21", survey_id="n", survey_type="nps", score=9, scale_min=0, scale_max=10),
        {"survey_id": "n", "kind": "nps", "score": 9},
    ),
    "interactions": (
        told("meeting.updated", id="22", meeting_id="m", kind="qbr", status="held", starts_at="2026-03-01T00:00:00Z",
             person_ids=["mia"]),
        {"interaction_id": "m", "kind": "meeting", "what": "qbr", "person_ids": ["mia"], "absent_ids": []},
    ),
    "returns": (
        told("roi.recorded", id="23", roi_id="r", promised="100", actual="80", currency="USD"),
        {"roi_id": "r", "promised": 100, "actual": 80},
    ),
    "handoffs": (
        told("handoff.updated", id="24", handoff_id="h", status="complete", risks="none"),
        {"handoff_id": "h", "status": "complete", "risks": "none"},
    ),
    "exit-interviews": (
        told("exit_interview.recorded", id="25", interview_id="x", reason="cost"),
        {"interview_id": "x", "reason": "cost"},
    ),
    "advocacy": (
        told("advocacy.recorded", id="26", advocacy_id="a", kind="reference"), {"advocacy_id": "a", "kind": "reference"}
    ),
    "capacity": (told("capacity.reported", id="27", licensed_seats=40, used_seats=31), {"used_seats": 31}),
}  # fmt: skip
"""List → an event, and what it shows of it."""


@pytest.mark.parametrize("path", AGREED)
async def test_what_passed_and_was_agreed_is_read_list_by_list(world: World, manager: Client, path: str) -> None:
    event, shown = AGREED[path]
    assert (await manager.get(f"{AT}/{path}")).json() == {"data": [], "next": None}
    await world.hear(event)
    (line,) = (await manager.get(f"{AT}/{path}")).json()["data"]
    assert shown.items() <= line.items()


async def test_what_is_no_sure_revenue_is_marked_and_a_ticket_has_its_rating(world: World, manager: Client) -> None:
    items = [{"item_id": "seats", "amount": "50"}, {"item_id": "calls", "amount": "25", "metered": True},
             {"item_id": "unknown"}]  # fmt: skip
    await world.hear(
        told("subscription.updated", id="10", at=LATER, subscription_id="s", status="active", interval="month",
             items=items),
        told("ticket.updated", id="11", at=LATER, ticket_id="t", status="solved", opened_at=NOW, satisfaction=4),
    )  # fmt: skip
    (subscription,) = (await manager.get(f"{AT}/subscriptions")).json()["data"]
    assert (subscription["mrr"], subscription["metered"], subscription["uncertain"]) == (50, 25, True)
    (ticket,) = (await manager.get(f"{AT}/tickets")).json()["data"]
    assert ticket["satisfaction"] == 4


async def test_a_note_is_an_event_of_source_steward(world: World, manager: Client) -> None:
    said = await manager.post(f"{AT}/notes", json={"text": "they want more seats"})
    assert said.status_code == 201
    event = (await manager.get(f"/v1/events/{said.json()['event_id']}")).json()
    assert (event["source"], event["type"], event["data"]["text"]) == ("steward", "note.added", "they want more seats")


async def test_whoever_rates_a_relationship_reads_it_at_once(world: World, manager: Client) -> None:
    asked = {"relationship_strength": 4, "engaged": True}
    assert (await manager.put(f"{AT}/people/mia/relationship", json=asked)).status_code == 200
    mia = (await manager.get(f"{AT}/people?limit=1")).json()["data"][0]
    assert (mia["relationship_strength"], mia["engaged"], mia["role"], mia["name"]) == (4, True, "champion", "Mia Chen")
    assert (await manager.put(f"{AT}/people/mia/relationship", json={"role": "king"})).status_code == 422


async def test_a_goal_is_set_within_its_plan_and_leaves_the_rest(world: World, manager: Client) -> None:
    await manager.put(f"{AT}/plans/p/goals/seats", json={"actual": 31})
    await manager.put(f"{AT}/plans/p/goals/logins", json={"target": 9, "due_on": "2026-12-24"})
    await manager.put(f"{AT}/plans/q/goals/first", json={"name": "Go live"})
    plan, other = (await manager.get(f"{AT}/plans")).json()["data"]
    goals = {one["objective_id"]: one for one in plan["objectives"]}
    assert (goals["seats"]["target"], goals["seats"]["actual"], goals["logins"]["due_on"]) == (40, 31, "2026-12-24")
    assert (plan["name"], len(plan["risks"]), other["plan_id"]) == ("Roll out", 1, "q")


async def test_a_mark_of_lost_changes_is_shown_and_taken_off_by_hand(world: World, manager: Client) -> None:
    await world.hear(told("account.refresh_needed", id="r"))
    assert (await manager.get(AT)).json()["refresh_since"] is not None
    assert (await manager.post(f"{AT}/refreshed")).status_code == 200
    assert (await manager.get(AT)).json()["refresh_since"] is None


async def test_a_deleted_account_is_shown_as_such_and_in_no_list(world: World, manager: Client) -> None:
    await world.hear(told("account.deleted", id="d"))
    assert (await manager.get(AT)).json()["deleted_at"] is not None
    gone = (await manager.get("/v1/accounts?deleted=true")).json()["data"]
    assert [one["id"] for one in gone] == [account_id(ACME)]
    assert (await manager.get("/v1/accounts")).json()["data"] == []
    assert "deleted" in (await manager.get(AT)).text


async def test_the_timeline_is_read_a_page_at_a_time_newest_first(world: World, manager: Client) -> None:
    page = (await manager.get(f"{AT}/timeline?limit=4")).json()
    rest = (await manager.get(f"{AT}/timeline?limit=4&cursor={page['next']}")).json()
    lines = [*page["data"], *rest["data"]]
    assert [len(page["data"]), len(rest["data"]), rest["next"]] == [4, 2, None]
    assert {line["event"]["type"] for line in lines} == {
        "account.updated", "person.updated", "subscription.updated", "ticket.updated", "success_plan.updated",
    }  # fmt: skip
    assert sorted(line["at"] for line in lines)[::-1] == [line["at"] for line in lines]
    assert any("Mia Chen" in line["words"] for line in lines)
