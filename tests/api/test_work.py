"""Tasks and runs: listed, completed, skipped."""

import pytest

from shared.database import Database
from tests.api import company
from tests.api.conftest import As, Client


@pytest.fixture
async def database(own_company: Database) -> Database:
    return own_company


async def test_tasks_come_in_the_order_they_are_due(manager: Client) -> None:
    tasks = (await manager.get("/v1/tasks?account=102&status=open")).json()["data"]
    assert len(tasks) > 3
    assert [task["due_on"] for task in tasks] == sorted(task["due_on"] for task in tasks)
    assert {task["account_name"] for task in tasks} == {"Zoë & Søn 🚀 GmbH"}


async def test_task_pages_hold_every_task_once(manager: Client) -> None:
    whole = [task["id"] for task in (await manager.get("/v1/tasks?limit=200")).json()["data"]]
    first = (await manager.get("/v1/tasks?limit=2")).json()
    rest = (await manager.get("/v1/tasks", params={"limit": 200, "cursor": first["next"]})).json()
    assert [task["id"] for task in first["data"] + rest["data"]] == whole


async def test_tasks_are_found_by_owner_and_day(manager: Client) -> None:
    mine = (await manager.get("/v1/tasks?owner=ADA@example.com&due_by=2026-11-12")).json()["data"]
    assert mine
    assert all(task["owner"] == company.ADA and task["due_on"] <= "2026-11-12" for task in mine)


async def test_a_completed_task_keeps_its_outcome_and_who_did_it(database: Database, csm: Client) -> None:
    async with database.reading() as tx:
        task = await company.first_task(tx)
    answer = await csm.post(f"/v1/tasks/{task}/complete", json={"outcome": "They are back 🎉"})
    assert answer.status_code == 200
    done = answer.json()
    assert (done["status"], done["outcome"]) == ("done", "They are back 🎉")
    assert done["closed_by"].startswith("key csm (")
    async with database.reading() as tx:
        noted = await tx.row("SELECT actor, action, object FROM audit_log WHERE action LIKE 'task%'")
    assert noted is not None
    assert tuple(noted) == (done["closed_by"], "task.completed", str(task))


async def test_a_closed_task_cannot_be_closed_again(database: Database, manager: Client) -> None:
    async with database.reading() as tx:
        task = await company.first_task(tx)
    assert (await manager.post(f"/v1/tasks/{task}/skip", json={"reason": "on holiday"})).json()["status"] == "skipped"
    again = await manager.post(f"/v1/tasks/{task}/complete", json={"outcome": "x"})
    assert again.status_code == 409
    assert again.json()["type"] == "urn:steward:problem:conflict"
    async with database.reading() as tx:
        assert await tx.value("SELECT count(*) FROM audit_log WHERE action LIKE 'task%'") == 1


async def test_runs_say_why_they_started(manager: Client) -> None:
    runs = (await manager.get("/v1/runs?account=102&state=open")).json()["data"]
    assert len(runs) == 1
    assert "below 40" in runs[0]["words"]
    assert runs[0]["tasks_open"] > 3


async def test_a_run_shows_all_its_steps_with_their_day_and_what_became_of_them(manager: Client) -> None:
    (run,) = (await manager.get("/v1/runs?account=102")).json()["data"]
    assert run["playbook_name"] == "At-Risk"
    states = {step["step"]: step["state"] for step in run["steps"]}
    assert len(states) == 11
    assert {"open", "waiting"} <= set(states.values())
    assert all(step["title"] and step["due_on"] for step in run["steps"])
    asked = {step["step"]: step["condition"] for step in run["steps"] if step["condition"]}
    assert asked == {
        "internal-escalation": "nobody has replied since the run started",
        "executive-outreach": "nobody has replied since the run started or the score is below 20",
    }


async def test_a_task_says_how_one_knows_that_it_worked(manager: Client) -> None:
    tasks = (await manager.get("/v1/tasks?account=102")).json()["data"]
    assert {task["playbook_name"] for task in tasks} == {"At-Risk"}
    assert any(task["success"] for task in tasks)


@pytest.mark.parametrize(("act", "status"), [("replay", "replayed"), ("discard", "discarded")])
async def test_rejected_records_are_dealt_with_by_source_and_reason(
    database: Database, speak: As, keys: dict[str, str], act: str, status: str
) -> None:
    admin = speak(keys["admin"])
    answer = await admin.post(f"/v1/rejected/{act}", json={"source": "crm", "reason": "not_json"})
    assert answer.json() == {"records": 2}
    assert len((await admin.get(f"/v1/rejected?status={status}")).json()["data"]) == 2
    assert (await admin.post(f"/v1/rejected/{act}", json={"source": "crm", "reason": "not_json"})).json() == {
        "records": 0
    }
    assert (await admin.post(f"/v1/rejected/{act}", json={})).status_code == 422
