"""Tickets, and answers to surveys."""

from typing import Any

from services.ingest.store.lists import rows
from services.ingest.store.lists.pieces import Pieces, Said, Thing, hear, write
from services.ingest.store.lists.rows import Table
from services.ingest.store.lists.telling import Telling, stamp_of
from shared.clock import from_us
from shared.database import Writing
from shared.facts import Event
from shared.fold.support import MARKS, NEVER_NOTHING

KINDS = ("ticket.updated", "ticket.changed", "survey.response")
TABLES = ("tickets", "surveys")

_TICKETS = Pieces(
    "tickets", "ticket_id",
    (("status", "text"), ("priority", "text"), ("subject", "text"), ("sentiment", "text"), ("escalated", "boolean"),
     ("opened_at", "timestamptz"), ("resolved_at", "timestamptz"), ("satisfaction", "double precision"),
     ("first_response_at", "timestamptz"), ("requester_id", "text"), ("category", "text"), ("reopened", "bigint")),
    (("status", "open"), ("priority", "normal"), ("escalated", False), ("reopened", 0)),
)  # fmt: skip
_SURVEYS = Table(
    "surveys", 2,
    (("account_id", "bigint"), ("survey_id", "text"), ("kind", "text"), ("score", "double precision"),
     ("scale_min", "double precision"), ("scale_max", "double precision"), ("comment", "text"), ("person_id", "text"),
     ("email", "text"), ("answered_at", "timestamptz"), ("stamp", "bytea")),
)  # fmt: skip


async def save(tx: Writing, telling: Telling) -> None:
    """Brings tickets and surveys up to what was told. What counts by single events is the facts' to know."""
    tickets = await hear(tx, _TICKETS, [_said(*told) for told in telling.of("ticket.updated", "ticket.changed")])
    for (account, id_), ticket in tickets.items():
        _settle(ticket)
        known = telling.facts[account].tickets.get(id_)
        if known is not None:
            ticket.values["reopened"] = known.times_reopened
            ticket.values["first_response_at"] = known.answered_at and from_us(known.answered_at)
    await write(tx, _TICKETS, tickets)
    answers = telling.newest("survey.response", "survey_id")
    await rows.put(tx, _SURVEYS, [(account, id_, *_answer(event)) for account, id_, event in answers])


def _said(account: int, event: Event) -> Said:
    """A `ticket.updated` names all columns, whatever the source left out."""
    body = event.body
    if event.type == "ticket.updated":
        named = {name: getattr(body, name) for name, _ in _TICKETS.columns}
    else:
        named = {name: getattr(body, name) for name in body.model_fields_set - {"ticket_id", *MARKS}}
        named = {name: value for name, value in named.items() if value is not None or name not in NEVER_NOTHING}
    return Said(account, body.ticket_id, stamp_of(event), named | {"told_at": None})


def _settle(ticket: Thing) -> None:
    """A ticket that was never said to be opened counts from the oldest event that still says something of it."""
    if "opened_at" not in ticket.heard:
        ticket.values["opened_at"] = from_us(int.from_bytes(min(ticket.heard.values())[:8], "big"))


def _answer(event: Event) -> tuple[Any, ...]:
    body = event.body
    who = body.respondent
    return (
        body.survey_type, body.score, body.scale_min, body.scale_max, body.comment, who and who.external_id,
        who and who.email, from_us(event.occurred_at), stamp_of(event),
    )  # fmt: skip
