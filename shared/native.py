"""Native payloads: from bytes to the body that the fold reads, and back; ids and times of events. Pure.

Ingest, import and health's refolds all decode by this module, so that what was stored reads as it was accepted.
"""

import datetime as dt
import hashlib
from functools import cache
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from shared.clock import EPOCH, UTC, to_us
from shared.contracts import NATIVE
from shared.errors import Reason, Rejection
from shared.facts import Login, Usage

MOST_BYTES = 1_000_000
"""Largest payload of an event, bytes."""

LEAN: dict[str, type[Usage | Login]] = {"usage.recorded": Usage, "login.recorded": Login}
"""The bodies that the hot path decodes in place of their contracts."""
_decoders = {kind: msgspec.json.Decoder(body).decode for kind, body in LEAN.items()}
_encode = msgspec.json.Encoder().encode

_NUL = b"\\u0000"  # the one way in which JSON can spell it

_MICROSECOND = dt.timedelta(microseconds=1)
_LATEST = 7_289_654_400_000_000  # 2201-01-01
_UNIQUE_UUIDS = frozenset("1467")  # versions that are unique by themselves; the others are names within a source


def decode_body(kind: str, payload: bytes) -> Any:
    """The body of a native event of a type in `contracts.NATIVE`: its contract, or `facts.Usage` and `facts.Login`,
    which accept exactly the same. Raises Rejection with words that name the field, and nothing else."""
    if len(payload) > MOST_BYTES:
        raise Rejection(Reason.TOO_LARGE, f"{len(payload)} bytes; at most {MOST_BYTES} are taken")
    decode = _decoders.get(kind)
    if decode is None:
        return _checked(kind, payload)
    try:
        if b"\\" not in payload or _NUL not in payload:
            return decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    return _leaner(LEAN[kind], _checked(kind, payload))


def encode_body(kind: str, body: Any) -> bytes:
    """The body as canonical JSON, as `events.payload` keeps it: only what the source named and the contract knows.
    `decode_body` gives an equal body back."""
    if kind in LEAN:
        return _encode(body)
    whole: str = body.model_dump_json(exclude_unset=True)
    return whole.encode()


def event_id(source: str, own_id: str) -> bytes:
    """16 bytes: the source's own UUID where it has one, else a digest of (source, its id)."""
    if len(own_id) == 36 and own_id[8:24:5] == "----" and own_id[14] in _UNIQUE_UUIDS:
        try:
            own = bytes.fromhex(own_id.replace("-", ""))
        except ValueError:
            own = b""
        if len(own) == 16:
            return own
    return hashlib.blake2b(f"{source}\x00{own_id}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def parse_time(text: str, zone: dt.tzinfo | None = None) -> int:
    """Microseconds since 1970 of an RFC 3339 time; finer digits are cut off. A time without an offset lies in
    `zone`. Raises Rejection NAIVE_TIME without one, INVALID_TIME for rubbish and years outside 1970 to 2200."""
    try:
        us: int = (dt.datetime.fromisoformat(text) - EPOCH) // _MICROSECOND
    except (ValueError, TypeError, OverflowError):
        us = _less_common(text, zone)
    if not 0 <= us < _LATEST:
        raise Rejection(Reason.INVALID_TIME, "the time lies outside the years 1970 to 2200")
    return us


def _less_common(text: str, zone: dt.tzinfo | None) -> int:
    try:
        at = dt.datetime.fromisoformat(text.strip())
        if at.tzinfo is None and zone is not None:
            at = at.replace(tzinfo=zone)
        if at.tzinfo is not None:
            return to_us(at)
    except (ValueError, OverflowError):
        raise Rejection(Reason.INVALID_TIME, "not a time as RFC 3339 writes it, e.g. 2026-01-31T09:30:00Z") from None
    raise Rejection(Reason.NAIVE_TIME, "the time has no offset; end it in Z or +01:00")


def within_years(us: int) -> int:
    """The instant itself. Raises Rejection INVALID_TIME outside the years 1970 to 2200."""
    if not 0 <= us < _LATEST:
        raise Rejection(Reason.INVALID_TIME, "the time lies outside the years 1970 to 2200")
    return us


def _checked(kind: str, payload: bytes) -> Any:
    """The payload by its contract."""
    try:
        body = NATIVE[kind][1].model_validate_json(payload)
    except ValidationError as error:
        raise _rejection(error) from None
    for name in _instants(kind):
        at = getattr(body, name)
        if at is not None:
            _in_calendar(name, at)
    return body


@cache
def _instants(kind: str) -> list[str]:
    """The fields of a contract that hold an instant."""
    fields = NATIVE[kind][1].model_fields.items()
    return [name for name, field in fields if "AwareDatetime" in str(field.annotation)]


def _in_calendar(name: str, at: dt.datetime) -> None:
    """Instants that PostgreSQL, Python and our arithmetic can hold in UTC; year 1 is how Go spells "never"."""
    try:
        early = at.astimezone(UTC).year < 1900
    except OverflowError:
        early = True
    if early:
        raise Rejection(Reason.INVALID_PAYLOAD, f"{name}: lies outside the years 1900 to 9999")


def _leaner(lean: type[Usage | Login], body: BaseModel) -> Usage | Login:
    return lean(**{name: getattr(body, name) for name in lean.__struct_fields__})


def _rejection(error: ValidationError) -> Rejection:
    """At most three of the faults, each with its field, never with what was sent."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return Rejection(Reason.NOT_JSON, printable(faults[0]["msg"]))
    words = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'payload'}: {fault['msg']}" for fault in faults[:3])
    return Rejection(Reason.INVALID_PAYLOAD, printable(words))


def printable(text: str) -> str:
    """At most 300 characters of somebody else's text, as PostgreSQL and a terminal can show them."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:300])
