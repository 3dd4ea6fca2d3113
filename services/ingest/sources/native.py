"""Native events: CloudEvents 1.0 in Kafka's binary and structured modes. docs/events.md is the promise.

An event's account is `subject`, the customer's own id; all native sources share the namespace `native`.
"""

from binascii import unhexlify
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from services.ingest.sources.source import Options
from shared.broker import Record
from shared.contracts import NATIVE
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import LEAN, MOST_BYTES, decode_body, encode_body, event_id, parse_time, printable

NAMESPACE = "native"

MOST_SEQUENCE = 1 << 62
"""A sequence lies below this, so that it fits PostgreSQL's bigint."""

_MOST_LETTERS = 200
_ID_WORDS = f"text in UTF-8 of 1 to {_MOST_LETTERS} letters, without NUL"
_JSON = b"application/json"
_BACKSLASH = 92  # an escape may spell NUL, which needs a closer look
_UNIQUE = b"1467"  # versions of UUIDs that are unique by themselves, as in shared/native.py
_LEAN = {kind.encode(): (kind, NATIVE[kind][0].value, msgspec.json.Decoder(body).decode) for kind, body in LEAN.items()}
_TYPES = {name.encode(): (name, topic.value) for name, (topic, _) in NATIVE.items()}


def activity_in(record: Record, headers: Mapping[str, bytes]) -> Event | None:
    """The event of a record of usage or login in its usual form: binary mode, application/json, a UUID or not, no
    escapes. None for any other record, sound or not: `from_binary` reads those, and gives the same for these."""
    try:
        kind, topic, decode = _LEAN[headers["ce_type"]]
        value, written = record.value, headers["ce_id"]
        if (
            headers["content-type"] != _JSON or headers["ce_specversion"] != b"1.0" or record.partition.topic != topic
            or not 0 < len(written) <= _MOST_LETTERS or len(value) > MOST_BYTES or _BACKSLASH in value
            or "ce_sequence" in headers
        ):  # fmt: skip
            return None
        source = _source(headers["ce_source"])
        if len(written) == 36 and written[14] in _UNIQUE and written[8:24:5] == b"----":
            id_ = unhexlify(written.replace(b"-", b""))
        else:
            id_ = event_id(source, _id_text(written))
        key, body = _account(headers["ce_subject"]), decode(value)
        at = parse_time(headers["ce_time"].decode())
    except (LookupError, AttributeError, TypeError, ValueError, RecursionError, msgspec.MsgspecError, Rejection):
        return None
    if len(id_) != 16:
        return None
    # a named tuple's own constructor would cost a tenth of the whole translation
    return tuple.__new__(Event, (id_, source, kind, key, at, 0, body, value))


def from_binary(record: Record, headers: Mapping[str, bytes], settled: Mapping[str, Options] | None = None) -> Event:
    """The event whose envelope is the headers and whose payload is the value. Raises Rejection."""
    if headers.get("content-type", _JSON) != _JSON:
        _check_json(headers["content-type"] or _JSON)
    return _event(record.partition.topic, headers, record.value, settled)


def from_structured(record: Record, settled: Mapping[str, Options] | None = None) -> Event:
    """The event whose envelope and payload are one JSON object. Raises Rejection."""
    envelope = _open(record.value)
    headers = {
        "ce_specversion": envelope.specversion.encode(),
        "ce_id": _spelled("id", envelope.id),
        "ce_source": envelope.source.encode(),
        "ce_type": envelope.type.encode(),
        "ce_subject": _spelled("subject", envelope.subject),
        "ce_time": (envelope.time or "").encode(),
        "ce_sequence": _spelled("sequence", envelope.sequence),
    }
    return _event(record.partition.topic, headers, bytes(envelope.data), settled)


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


def _event(topic: str, headers: Mapping[str, bytes], payload: bytes, settled: Mapping[str, Options] | None) -> Event:
    """The hot path: what is wrong with a faulty envelope is found out afterwards, by `_fault`."""
    try:
        kind, own_topic = _TYPES[headers["ce_type"]]
        own_id = headers["ce_id"].decode()
        subject = headers["ce_subject"].decode()
        time = headers["ce_time"].decode()
        source = _source(headers["ce_source"])
        sound = headers["ce_specversion"] == b"1.0" and own_topic == topic
    except (KeyError, AttributeError, UnicodeDecodeError):
        raise _fault(topic, headers) from None
    if not (sound and _is_id(own_id) and _is_id(subject) and time):
        raise _fault(topic, headers)
    body = decode_body(kind, payload)
    sequence = headers.get("ce_sequence")
    # a named tuple's own constructor would cost a tenth of the whole translation
    return tuple.__new__(
        Event,
        (
            event_id(source, own_id),
            source,
            kind,
            (NAMESPACE, subject),
            parse_time(time, settled[source].zone if settled and source in settled else None),
            _number(sequence) if sequence else 0,
            body,
            encode_body(kind, body),
        ),
    )


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _MOST_LETTERS and "\x00" not in text


def _fault(topic: str, headers: Mapping[str, bytes]) -> Rejection:
    """Why the envelope is none."""
    if headers.get("ce_specversion") != b"1.0":
        return Rejection(Reason.NOT_A_CLOUDEVENT, "specversion must be 1.0")
    kind = (headers.get("ce_type") or b"").decode("utf-8", "replace")
    if kind.encode() not in _TYPES:
        return _unknown(kind)
    own_topic = _TYPES[kind.encode()][1]
    if own_topic != topic:
        return Rejection(Reason.WRONG_TOPIC, f"{kind} travels on {own_topic}")
    if not headers.get("ce_subject"):
        return Rejection(Reason.MISSING_ACCOUNT, "the subject must be your own id of the account")
    if not headers.get("ce_time"):
        return Rejection(Reason.MISSING_TIME, "the envelope has no time")
    return Rejection(Reason.NOT_A_CLOUDEVENT, f"id, source and subject must be {_ID_WORDS}")


def _id_text(written: bytes) -> str:
    text = written.decode()
    if not _is_id(text):
        raise ValueError
    return text


@lru_cache(maxsize=100_000)
def _account(subject: bytes) -> tuple[str, str]:
    return NAMESPACE, _id_text(subject)


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
    return envelope


def _spelled(name: str, raw: msgspec.Raw) -> bytes:
    """An id as text: a JSON string, or the digits of a whole number however large. Empty for null."""
    digits = bytes(raw)
    if digits.removeprefix(b"-").isdigit():
        return digits
    try:
        return (msgspec.json.decode(digits, type=str | None) or "").encode()
    except msgspec.DecodeError:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, f"{name} must be text or a whole number") from None


@lru_cache(maxsize=1_024)
def _source(written: bytes) -> str:
    source = written.decode("utf-8", "replace")
    if not _is_id(source) or source.encode() != written:
        raise Rejection(Reason.NOT_A_CLOUDEVENT, f"source must be {_ID_WORDS}")
    return source


def _number(written: bytes) -> int:
    digits = written.removeprefix(b"-")
    if not (digits.isdigit() and len(digits) <= 19 and int(digits) < MOST_SEQUENCE):
        raise Rejection(Reason.INVALID_PAYLOAD, "sequence must be a whole number between -2^62 and 2^62")
    return int(written)


def _check_json(header: bytes) -> None:
    kind = header.decode("latin-1").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Rejection(Reason.NOT_JSON, printable(f"the payload must be application/json, not {kind}"))


def _unknown(kind: str) -> Rejection:
    if not kind:
        return Rejection(Reason.NOT_A_CLOUDEVENT, "the envelope has no type")
    return Rejection(Reason.UNKNOWN_TYPE, printable(f"there is no event type {kind}"))
