"""What passed between accounts and us: meetings, outreach, replies, notes, feedback, talk of competitors."""

import json
from collections.abc import Callable
from typing import Any

from services.ingest.store.lists import rows
from services.ingest.store.lists.pieces import Pieces, Said, hear, write
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
_MEETING_KINDS = ("meeting.updated", "meeting.changed")
_MEETINGS = Pieces(
    "interactions", "interaction_id",
    (("kind", "text"), ("at", "timestamptz"), ("what", "text"), ("status", "text"), ("subject", "text"),
     ("person_ids", "jsonb"), ("absent_ids", "jsonb"), ("ends_at", "timestamptz"), ("stamp", "bytea")),
    (("kind", "meeting"), ("what", "check_in"), ("status", "scheduled"), ("person_ids", "[]"), ("absent_ids", "[]")),
    fixed=("kind", "meeting"),
)  # fmt: skip
_MEETING_COLUMNS = {
    "kind": "what", "status": "status", "starts_at": "at", "ends_at": "ends_at", "subject": "subject",
    "person_ids": "person_ids", "absent_ids": "absent_ids",
}  # fmt: skip
"""Field of a meeting's events → its column."""
_MAY_BE_NOTHING = {"subject", "ends_at"}


async def save(tx: Writing, telling: Telling) -> None:
    """Brings the interactions up to what was told."""
    told = []
    for kind, (name, key, columns) in _KINDS.items():
        for account, id_, event in telling.newest(kind, key):
            own = {"at": from_us(event.occurred_at), "person_ids": _ids(event.body)} | columns(event)
            told.append((account, name, id_, *(own.get(c) for c, _ in _COLUMNS[3:-1]), stamp_of(event)))
    await rows.put(tx, _TABLE, sorted(told, key=lambda row: row[:3]))
    await _save_meetings(tx, telling)


async def _save_meetings(tx: Writing, telling: Telling) -> None:
    """A meeting of which nobody has said when it begins stands where it was first spoken of."""
    meetings = await hear(tx, _MEETINGS, [_said(*told) for told in telling.of(*_MEETING_KINDS)])
    for meeting in meetings.values():
        if "at" not in meeting.heard:
            meeting.values["at"] = from_us(int.from_bytes(min(meeting.heard.values())[:8], "big"))
        meeting.values["stamp"] = max(meeting.heard.values())
    await write(tx, _MEETINGS, meetings)


def _said(account: int, event: Event) -> Said:
    """A `meeting.updated` names all columns, whatever the source left out."""
    body, named = event.body, set(_MEETING_COLUMNS)
    if event.type == "meeting.changed":
        named &= body.model_fields_set
        named = {name for name in named if getattr(body, name) is not None or name in _MAY_BE_NOTHING}
    values = {_MEETING_COLUMNS[name]: getattr(body, name) for name in named}
    values |= {name: json.dumps(values[name]) for name in ("person_ids", "absent_ids") if name in values}
    return Said(account, body.meeting_id, stamp_of(event), values | {"told_at": None})


def _ids(body: Any) -> str:
    person = getattr(body, "person_id", None)
    return json.dumps([] if person is None else [person])


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
    "outreach.sent": ("outreach", "outreach_id", _outreach),
    "reply.received": ("reply", "reply_id", _reply),
    "note.added": ("note", "note_id", _note),
    "feedback.given": ("feedback", "feedback_id", _feedback),
    "competitor.mentioned": ("mention", "mention_id", _mention),
}
"""Type → (kind of the interaction, the payload's id, what of it goes into which column)."""

KINDS = (*_MEETING_KINDS, *_KINDS)
