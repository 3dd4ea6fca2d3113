"""Questions about the customer record: whom we know, what they pay, what they ask, what they want to reach."""

from typing import Any, NamedTuple, TypeVar

import msgspec

from services.api.cursors import After, page, read_cursor, write_cursor
from services.api.schemas import Page, Schema
from shared.database import Reading, Row

Shown = TypeVar("Shown", bound=Schema)


class ById(After, array_like=True, frozen=True):
    """Things of an account in the order of their ids."""

    id: str


class List(NamedTuple):
    """A list for reading: its table, its id, and what is shown of it; which of that is JSON."""

    table: str
    id: str
    columns: str
    json: tuple[str, ...] = ()


PEOPLE = List(
    "people", "person_id",
    "person_id, called AS name, email, title, role, level, relationship_strength, engaged, email_bounced, left_at,"
    " left_reason",
)  # fmt: skip
SUBSCRIPTIONS = List(
    "subscriptions", "subscription_id",
    "subscription_id, status, plan, mrr, metered, uncertain, currency, seats, started_at, renews_at, ends_at, cancels",
)  # fmt: skip
TICKETS = List(
    "tickets", "ticket_id",
    "ticket_id, status, priority, subject, category, sentiment, escalated, reopened, opened_at, first_response_at,"
    " resolved_at, satisfaction",
)  # fmt: skip
PLANS = List("success_plans", "plan_id", "plan_id, name, status, objectives, milestones, risks, updated_at",
              ("objectives", "milestones", "risks"))  # fmt: skip
MOVEMENTS = List(
    "mrr_movements",
    "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US ') || subscription_id || ' ' || currency",
    "at, subscription_id, kind, amount, currency, encode(event_id, 'hex') AS event_id",
)  # fmt: skip
OPPORTUNITIES = List(
    "opportunities", "opportunity_id",
    "opportunity_id, name, kind, stage, status, amount, currency, closes_on, probability",
)  # fmt: skip
SURVEYS = List(
    "surveys", "survey_id", "survey_id, kind, score, scale_min, scale_max, comment, person_id, answered_at"
)  # fmt: skip
INTERACTIONS = List(
    "interactions", "kind || ' ' || interaction_id",
    "interaction_id, kind, at, what, status, subject, words, person_ids, absent_ids, author, ends_at",
    ("person_ids", "absent_ids"),
)  # fmt: skip
RETURNS = List("roi_items", "roi_id", "roi_id, name, promised, actual, currency, confirmed, updated_at")
HANDOFFS = List(
    "handoffs", "handoff_id", "handoff_id, sales_owner, status, goals, commitments, risks, updated_at"
)  # fmt: skip
EXIT_INTERVIEWS = List(
    "exit_interviews", "interview_id", "interview_id, reason, competitor, comment, would_return, held_at"
)  # fmt: skip
ADVOCACY = List("advocacy", "advocacy_id", "advocacy_id, kind, person_id, at")
CAPACITY = List(
    "capacity", "'one'",
    "licensed_seats, used_seats, storage_gb, storage_limit_gb, api_requests, api_limit",
)  # fmt: skip


async def listed(
    tx: Reading, wanted: List, shown: type[Shown], account: int, part: tuple[int, str | None]
) -> Page[Shown]:
    """A page of a list, by id: `part` is (how many at most, where it goes on)."""
    limit, cursor = part
    after = read_cursor(cursor, ById) or ById("")
    rows = await tx.fetch(
        f"""
        SELECT {wanted.id} AS place, {wanted.columns} FROM {wanted.table}
         WHERE account_id = $1 AND {wanted.id} > $2 COLLATE "C" ORDER BY {wanted.id} COLLATE "C" LIMIT $3
        """,
        account, after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    return Page[shown](  # type: ignore[valid-type]
        data=[shown(**_told(wanted, row)) for row in found], next=last and write_cursor(ById(last["place"]))
    )


def _told(wanted: List, row: Row) -> dict[str, Any]:
    return {
        name: msgspec.json.decode(value) if name in wanted.json else value
        for name, value in row.items()
        if name != "place"
    }
