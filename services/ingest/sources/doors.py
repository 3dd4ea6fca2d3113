"""What the doors of sources share: signatures in constant time, their age, what a body must be. Pure."""

import datetime as dt
import hashlib
import hmac
from typing import Any

import msgspec

from shared.errors import Malformed

TOLERANCE = dt.timedelta(seconds=300)
"""How old, or how far ahead of our clock, a signature may be."""


def digest(secret: str, signed: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of what was signed."""
    return hmac.new(secret.encode(), signed, getattr(hashlib, algorithm)).digest()


def check_same(expected: str, given: str, header: str, setting: str) -> None:
    """Raises Malformed unless the signature that was given is the expected one. In constant time."""
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        raise Malformed(f"The {header} header is missing or does not match this body.", remedy(setting))


def check_age(signed_at: dt.datetime, now: dt.datetime, header: str, setting: str) -> None:
    """Raises Malformed if the signature is more than 300 s old or ahead."""
    if abs(now - signed_at) > TOLERANCE:
        raise Malformed(f"The {header} is more than 300 seconds old or ahead of the clock.", remedy(setting))


def remedy(setting: str) -> str:
    """What to look at when a signature does not match. `setting` is a field of Settings."""
    return f"Check that STEWARD_{setting.upper()} is the secret of this very endpoint, and the clock."


def body_of(body: bytes) -> Any:
    """The JSON of a signed body. Raises Malformed."""
    try:
        body.decode()
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("The signed body is not JSON.") from error
