"""The JSON of Zendesk's triggers, which whoever sets one up writes: by our names, or by a template. Pure.

docs/sources.md has the body to paste. A body of another make is read by `STEWARD_SOURCE_TEMPLATES`: our name → the
path in the body, `ticket.state`; and, for words in another language, `status=Gelöst` → `solved`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.ingest.sources.drafts import Draft, instant, read, time_of
from services.ingest.sources.source import Options
from services.ingest.sources.zendesk_tickets import OVER, Ticket, rating_drafts, state_of, ticket_of
from shared.broker import Record
from shared.errors import Rejection
from shared.native import parse_time

NAMES = {
    "id": "ticket_id", "status": "status", "priority": "priority", "subject": "subject", "tags": "tags",
    "type": "type", "organization_id": "organization_id", "requester_id": "requester_id",
    "requester_email": "requester_email", "created_at": "created_at",
}  # fmt: skip
"""What a ticket is read by → our name of it in a trigger's body."""


def drafts(record: Record, options: Options) -> Sequence[Draft]:
    """The state of the ticket at `updated_at`, and its rating where there is one. Times have whole minutes, so what
    arrived later is the later state. Raises Rejection."""
    body = read(record.value, dict[str, Any])
    ticket = ticket_of({name: found(body, ours, options.template) for name, ours in NAMES.items()}, options)
    at, arrived = time_of(found(body, "updated_at", options.template), options.zone), _arrived(record)
    score = found(body, "satisfaction", options.template)
    score = options.template.get(f"satisfaction={score}", score) if isinstance(score, str) else score
    answers = rating_drafts(ticket, at, arrived, score, found(body, "satisfaction_comment", options.template))
    return [*answers, state_of(ticket, at, arrived, **_resolved(ticket, at, bool(answers)))]


def _resolved(ticket: Ticket, at: int, rated: bool) -> dict[str, Any]:
    """Solved counts from the trigger that says so first: not from the rating that follows, nor from closing."""
    if ticket.status in OVER:
        return {} if rated or ticket.status == "closed" else {"resolved_at": instant(at)}
    return {"resolved_at": None}


def found(body: Mapping[str, Any], name: str, template: Mapping[str, str]) -> Any:
    """What the body says under our name, or under the path that the template gives; None for nothing and ""."""
    value: Any = body
    for step in template.get(name, name).split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return None if value == "" else value


def _arrived(record: Record) -> int:
    """When the record came, in µs; 0 where the door has not said."""
    try:
        return parse_time(record.header("steward_received_at") or "")
    except Rejection:
        return 0
