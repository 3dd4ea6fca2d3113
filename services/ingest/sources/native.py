"""Native events: CloudEvents 1.0 in Kafka's binary and structured modes. docs/events.md is the promise.

An event's account is `subject`, the customer's own id; all native sources share the namespace `native`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from shared.broker import Record
from shared.contracts import NATIVE
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import decode_body, encode_body, event_id, parse_time, printable

NAMESPACE = "native"
MOST_SEQUENCE = 1 << 62
"""A sequence lies below this, so that it fits PostgreSQL's bigint."""

_MOST_LETTERS = 200
_TYPES: dict[bytes | None, tuple[str, str]] = {
    name.encode(): (name, topic.value) for name, (topic, _) in NATIVE.items()
}


def from_binary(record: Record, headers: Mapping[str, bytes]) -> Sequence[Event]:
    """The event whose envelope is the headers and whose payload is the value. The hot path."""
    get = headers.get
    if get("ce_specversion") != b"1.0":
        raise Rejection(Reason.NOT_A_CLOUDEVENT, "ce_specversion must be 1.0")
    known = _TYPES.get(get("ce_type"))
    if known is None:
        raise _unknown(_text(headers, "ce_type"))
    if get("content-type", b"application/json") != b"application/json":
        _check_json(headers)
    return (
        _event(
            known,
            topic=record.partition.topic,
            source=_source(get("ce_source")),
            own_id=_text(headers, "ce_id"),
            subject=_text(headers, "ce_subject"),
            time=_text(headers, "ce_time"),
            sequence=_text(headers, "ce_sequence") if "ce_sequence" in headers else None,
            payload=record.value,
        ),
    )


def is_structured(headers: Mapping[str, bytes]) -> bool:
    """Whether the value holds the envelope too."""
    return (headers.get("content-type") or b"").lower().startswith(b"application/cloudevents+json")


_NULL = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct, frozen=True):
    """Structured mode. Ids and the payload stay bytes, so that their numbers keep all digits."""

    specversion: str
    id: msgspec.Raw
    source: str
    type: str
    subject: msgspec.Raw = _NULL
    time: str | None = None
    sequence: str | int | None = None
    data: msgspec.Raw = _NULL


_envelope = msgspec.json.Decoder(_Envelope)


def from_structured(record: Record) -> Sequence[Event]:
    """The event whose envelope and payload are one JSON object."""
    envelope = open_envelope(record.value)
    known = _TYPES.get(envelope.type.encode())
    if known is None:
        raise _unknown(envelope.type)
    return (
        _event(
            known,
            topic=record.partition.topic,
            source=_sound("source", envelope.source),
            own_id=_spelled("id", envelope.id),
            subject=_spelled("subject", envelope.subject),
            time=envelope.time or "",
            sequence=None if envelope.sequence is None else str(envelope.sequence),
            payload=bytes(envelope.data),
        ),
    )


def open_envelope(value: bytes) -> _Envelope:
    """The envelope of structured mode. Raises Rejection."""
    try:
        value.decode()
        envelope = _envelope.decode(value)
    except msgspec.ValidationError as error:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, printable(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejection(Reason.NOT_JSON, printable(str(error))) from None
    if envelope.specversion != "1.0":
        raise Rejection(Reason.NOT_A_CLOUDEVENT, "specversion must be 1.0")
    return envelope


def _event(
    known: tuple[str, str],
    *,
    topic: str,
    source: str,
    own_id: str,
    subject: str,
    time: str,
    sequence: str | None,
    payload: bytes,
) -> Event:
    name, own_topic = known
    if topic != own_topic:
        raise Rejection(Reason.WRONG_TOPIC, f"{name} travels on {own_topic}")
    if not subject:
        raise Rejection(Reason.MISSING_ACCOUNT, "the subject must be your own id of the account")
    if not time:
        raise Rejection(Reason.MISSING_TIME, "the envelope has no time")
    _sound("id", own_id)
    _sound("subject", subject)
    body = decode_body(name, payload)
    return Event(
        event_id(source, own_id),
        source,
        name,
        (NAMESPACE, subject),
        parse_time(time),
        0 if sequence is None else _number(sequence),
        body,
        encode_body(body),
    )


def _spelled(name: str, raw: msgspec.Raw) -> str:
    """An id as text: a JSON string, or the digits of a whole number however large. Empty for null."""
    digits = bytes(raw)
    if digits.removeprefix(b"-").isdigit():
        return digits.decode()
    try:
        return msgspec.json.decode(digits, type=str | None) or ""
    except msgspec.ValidationError:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, f"{name} must be text or a whole number") from None


def _text(headers: Mapping[str, bytes], name: str) -> str:
    """A header's text, empty where it is missing."""
    try:
        return (headers.get(name) or b"").decode()
    except UnicodeDecodeError:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, f"{name} is not UTF-8") from None


@lru_cache(maxsize=1_024)
def _source(header: bytes | None) -> str:
    return _sound("source", _text({"ce_source": header or b""}, "ce_source"))


def source_in(record: Record, headers: Mapping[str, bytes]) -> str:
    """The event's source alone, in whichever mode. Raises Rejection."""
    if is_structured(headers):
        return _sound("source", open_envelope(record.value).source)
    return _source(headers.get("ce_source"))


def _sound(name: str, text: str) -> str:
    if not text or len(text) > _MOST_LETTERS or "\x00" in text:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, f"{name} must have 1 to {_MOST_LETTERS} letters and no NUL")
    return text


def _number(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) < MOST_SEQUENCE):
        raise Rejection(Reason.INVALID_PAYLOAD, "sequence must be a whole number between -2^62 and 2^62")
    return int(text)


def _check_json(headers: Mapping[str, bytes]) -> None:
    kind = _text(headers, "content-type").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise Rejection(Reason.NOT_JSON, printable(f"the payload must be application/json, not {kind}"))


def _unknown(name: str) -> Rejection:
    if not name:
        return Rejection(Reason.NOT_A_CLOUDEVENT, "there is no type")
    return Rejection(Reason.UNKNOWN_TYPE, printable(f"there is no event type {name}"))
