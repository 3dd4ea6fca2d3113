"""Native events by HTTP: from a request's bytes to records, one verdict an item. Pure.

The envelope is judged here, by the words in which ingest would reject it. The `data` travels on as the bytes that were
sent, so that ids beyond 2^53 keep their digits; ingest judges it.
"""

import datetime as dt
import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
from pydantic import ValidationError

from services.api.problems import Unsupported
from shared.broker import Headers, Outgoing
from shared.contracts import NATIVE, CloudEvent
from shared.errors import Malformed, Reason, Rejection
from shared.native import parse_time

RECEIVED_AT = "steward_received_at"
_ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "sequence")


Zones = Mapping[str, dt.tzinfo | None]
"""Source → the zone of its times without an offset, where one is settled."""

_NO_ZONES: Zones = {}


class Item(NamedTuple):
    """What became of one item: a record to send, or the reason why there is none."""

    id: str | None
    record: Outgoing | None
    reason: Reason | None = None
    words: str = ""


class _Envelope(msgspec.Struct):
    """The attributes as they came; `data` unread, but verified to be JSON."""

    specversion: Any = None
    id: Any = None
    source: Any = None
    type: Any = None
    subject: Any = None
    time: Any = None
    sequence: Any = None
    datacontenttype: Any = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    data_base64: Any = None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.DecodeError, RecursionError)


def read_events(headers: Mapping[str, str], body: bytes, received_at: str, zones: Zones = _NO_ZONES) -> list[Item]:
    """The items of a request, in order. `headers` are the request's, with lower-case names.

    Structured single and batch, binary and NDJSON, by content type. Raises Malformed where no items can be told
    apart, Unsupported for another content type.
    """
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    if "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        raise Unsupported("Only UTF-8 is read.", "Send JSON in UTF-8.")
    if media_type.strip().lower() in ("", "application/json") and "ce-type" in headers:
        return [_binary(headers, body, received_at, zones)]
    split = _SPLIT.get(media_type.strip().lower())
    if split is None:
        raise Unsupported(f"The content type {media_type!r} is not read here.", f"Send one of {', '.join(_SPLIT)}.")
    return [_structured(one, received_at, zones) for one in split(body)]


# --- telling items apart ------------------------------------------------------------------------------


def _single(body: bytes) -> Iterator[bytes]:
    _verified(body, _decode_any)
    yield body


def _array(body: bytes) -> Iterator[bytes]:
    yield from (bytes(one) for one in _verified(body, _decode_array))


def _either(body: bytes) -> Iterator[bytes]:
    return _array(body) if body.lstrip()[:1] == b"[" else _single(body)


def _lines(body: bytes) -> Iterator[bytes]:
    return (line for line in body.split(b"\n") if line.strip())


_SPLIT: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "application/cloudevents+json": _single,
    "application/cloudevents-batch+json": _array,
    "application/json": _either,
    "application/x-ndjson": _lines,
}


def _verified(body: bytes, decode: Callable[[bytes], Any]) -> Any:
    try:
        body.decode()
        return decode(body)
    except (*_UNREADABLE, UnicodeDecodeError) as error:
        raise Malformed(
            f"The body is not JSON: {_said(error)}", "Send JSON in UTF-8, without NaN or Infinity."
        ) from error


# --- one item -----------------------------------------------------------------------------------------


def _structured(text: bytes, received_at: str, zones: Zones) -> Item:
    try:
        text.decode()
        sent = _decode_envelope(text)
    except msgspec.ValidationError as error:
        return Item(None, None, Reason.NOT_A_CLOUDEVENT, f"not an envelope: {error}")
    except (*_UNREADABLE, UnicodeDecodeError) as error:
        return Item(None, None, Reason.NOT_JSON, _said(error))
    if sent.data_base64 is not None:
        return Item(_id(sent.id), None, Reason.NOT_A_CLOUDEVENT, "data_base64 is not read; send `data` as JSON")
    attributes = {name: getattr(sent, name) for name in (*_ATTRIBUTES, "datacontenttype")}
    return _judge(attributes, bytes(sent.data), received_at, zones)


def _binary(headers: Mapping[str, str], body: bytes, received_at: str, zones: Zones) -> Item:
    _verified(body, _decode_any)
    attributes = {name: unquote(headers[f"ce-{name}"]) for name in _ATTRIBUTES if f"ce-{name}" in headers}
    return _judge(attributes, body, received_at, zones)


def _judge(attributes: dict[str, Any], data: bytes, received_at: str, zones: Zones) -> Item:
    try:
        event = CloudEvent.model_validate({name: value for name, value in attributes.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return Item(_id(attributes.get("id")), None, Reason.NOT_A_CLOUDEVENT, f"{where}: {first['msg']}")
    fault = _fault(event, zones)
    if fault is not None:
        return Item(event.id, None, *fault)
    assert event.subject is not None
    return Item(event.id, Outgoing(NATIVE[event.type][0], event.subject.encode(), data, _headers(event, received_at)))


def _fault(event: CloudEvent, zones: Zones) -> tuple[Reason, str] | None:
    """What is wrong with an envelope that has its form."""
    if event.datacontenttype is not None and "json" not in event.datacontenttype.lower():
        return Reason.NOT_A_CLOUDEVENT, "datacontenttype: only application/json is read"
    if event.type not in NATIVE:
        return Reason.UNKNOWN_TYPE, _unknown(event.type)
    if not event.subject:
        return Reason.MISSING_ACCOUNT, "subject: it must be your own id of the account"
    if not event.time:
        return Reason.MISSING_TIME, "time: the envelope has none"
    try:
        parse_time(event.time, zones.get(event.source))
    except Rejection as error:
        return error.reason, f"time: {error.words}"
    return None


def _headers(event: CloudEvent, received_at: str) -> Headers:
    told = {name: getattr(event, name) for name in _ATTRIBUTES}
    named = [(f"ce_{name}", value.encode()) for name, value in told.items() if value is not None]
    return [*named, ("content-type", b"application/json"), (RECEIVED_AT, received_at.encode())]


def _unknown(given: str) -> str:
    near = difflib.get_close_matches(given, NATIVE, n=1)
    return f"type: {given[:100]!r} is not a native type" + (f"; did you mean {near[0]!r}?" if near else "")


def _id(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, str | int) else None


def _said(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).removeprefix("JSON is malformed: ")
