"""Segment's HTTP API: from a request's bytes to records, one a message. Pure. FORMATS 5.1.

A message travels as it came, without the write key, with what its batch says of all messages merged in: `context`,
`integrations`, and `sentAt`, where the batch's own counts: a retry says it anew. Ingest translates.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from services.api.events_in import RECEIVED_AT
from services.api.problems import TooLarge
from services.ingest.sources.drafts import spelled
from services.ingest.sources.segment import SOURCE
from shared.broker import Headers, Outgoing
from shared.errors import Malformed

CALLS = ("identify", "track", "page", "screen", "group", "alias")
"""The calls that have a route of their own."""

MOST_CALL_BYTES = 32 * 1024
MOST_BATCH_BYTES = 500 * 1024
MOST_MESSAGES = 2_500
MOST_MESSAGE_ID = 99
"""Letters of a `messageId`."""

_MERGED = ("context", "integrations")
_REMEDY = "Send JSON in UTF-8, as Segment's HTTP API describes it."

Fields = dict[str, msgspec.Raw]
"""A message's fields, each as the bytes that were sent."""

_decode_fields = msgspec.json.Decoder(Fields).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Group(msgspec.Struct):
    groupId: Any = None  # noqa: N815  # Segment's own name


_decode_group = msgspec.json.Decoder(_Group).decode


def read_call(call: str, body: bytes, received_at: str) -> list[Outgoing]:
    """The record of `POST /v1/{call}`: the path says its type. Raises Malformed, TooLarge."""
    fields = _open(body, MOST_CALL_BYTES)
    fields["type"] = msgspec.Raw(_encode(call))
    return [_record(fields, received_at, 0)]


def read_batch(body: bytes, received_at: str) -> list[Outgoing]:
    """The records of `POST /v1/batch`, in order. An item that is no message becomes a record, too, so that it is seen
    among the rejected ones and the others go on. Raises Malformed; TooLarge also for a single message."""
    outer = _open(body, MOST_BATCH_BYTES)
    try:
        items = _decode_items(outer["batch"])
    except (KeyError, *_UNREADABLE) as error:
        raise Malformed("The body has no array `batch`.", _REMEDY) from error
    if len(items) > MOST_MESSAGES:
        raise TooLarge(f"{len(items)} messages; a batch holds at most {MOST_MESSAGES}.", "Send several batches.")
    shared = {name: outer[name] for name in (*_MERGED, "sentAt") if name in outer}
    return [_item(item, shared, received_at, number) for number, item in enumerate(items)]


def write_key_in(body: bytes) -> str:
    """The body's `writeKey`; empty where it has none, or is too large or no JSON to look for one."""
    try:
        return _text(_open(body, MOST_BATCH_BYTES), "writeKey")
    except (Malformed, TooLarge):
        return ""


def _open(body: bytes, most: int) -> Fields:
    if len(body) > most:
        raise TooLarge(f"The body has {len(body)} bytes; at most {most} are taken.", "Send it in several requests.")
    try:
        body.decode()
        return _decode_fields(body)
    except _UNREADABLE as error:
        raise Malformed("The body is no JSON object.", _REMEDY) from error


def _item(item: msgspec.Raw, shared: Fields, received_at: str, number: int) -> Outgoing:
    if len(item) > MOST_CALL_BYTES:
        words = f"batch[{number}] has {len(item)} bytes; a message has at most {MOST_CALL_BYTES}."
        raise TooLarge(words, "Send less with it: nothing of this batch was taken.")
    try:
        fields = _decode_fields(item)
    except _UNREADABLE:
        return Outgoing(SOURCE.topic, None, bytes(item), _headers(_digest(item, received_at, number), "", received_at))
    for name, value in shared.items():
        own = fields.get(name)
        fields[name] = _merged(value, own) if own is not None and name in _MERGED else value
    return _record(fields, received_at, number)


def _merged(outer: msgspec.Raw, own: msgspec.Raw) -> msgspec.Raw:
    """Both objects in one; what the message says itself counts."""
    try:
        return msgspec.Raw(_encode(_decode_fields(outer) | _decode_fields(own)))
    except _UNREADABLE:
        return outer if bytes(own) == b"null" else own


def _record(fields: Fields, received_at: str, number: int) -> Outgoing:
    fields.pop("writeKey", None)
    account = _text(fields, "groupId") or _group(fields.get("context"))
    key = account or _text(fields, "userId") or _text(fields, "anonymousId")
    own_id = _message_id(fields) or _made_id(fields, received_at, number)
    return Outgoing(SOURCE.topic, key.encode() or None, _encode(fields), _headers(own_id, account, received_at))


def _message_id(fields: Fields) -> str:
    """The `messageId`; where it is too long, what stands for it, so that a retry is still known by it."""
    said = _read(fields.get("messageId"))
    if isinstance(said, str) and len(said) > MOST_MESSAGE_ID:
        return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return spelled(said) or ""


def _made_id(fields: Fields, received_at: str, number: int) -> str:
    """The id of a message that came without one: what it says, if it says when it happened, so that the same sent
    again is the same; else what it says and when it came."""
    said = _encode({name: value for name, value in sorted(fields.items()) if name != "sentAt"})
    timed = _text(fields, "timestamp") or _text(fields, "originalTimestamp")
    return _digest(said, "" if timed else received_at, 0 if timed else number)


def _digest(said: bytes | msgspec.Raw, received_at: str, number: int) -> str:
    digest = hashlib.blake2b(f"{received_at}\x00{number}\x00".encode(), digest_size=16)
    digest.update(bytes(said))
    return digest.hexdigest()


def _headers(own_id: str, account: str, received_at: str) -> Headers:
    told = [
        ("ce_specversion", b"1.0"),
        ("ce_id", own_id.encode()),
        ("ce_source", SOURCE.name.encode()),
        ("ce_type", SOURCE.record.encode()),
        ("ce_time", received_at.encode()),
        ("content-type", b"application/json"),
        (RECEIVED_AT, received_at.encode()),
    ]
    return [*told, ("ce_subject", account.encode())] if account else told


def _text(fields: Mapping[str, msgspec.Raw], name: str) -> str:
    return spelled(_read(fields.get(name))) or ""


def _group(context: msgspec.Raw | None) -> str:
    if context is None:
        return ""
    try:
        return spelled(_decode_group(context).groupId) or ""
    except _UNREADABLE:
        return ""


def _read(raw: msgspec.Raw | None) -> Any:
    """A value that an id may be; None for what cannot be read."""
    if raw is None:
        return None
    try:
        return _decode_any(raw)
    except _UNREADABLE:
        return None
