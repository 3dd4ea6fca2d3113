"""What was agreed: deals, success plans, returns, handoffs, exit interviews, advocacy."""

import json
from typing import Any

from services.ingest.store.lists import rows
from services.ingest.store.lists.pieces import Pieces, Said, hear, write
from services.ingest.store.lists.rows import Table
from services.ingest.store.lists.telling import Telling, stamp_of
from shared.clock import from_us
from shared.contracts import plans
from shared.database import Writing

KINDS = tuple(plans.PAYLOADS)

_DEALS = Pieces(
    "opportunities", "opportunity_id",
    (("name", "text"), ("kind", "text"), ("stage", "text"), ("status", "text"), ("amount", "numeric"),
     ("currency", "text"), ("closes_on", "date"), ("probability", "double precision")),
    (("kind", "new"), ("status", "open")),
)  # fmt: skip

_ENDING = ("stamp", "bytea")
_UPDATED = (("updated_at", "timestamptz"), _ENDING)


def _table(name: str, key: str, *columns: tuple[str, str]) -> Table:
    return Table(name, 2, (("account_id", "bigint"), (key, "text"), *columns))


_WHOLE: dict[str, Table] = {
    "success_plan.updated": _table(
        "success_plans", "plan_id", ("name", "text"), ("status", "text"), ("objectives", "jsonb"),
        ("milestones", "jsonb"), ("risks", "jsonb"), *_UPDATED,
    ),
    "roi.recorded": _table(
        "roi_items", "roi_id", ("name", "text"), ("promised", "numeric"), ("actual", "numeric"), ("currency", "text"),
        ("confirmed", "boolean"), *_UPDATED,
    ),
    "handoff.updated": _table(
        "handoffs", "handoff_id", ("sales_owner", "text"), ("status", "text"), ("goals", "text"),
        ("commitments", "text"), ("risks", "text"), *_UPDATED,
    ),
    "exit_interview.recorded": _table(
        "exit_interviews", "interview_id", ("reason", "text"), ("competitor", "text"), ("comment", "text"),
        ("would_return", "boolean"), ("held_at", "timestamptz"), _ENDING,
    ),
    "advocacy.recorded": _table(
        "advocacy", "advocacy_id", ("kind", "text"), ("person_id", "text"), ("at", "timestamptz"), _ENDING
    ),
}  # fmt: skip
"""Type → its table. Columns between the id and the two last are fields of the payload."""

TABLES = (_DEALS.name, *(table.name for table in _WHOLE.values()))


async def save(tx: Writing, telling: Telling) -> None:
    """Brings the tables up to what was told."""
    said = [
        Said(account, event.body.opportunity_id, stamp_of(event), _named(event.body))
        for account, event in telling.of("opportunity.updated")
    ]
    await write(tx, _DEALS, await hear(tx, _DEALS, said))
    for kind, table in _WHOLE.items():
        fields = [(name, column == "jsonb") for name, column in table.columns[2:-2]]
        await rows.put(
            tx, table,
            [
                (account, key, *(_plain(event.body, *field) for field in fields), from_us(event.occurred_at),
                 stamp_of(event))
                for account, key, event in telling.newest(kind, table.columns[1][0])
            ],
        )  # fmt: skip


def _named(body: plans.OpportunityUpdated) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.model_fields_set - {"opportunity_id"}}


def _plain(body: Any, name: str, is_list: bool) -> Any:
    value = getattr(body, name)
    return json.dumps([one.model_dump(mode="json") for one in value]) if is_list else value
