"""A goal of a success plan is set: the plan is told whole, as it is with the goal."""

from collections.abc import Mapping
from typing import Any

from services.ingest.store import plans
from shared.database import Writing


async def with_goal(tx: Writing, account: int, plan_id: str, goal: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `success_plan.updated`. Nobody else sets a goal of the account meanwhile, until the commit."""
    plan = await plans.lock(tx, account, plan_id) or {"plan_id": plan_id}
    goals = {one["objective_id"]: one for one in plan.get("objectives", ())}
    goals[goal["objective_id"]] = goals.get(goal["objective_id"], {}) | dict(goal)
    return plan | {"objectives": list(goals.values())}
