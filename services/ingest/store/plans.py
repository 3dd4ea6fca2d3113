"""A success plan, for whoever is about to change it."""

from typing import Any

import msgspec

from shared.database import Writing


async def lock(tx: Writing, account: int, plan_id: str) -> dict[str, Any] | None:
    """The plan as `success_plan.updated` has it, or None; the account is locked until the commit."""
    await tx.value("SELECT 1 FROM facts WHERE account_id = $1 FOR NO KEY UPDATE", account)
    row = await tx.row(
        "SELECT name, status, objectives, milestones, risks FROM success_plans WHERE account_id = $1 AND plan_id = $2",
        account, plan_id,
    )  # fmt: skip
    if row is None:
        return None
    parts = {name: msgspec.json.decode(row[name]) for name in ("objectives", "milestones", "risks")}
    return {"plan_id": plan_id, "name": row["name"], "status": row["status"], **parts}
