"""Webhooks: a source's door verifies the exact bytes and tells the records apart; here they are wrapped, raw. Pure."""

import datetime as dt
import json
import re
from collections.abc import Mapping

from services.api.events_in import RECEIVED_AT
from services.ingest.sources import SOURCES
from services.ingest.sources.source import Door, Posted, Source, Wrapped
from shared.broker import REQUEST, SIGNED_BODY, Outgoing
from shared.errors import NotFound

_SECRET = re.compile(r"auth|cookie|token|secret|password|api-?key", re.IGNORECASE)
"""Names of headers that show who may send rather than what was sent."""

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
    """The records of a verified body, each keyed by the source's own id of the account where it names one. The first
    carries what else there is to the request; see `shared.broker`.

    Raises Malformed if the signature is missing, wrong, too old or too new, or if the body cannot be told apart.
    """
    source, door = door_of(name)
    door.verify(posted, secret, now)
    records = [_record(source, door, one, now) for one in door.unwrap(posted)]
    if records:
        more = [(REQUEST, _without_secrets(posted.headers))]
        if door.keeps_body and records[0].value != posted.body:
            more.append((SIGNED_BODY, posted.body))
        records[0] = records[0]._replace(headers=[*records[0].headers, *more])
    return records


def _without_secrets(headers: Mapping[str, str]) -> bytes:
    """Signatures are none: whoever knows them knows the body that they are of."""
    return json.dumps({name: value for name, value in headers.items() if not _SECRET.search(name)}).encode()


def _record(source: Source, door: Door, wrapped: Wrapped, now: dt.datetime) -> Outgoing:
    """Its time is that of its arrival: what it tells happened when `translate` says."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": wrapped.id,
        "ce_source": source.name,
        "ce_type": source.record,
        **({"ce_subject": wrapped.account} if wrapped.account else {}),
        "ce_time": now.isoformat(),
        "content-type": door.content_type,
        RECEIVED_AT: now.isoformat(),
    }
    key = (wrapped.account or wrapped.other or "").encode() or None
    return Outgoing(source.topic, key, wrapped.value, [(name, value.encode()) for name, value in headers.items()])
