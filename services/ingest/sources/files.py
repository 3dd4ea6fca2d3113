"""Rows of files: a mapping turns each into the native events that it stands for. Pure.

Every row ends in exactly one way: taken (it stands for an event), skipped by the mapping's own rule, or rejected
with a reason. Of a row that is taken, a further event may be rejected, e.g. a resolution that lies ahead.
"""

import hashlib
import json
from typing import Any, NamedTuple

from services.ingest.sources.cells import Cells, Export, holds, instant, read
from services.ingest.sources.mapping import EventMapping, FileMapping, kind_of
from services.ingest.sources.shapes import plain
from shared.clock import from_us
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import decode_body, encode_body, event_id

_MOST_LETTERS = 200
NOTHING_APPLIES = "it stands for no event"


class Mapped(NamedTuple):
    """An event of a row. `told` is a digest of what a mutable row said, None where rows do not change; `own_id`
    is the source's id without it."""

    event: Event
    own_id: str
    told: str | None


class Refusal(NamedTuple):
    """An event of a row that cannot be: which one, its own id where it is known, and why."""

    name: str
    own_id: str | None
    rejection: Rejection


class Outcome(NamedTuple):
    """What became of a row: `rejected` is the whole row's end, `parked` are further events of a row taken."""

    events: tuple[Mapped, ...] = ()
    parked: tuple[Refusal, ...] = ()
    rejected: Refusal | None = None
    skipped: str | None = None


def row_to_events(source: str, file: FileMapping, cells: Cells, export: Export) -> Outcome:
    """The row's outcome. Nothing later than the export is believed: it is rejected as too far ahead."""
    own_id = None
    try:
        for skip in file.skip:
            if all(holds(condition, cells, export) for condition in skip.when):
                return Outcome(skipped=skip.because)
        own_id = _row_id(file, cells, export)
        applying = [e for e in file.events if all(holds(condition, cells, export) for condition in e.when)]
    except Rejection as rejection:
        return Outcome(rejected=Refusal("row", own_id, rejection))
    return _taken([_event(source, file, event, cells, export) for event in applying])


def not_ahead(at: int, export: Export) -> int:
    """The instant itself. Raises Rejection TOO_FAR_AHEAD where it lies after the export, by however little."""
    if at > export.exported_at:
        words = f"{from_us(at):%Y-%m-%d %H:%M} lies after the export of {from_us(export.exported_at):%Y-%m-%d %H:%M}"
        raise Rejection(Reason.TOO_FAR_AHEAD, words)
    return at


def _row_id(file: FileMapping, cells: Cells, export: Export) -> str | None:
    found = read(file.events[0].id, cells, export)
    return None if found is None else plain(found)


def _taken(found: list[Mapped | Refusal]) -> Outcome:
    """The first event stands for the row: without it there is nothing to add the others to."""
    if not found:
        return Outcome(skipped=NOTHING_APPLIES)
    if isinstance(found[0], Refusal):
        return Outcome(rejected=found[0])
    events = tuple(one for one in found if isinstance(one, Mapped))
    return Outcome(events, tuple(one for one in found if isinstance(one, Refusal)))


def _event(source: str, file: FileMapping, event: EventMapping, cells: Cells, export: Export) -> Mapped | Refusal:
    own_id = None
    try:
        own_id = _sound("id", read(event.id, cells, export), Reason.NOT_A_CLOUDEVENT)
        account = _sound("account", file.account and read(file.account, cells, export), Reason.MISSING_ACCOUNT)
        occurred_at = _occurred_at(event, cells, export)
        body = decode_body(event.type, _payload(event, cells, export))
    except Rejection as rejection:
        return Refusal(event.name, own_id, rejection)
    raw = encode_body(event.type, body)
    told = _told(event, occurred_at, raw) if event.mutable else None
    identity = event_id(source, own_id if told is None else f"{own_id}@{told}")
    sequence = export.exported_at if event.mutable else 0
    return Mapped(
        Event(identity, source, event.type, (export.namespace, account), occurred_at, sequence, body, raw), own_id, told
    )


def _occurred_at(event: EventMapping, cells: Cells, export: Export) -> int:
    at = instant(event.occurred_at, cells, export)
    if at is None:
        raise Rejection(Reason.MISSING_TIME, f"{event.occurred_at.column or 'the time'} is empty")
    return not_ahead(at, export)


def _payload(event: EventMapping, cells: Cells, export: Export) -> bytes:
    """The payload as JSON; what is empty is left out."""
    payload: dict[str, Any] = {}
    for name, value in event.fields.items():
        found = read(value, cells, export, kind_of(event.type, name))
        if found is not None:
            outer, _, inner = name.partition(".")
            _put(payload, outer, inner, found)
    return json.dumps(payload, default=str).encode()


def _put(payload: dict[str, Any], outer: str, inner: str, found: Any) -> None:
    if inner:
        payload.setdefault(outer, {})[inner] = found
    else:
        payload[outer] = found


def _told(event: EventMapping, occurred_at: int, raw: bytes) -> str:
    """A digest of what a mutable row says; the export's own instant is not part of it."""
    when = "" if event.occurred_at.exported_at else str(occurred_at)
    return hashlib.blake2b(f"{event.type}\x00{when}\x00".encode() + raw, digest_size=8).hexdigest()


def _sound(name: str, found: Any, reason: Reason) -> str:
    text = plain(found)
    if not text or len(text) > _MOST_LETTERS or "\x00" in text or not _is_unicode(text):
        raise Rejection(reason, f"the {name} must have 1 to {_MOST_LETTERS} letters and no NUL")
    return text


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
