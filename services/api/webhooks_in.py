"""Webhooks: a source's door verifies the exact bytes and tells the records apart; here they are wrapped, raw. Pure."""

import datetime as dt
from collections.abc import Mapping

from services.api.events_in import RECEIVED_AT
from services.ingest.sources import SOURCES
from services.ingest.sources.source import Door, Posted, Source, Wrapped
from shared.broker import Outgoing
from shared.errors import NotFound

DOORS: Mapping[str, tuple[Source, Door]] = {s.name: (s, s.door) for s in SOURCES if s.door is not None}
"""The sources that come by webhook, by name."""


def door_of(name: str) -> tuple[Source, Door]:
    """The source and its door. Raises NotFound, naming those that there are."""
    if name not in DOORS:
        raise NotFound("There is no source of that name that comes by webhook.", f"There are {', '.join(DOORS)}.")
    return DOORS[name]


def public_url(base: str | None, scope: Mapping[str, object], seen: str) -> str:
    """The URL that the sender called: path and query as they came, on the public address, or as we see it."""
    if base is None:
        return seen
    path, query = scope.get("raw_path"), scope.get("query_string")
    told = path if isinstance(path, bytes) else str(scope.get("path", "")).encode()
    asked = b"?" + query if isinstance(query, bytes) and query else b""
    return base.rstrip("/") + (told.partition(b"?")[0] + asked).decode("latin-1")


def webhook_records(name: str, posted: Posted, secret: str, now: dt.datetime) -> list[Outgoing]:
    """The records of a verified body, each keyed by the source's own id of the account where it names one.

    Raises Malformed if the signature is missing, wrong, too old or too new, or if the body cannot be told apart.
    """
    source, door = door_of(name)
    door.verify(posted, secret, now)
    return [_record(source, one, now) for one in door.unwrap(posted)]


def _record(source: Source, wrapped: Wrapped, now: dt.datetime) -> Outgoing:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": wrapped.id,
        "ce_source": source.name,
        "ce_type": source.record,
        **({"ce_subject": wrapped.account} if wrapped.account else {}),
        "content-type": "application/json",
        RECEIVED_AT: now.isoformat(),
    }
    key = wrapped.account.encode() if wrapped.account else None
    return Outgoing(source.topic, key, wrapped.value, [(name, value.encode()) for name, value in headers.items()])
