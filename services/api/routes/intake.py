"""The doors through which events come: verified, wrapped, in the outbox, committed; then answered."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import SecretStr

from services.api.access import SIGNED, Config, Sender, Time, database_of
from services.api.bodies import read_body
from services.api.events_in import Item, read_events
from services.api.schemas import EventResult, EventResults, Received
from services.api.webhooks_in import DOORS, door_of, public_url, webhook_records
from services.ingest.sources import settled_by
from services.ingest.sources.source import Posted
from shared import outbox
from shared.contracts import NATIVE
from shared.errors import Malformed, NotFound
from shared.metrics import HTTP_EVENTS
from shared.settings import Settings

router = APIRouter(prefix="/v1", tags=["intake"])

Connected = Annotated[str, Path(json_schema_extra={"enum": sorted(DOORS)})]
"""A source that comes by webhook; whoever names another is told which there are."""

_ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "crm-77812",
    "source": "crm.example.com",
    "type": "account.updated",
    "subject": "acme",
    "time": "2026-11-22T08:00:00Z",
    "data": {"name": "Acme GmbH", "arr": "120000", "currency": "EUR"},
}
_OBJECT: dict[str, Any] = {
    "type": "object",
    "description": "a CloudEvents 1.0 envelope; data as in docs/events.md",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "source", "subject")},
        "specversion": {"type": "string", "enum": ["1.0"]},
        "type": {"type": "string", "enum": sorted(NATIVE)},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
_BODIES: dict[str, Any] = {
    "application/cloudevents+json": {"schema": _OBJECT, "example": _ENVELOPE},
    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _OBJECT}, "example": [_ENVELOPE]},
    "application/json": {
        "schema": {"oneOf": [_OBJECT, {"type": "array", "items": _OBJECT}]}, "example": [_ENVELOPE],
    },
    "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"specversion": "1.0", …}\n'},
}  # fmt: skip


@router.post(
    "/events",
    status_code=202,
    summary="Send events",
    openapi_extra={"requestBody": {"required": True, "content": _BODIES}},
)
async def send_events(request: Request, _: Sender, clock: Time, settings: Config) -> EventResults:
    """CloudEvents: structured single, batch or JSON array, NDJSON, or binary mode (`ce-…` headers; the body is the
    data). An item that is no envelope, or whose type, account or time cannot be read, is rejected in the answer; the
    others go on. What the data says is judged by ingest: see `GET /v1/rejected`. 202 is sent once all accepted items
    are kept.
    """
    body = await read_body(request, settings.max_body_bytes)
    zones = {source: options.zone for source, options in settled_by(settings).items()}
    items = read_events(request.headers, body, clock.now().isoformat(), zones)
    async with database_of(request).writing() as tx:
        await outbox.put(tx, "api", [item.record for item in items if item.record is not None])
    return _results(items)


def _results(items: list[Item]) -> EventResults:
    results = [
        EventResult(
            index=index,
            id=item.id,
            status="accepted" if item.record else "rejected",
            reason=item.reason,
            detail=item.words or None,
        )
        for index, item in enumerate(items)
    ]
    accepted = sum(item.record is not None for item in items)
    HTTP_EVENTS.labels("events", "accepted").inc(accepted)
    HTTP_EVENTS.labels("events", "rejected").inc(len(items) - accepted)
    return EventResults(accepted=accepted, rejected=len(items) - accepted, results=results)


@router.head(
    "/webhooks/{source}", summary="Whether a source is connected", dependencies=[SIGNED], response_class=Response
)
async def knock(source: Connected, settings: Config) -> Response:
    """200 if its webhook may be sent here: some systems ask before they save the address."""
    _secret(source, settings)
    return Response()


@router.post(
    "/webhooks/{source}",
    summary="A source's webhook endpoint",
    dependencies=[SIGNED],
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def receive_webhook(source: Connected, request: Request, clock: Time, settings: Config) -> Received:
    """The source's signature is checked on the exact bytes; the body is kept raw, and answered once it is kept.
    docs/sources.md says for each source how to connect it."""
    secret = _secret(source, settings)
    url = public_url(settings.public_url, request.scope, str(request.url))
    posted = Posted(request.method, url, request.headers, await request.body())
    try:
        records = webhook_records(source, posted, secret, clock.now())
    except Malformed:
        HTTP_EVENTS.labels(source, "rejected").inc()
        raise
    async with database_of(request).writing() as tx:
        await outbox.put(tx, "api", records)
    HTTP_EVENTS.labels(source, "accepted").inc(len(records))
    return Received()


def _secret(source: str, settings: Settings) -> str:
    """The secret of a source's door. Raises NotFound where there is no such source, and where none is set."""
    door = door_of(source)[1]
    found: SecretStr | Mapping[str, SecretStr] | None = getattr(settings, door.secret)
    secret = found.get(source) if isinstance(found, Mapping) else found
    if secret is None or not secret.get_secret_value():
        raise NotFound(f"{source} is not connected.", f"Set STEWARD_{door.secret.upper()}; see docs/sources.md.")
    return secret.get_secret_value()
