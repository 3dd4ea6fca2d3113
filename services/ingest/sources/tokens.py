"""Doors for tools that sign nothing: a static header carries a token that both sides know. Pure.

A token proves who sends and nothing about the body, so it belongs on HTTPS alone.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Sequence

import msgspec

from services.ingest.sources.drafts import Key
from services.ingest.sources.source import Posted, Wrapped
from shared.errors import Malformed, Rejection

HEADER = "x-steward-token"

Verify = Callable[[Posted, str, dt.datetime], None]


def token_in_header(setting: str) -> Verify:
    """Checks `X-Steward-Token: TOKEN`, or `Authorization: Bearer TOKEN`, in constant time. Raises Malformed."""

    def verify(posted: Posted, secret: str, now: dt.datetime) -> None:
        given = posted.headers.get(HEADER) or _bearer(posted.headers.get("authorization", ""))
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode()):
            raise Malformed(
                "The X-Steward-Token header is missing or is not the token of this source.",
                f"Send the value of STEWARD_{setting.upper()} in it, or as Authorization: Bearer.",
            )

    return verify


Whose = Callable[[bytes], Key]
"""The key of a record's account, as its events will have it. Raises Rejection."""


def many(posted: Posted, listed: str, whose: Whose) -> Sequence[Wrapped]:
    """The records of a body that is an object, a list of objects, lines of objects, or an object that holds the list
    under the name `listed`; each with the bytes that came. A record's id is a digest of its bytes, so that a request
    that is repeated is the same records. Raises Malformed."""
    try:
        return [wrapped(bytes(one), whose) for one in _told_apart(posted.body, listed)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("The body is not JSON.", "Send an object, a list of objects, or one object a line.") from error


def wrapped(value: bytes, whose: Whose | None = None) -> Wrapped:
    """A record that has no id of its own. One of nobody, or that cannot be read, is nobody's here: ingest says why."""
    own = hashlib.blake2b(value, digest_size=16).hexdigest()
    try:
        space, name = whose(value) if whose is not None else ("", "")
    except Rejection:
        return Wrapped(own, None, value)
    is_person = space.endswith(":person")
    return Wrapped(own, None if is_person else name or None, value, name if is_person else None)


def _told_apart(body: bytes, listed: str) -> Sequence[msgspec.Raw | bytes]:
    body.decode()
    start = body.lstrip()[:1]
    if start == b"[":
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > 1 and _is_object(lines[0]):
        return lines
    whole = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    inner = bytes(whole.get(listed, b""))
    return msgspec.json.decode(inner, type=list[msgspec.Raw]) if inner.lstrip()[:1] == b"[" else [body]


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return False
    return True


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
