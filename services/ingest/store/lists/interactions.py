"""What passed between accounts and us: meetings, outreach, replies, notes, feedback, talk of competitors."""

import json
from collections.abc import Callable
from typing import Any

from services.ingest.store.lists import rows
from services.ingest.store.lists.rows import Table
from services.ingest.store.lists.telling import Telling, stamp_of
from shared.clock import from_us
from shared.database import Writing
from shared.facts import Event

TABLES = ("interactions",)

_COLUMNS = (
    ("account_id", "bigint"), ("kind", "text"), ("interaction_id", "text"), ("at", "timestamptz"), ("what", "text"),
    ("status", "text"), ("subject", "text"), ("words", "text"), ("person_ids", "jsonb"), ("author", "text"),
    ("ends_at", "timestamptz"), ("stamp", "bytea"),
)  # fmt: skip
_TABLE = Table("interactions", 3, _COLUMNS)


async def save(tx: Writing, telling: Telling) -> None:
    """Brings the interactions up to what was told."""
    told = []
    for kind, (name, key, columns) in _KINDS.items():
        for account, id_, event in telling.newest(kind, key):
            own = {"at": from_us(event.occurred_at), "person_ids": _ids(event.body)} | columns(event)
            told.append((account, name, id_, *(own.get(c) for c, _ in _COLUMNS[3:-1]), stamp_of(event)))
    await rows.put(tx, _TABLE, sorted(told, key=lambda row: row[:3]))


def _ids(body: Any) -> str:
    person = getattr(body, "person_id", None)
    return json.dumps(getattr(body, "person_ids", [] if person is None else [person]))


def _meeting(event: Event) -> dict[str, Any]:
    body = event.body
    return {
        "at": body.starts_at, "what": body.kind, "status": body.status, "subject": body.subject,
        "ends_at": body.ends_at,
    }  # fmt: skip


def _outreach(event: Event) -> dict[str, Any]:
    return {"what": event.body.channel}


def _reply(event: Event) -> dict[str, Any]:
    return {"what": event.body.outreach_id}


def _note(event: Event) -> dict[str, Any]:
    return {"words": event.body.text, "author": event.body.author}


def _feedback(event: Event) -> dict[str, Any]:
    return {"what": event.body.kind, "status": event.body.sentiment, "words": event.body.text}


def _mention(event: Event) -> dict[str, Any]:
    return {"what": event.body.competitor, "words": event.body.context}


_KINDS: dict[str, tuple[str, str, Callable[[Event], dict[str, Any]]]] = {
    "meeting.updated": ("meeting", "meeting_id", _meeting),
    "outreach.sent": ("outreach", "outreach_id", _outreach),
    "reply.received": ("reply", "reply_id", _reply),
    "note.added": ("note", "note_id", _note),
    "feedback.given": ("feedback", "feedback_id", _feedback),
    "competitor.mentioned": ("mention", "mention_id", _mention),
}
"""Type → (kind of the interaction, the payload's id, what of it goes into which column)."""

KINDS = tuple(_KINDS)
