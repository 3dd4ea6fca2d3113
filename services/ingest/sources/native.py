"""Native events: CloudEvents 1.0 in Kafka's binary and structured modes. docs/events.md is the promise.

An event's account is `subject`, the customer's own id; all native sources share the namespace `native`.
"""

from collections.abc import Mapping
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
_JSON = b"application/json"
_TOPICS = {name: topic.value for name, (topic, _) in NATIVE.items()}


def from_binary(record: Record, headers: Mapping[str, bytes]) -> Event:
    """The event whose envelope is the headers and whose payload is the value. The hot path. Raises Rejection."""
    get = headers.get
    if get("ce_specversion") != b"1.0":
        raise Rejection(Reason.NOT_A_CLOUDEVENT, "ce_specversion must be 1.0")
    if get("content-type", _JSON) != _JSON:
        _check_json(get("content-type") or _JSON)
    try:
        return _event(
            record.partition.topic,
            record.value,
            source=_source(get("ce_source") or b""),
            own_id=(get("ce_id") or b"").decode(),
            kind=(get("ce_type") or b"").decode(),
            subject=(get("ce_subject") or b"").decode(),
            time=(get("ce_time") or b"").decode(),
            sequence=(get("ce_sequence") or b"").decode(),
        )
    except UnicodeDecodeError:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, "a header of the envelope is not UTF-8") from None


def from_structured(record: Record) -> Event:
    """The event whose envelope and payload are one JSON object. Raises Rejection."""
    envelope = _open(record.value)
    return _event(
        record.partition.topic,
        bytes(envelope.data),
        source=_source(envelope.source.encode()),
        own_id=_spelled("id", envelope.id),
        kind=envelope.type,
        subject=_spelled("subject", envelope.subject),
        time=envelope.time or "",
        sequence=_spelled("sequence", envelope.sequence),
    )


def is_structured(headers: Mapping[str, bytes]) -> bool:
    """Whether the value holds the envelope too."""
    content = headers.get("content-type")
    if not content or content == _JSON:
        return False
    return content.lower().startswith(b"application/cloudevents+json")


def source_in(record: Record, headers: Mapping[str, bytes]) -> str:
    """The event's source alone, in whichever mode. Raises Rejection."""
    if is_structured(headers):
        return _source(_open(record.value).source.encode())
    return _source(headers.get("ce_source") or b"")


def _event(
    topic: str, payload: bytes, *, source: str, own_id: str, kind: str, subject: str, time: str, sequence: str
) -> Event:
    own_topic = _TOPICS.get(kind)
    if own_topic != topic:
        raise _misplaced(kind, own_topic)
    if not subject:
        raise Rejection(Reason.MISSING_ACCOUNT, "the subject must be your own id of the account")
    if not time:
        raise Rejection(Reason.MISSING_TIME, "the envelope has no time")
    if not own_id or len(own_id) > _MOST_LETTERS or "\x00" in own_id:
        raise _unsound("id")
    if len(subject) > _MOST_LETTERS or "\x00" in subject:
        raise _unsound("subject")
    body = decode_body(kind, payload)
    # a named tuple's own constructor would cost a tenth of the whole translation
    return tuple.__new__(
        Event,
        (
            event_id(source, own_id),
            source,
            kind,
            (NAMESPACE, subject),
            parse_time(time),
            _number(sequence) if sequence else 0,
            body,
            encode_body(kind, body),
        ),
    )


class _Envelope(msgspec.Struct, frozen=True):
    """Structured mode. Ids and the payload stay bytes, so that their numbers keep all digits."""

    specversion: str
    id: msgspec.Raw
    source: str
    type: str
    subject: msgspec.Raw = msgspec.Raw(b"null")
    time: str | None = None
    sequence: msgspec.Raw = msgspec.Raw(b"null")
    data: msgspec.Raw = msgspec.Raw(b"null")


_envelopes = msgspec.json.Decoder(_Envelope)


def _open(value: bytes) -> _Envelope:
    try:
        value.decode()
        envelope = _envelopes.decode(value)
    except msgspec.ValidationError as error:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, printable(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejection(Reason.NOT_JSON, printable(str(error))) from None
    if envelope.specversion != "1.0":
        raise Rejection(Reason.NOT_A_CLOUDEVENT, "specversion must be 1.0")
    return envelope


def _spelled(name: str, raw: msgspec.Raw) -> str:
    """An id as text: a JSON string, or the digits of a whole number however large. Empty for null."""
    digits = bytes(raw)
    if digits.removeprefix(b"-").isdigit():
        return digits.decode()
    try:
        return msgspec.json.decode(digits, type=str | None) or ""
    except msgspec.DecodeError:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, f"{name} must be text or a whole number") from None


@lru_cache(maxsize=1_024)
def _source(written: bytes) -> str:
    try:
        source = written.decode()
    except UnicodeDecodeError:
        source = ""
    if not source or len(source) > _MOST_LETTERS or "\x00" in source:
        raise _unsound("source")
    return source


def _number(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) < MOST_SEQUENCE):
        raise Rejection(Reason.INVALID_PAYLOAD, "sequence must be a whole number between -2^62 and 2^62")
    return int(text)


def _check_json(header: bytes) -> None:
    kind = header.decode("latin-1").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Rejection(Reason.NOT_JSON, printable(f"the payload must be application/json, not {kind}"))


def _misplaced(kind: str, own_topic: str | None) -> Rejection:
    if own_topic is not None:
        return Rejection(Reason.WRONG_TOPIC, f"{kind} travels on {own_topic}")
    if not kind:
        return Rejection(Reason.NOT_A_CLOUDEVENT, "the envelope has no type")
    return Rejection(Reason.UNKNOWN_TYPE, printable(f"there is no event type {kind}"))


def _unsound(name: str) -> Rejection:
    return Rejection(Reason.NOT_A_CLOUDEVENT, f"{name} must have 1 to {_MOST_LETTERS} letters and no NUL")
