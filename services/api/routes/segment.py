"""Segment's HTTP API, for the SDKs of Segment and RudderStack: answered once every message is kept.

The content type says nothing: RudderStack labels gzipped JSON as a form. Refusals are problems that also carry
`code` and `message`, which these SDKs read, and are 400 for whatever cannot be read or is too large.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.api.access import NeedsKey, Time, clock_of, database_of, settings_of
from services.api.bodies import read_body
from services.api.keys import read_key
from services.api.problems import Problem, TooMany, Unauthenticated, as_json, problem_of
from services.api.rate import WAIT_S, Rate
from services.api.roles import Caller, Scope
from services.api.segment_in import CALLS, MOST_BATCH_BYTES, MOST_MESSAGES, read_batch, read_call, write_key_in
from shared import outbox
from shared.broker import Outgoing
from shared.errors import StewardError
from shared.metrics import HTTP_EVENTS

_REMEDY = "The write key is a key of role ingest: `steward keys create segment --role ingest`."
_UNREADABLE = {413, 415, 422}
PATHS = frozenset(f"/v1/{name}" for name in (*CALLS, "batch"))
"""Where Segment's SDKs send to."""


class Taken(BaseModel):
    """Segment's answer."""

    success: bool = True


class NeedsWriteKey(NeedsKey):
    """The caller shows a write key: as the user of Basic, as Bearer, or as `writeKey` in the body. Raises TooMany."""

    async def __call__(self, request: Request) -> Caller:
        caller = await super().__call__(request)
        rate: Rate = request.app.state.segment_rate
        if not rate.admits(caller.name, clock_of(request).now()):
            HTTP_EVENTS.labels("segment", "rejected").inc()
            raise TooMany("This key sends more requests a second than are taken.", "Wait, then send batches.", WAIT_S)
        return caller

    async def shown(self, request: Request) -> str:
        key = shown_key(request.headers.get("authorization")) or write_key_in(await _body(request))
        if read_key(key) is None:
            raise Unauthenticated("No write key was sent, or not a whole one.", _REMEDY)
        return f"Bearer {key}"


WriteKey = Annotated[Caller, Depends(NeedsWriteKey(Scope.EVENTS))]


def shown_key(header: str | None) -> str | None:
    """The key of an `Authorization` header; None where it shows none of ours, such as another service's token."""
    scheme, _, shown = (header or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            shown = base64.b64decode(shown.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            return None
    return shown.strip() if read_key(shown.strip()) is not None else None


class _Door(APIRoute):
    """Answers what the route refuses in that way."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except (StewardError, HTTPException, ClientDisconnect) as error:
                return refusal(problem_of(error))

        return answer


def refusal(problem: Problem) -> Response:
    """A refusal in the way that the SDKs understand."""
    status = 400 if problem.status in _UNREADABLE else problem.status
    words = {"code": problem.body["type"].rpartition(":")[2], "message": problem.detail}
    return as_json(problem._replace(status=status, more={**problem.more, **words}))


router = APIRouter(prefix="/v1", tags=["segment"], route_class=_Door)

_EXAMPLE: dict[str, Any] = {
    "messageId": "ajs-next-1763798400000-7781",
    "userId": "mia",
    "timestamp": "2026-11-22T08:00:00Z",
    "context": {"groupId": "acme"},
}


_WORDS = ("messageId", "userId", "anonymousId", "groupId", "previousId", "event", "name", "channel")
_TIMES = ("timestamp", "originalTimestamp", "sentAt")
_CONTEXT: dict[str, Any] = {"type": "object", "properties": {"groupId": {"type": "string"}}}
_MESSAGE: dict[str, Any] = {
    "type": "object",
    "description": "as Segment describes it; docs/sources.md says what becomes of it",
    "properties": {
        **{name: {"type": "string"} for name in _WORDS},
        **{name: {"type": "string", "format": "date-time"} for name in _TIMES},
        "properties": {"type": "object"},
        "traits": {"type": "object"},
        "integrations": {"type": "object"},
        "context": _CONTEXT,
    },
}
_KIND: dict[str, Any] = {"type": {"type": "string", "enum": list(CALLS)}}
_ITEM: dict[str, Any] = {**_MESSAGE, "required": ["type"], "properties": {**_MESSAGE["properties"], **_KIND}}
_BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "items": _ITEM, "maxItems": MOST_MESSAGES},
        "context": _CONTEXT,
        "sentAt": {"type": "string", "format": "date-time"},
    },
}


def _described(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    body = {"schema": schema, "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": body}}}


@router.post(
    "/batch",
    summary="Send a batch of Segment messages",
    openapi_extra=_described(_BATCH, {"batch": [{"type": "track", "event": "Report Exported", **_EXAMPLE}]}),
)
async def batch(request: Request, _: WriteKey, clock: Time) -> Taken:
    """At most 500 KB once decompressed, 32 KB a message, and 2,500 messages. Answered once all of them are kept."""
    return await _keep(request, read_batch(await _body(request), clock.now().isoformat()))


def _call_route(call: str) -> None:
    async def one(request: Request, _: WriteKey, clock: Time) -> Taken:
        return await _keep(request, read_call(call, await _body(request), clock.now().isoformat()))

    router.add_api_route(
        f"/{call}",
        one,
        methods=["POST"],
        name=call,
        summary=f"Send one Segment message: {call}",
        description="At most 32 KB once decompressed. Answered once it is kept.",
        openapi_extra=_described(_MESSAGE, _EXAMPLE),
    )


for _call in CALLS:
    _call_route(_call)


async def _body(request: Request) -> bytes:
    """The decompressed body, read once."""
    if not hasattr(request.state, "plain_body"):
        most = min(MOST_BATCH_BYTES, settings_of(request).max_body_bytes)
        request.state.plain_body = await read_body(request, most)
    plain: bytes = request.state.plain_body
    return plain


async def _keep(request: Request, records: list[Outgoing]) -> Taken:
    async with database_of(request).writing() as tx:
        await outbox.put(tx, "api", records)
    HTTP_EVENTS.labels("segment", "accepted").inc(len(records))
    return Taken()
