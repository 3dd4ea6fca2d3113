"""What support.events do to the facts."""

from typing import Any

from shared.clock import to_us
from shared.contracts import support
from shared.facts import Event, Facts, Survey, Ticket
from shared.fold.pieces import put_mark, put_piece
from shared.fold.stamped import Rule, put, stamp, us

_CLOCKED = {"opened_at", "resolved_at", "first_response_at"}
_CALLED = {"requester_id": "requester", "opened_at": "opened"}
NEVER_NOTHING = {"status", "priority", "escalated", "opened_at"}
"""Fields of ticket.changed that null does not change."""
MARKS = {"reopens": "reopenings", "answers": "answers"}
"""Fields of ticket.changed that each count once → where `Ticket` keeps them."""
_BLANK = Ticket(-1, 0, b"", "open", "normal", None, False, None, None, None, told=[])


def _on_ticket(facts: Facts, event: Event) -> None:
    """All attributes are told at once."""
    body: support.TicketUpdated = event.body
    named = {
        "status": body.status, "priority": body.priority, "sentiment": body.sentiment, "escalated": body.escalated,
        "opened": to_us(body.opened_at), "resolved_at": us(body.resolved_at), "satisfaction": body.satisfaction,
        "first_response_at": us(body.first_response_at), "category": body.category, "requester": body.requester_id,
        "reopened": body.reopened,
    }  # fmt: skip
    put_piece(facts, ("tickets", body.ticket_id), _BLANK, event, named)


def _on_change(facts: Facts, event: Event) -> None:
    """What cannot be nothing is not changed by null."""
    body: support.TicketChanged = event.body
    named: dict[str, Any] = {}
    for name in body.model_fields_set - {"ticket_id", "subject", *MARKS}:
        value = getattr(body, name)
        if value is not None or name not in NEVER_NOTHING:
            named[_CALLED.get(name, name)] = us(value) if name in _CLOCKED else value
    put_piece(facts, ("tickets", body.ticket_id), _BLANK, event, named)
    for name, marks in MARKS.items():
        if getattr(body, name):
            put_mark(facts, body.ticket_id, marks, event)


def _on_survey(facts: Facts, event: Event) -> None:
    body: support.SurveyResponse = event.body
    who = body.respondent.external_id if body.respondent else None
    item = Survey(*stamp(event), body.survey_type, body.score, float(body.scale_min), float(body.scale_max), who)
    put(facts.surveys, body.survey_id, item)


RULES: dict[str, Rule] = {
    "ticket.updated": _on_ticket,
    "ticket.changed": _on_change,
    "survey.response": _on_survey,
}
