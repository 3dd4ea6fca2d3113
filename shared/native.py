"""Native payloads: from bytes to the body that the fold reads, and back. Pure.

Ingest, import and health's refolds all decode by this module, so that what was stored reads as it was accepted.
"""

import datetime as dt
from typing import Any


def decode_body(type: str, payload: bytes) -> Any:
    """The body of a native event. Raises Rejection with words that name the field."""
    raise NotImplementedError


def encode_body(body: Any) -> bytes:
    """The body as canonical JSON, as `events.payload` keeps it: `decode_body` gives an equal body back."""
    raise NotImplementedError


def event_id(source: str, own_id: str) -> bytes:
    """16 bytes: the source's own UUID where it has one, else a digest of (source, its id)."""
    raise NotImplementedError


def parse_time(text: str, zone: dt.tzinfo | None = None) -> int:
    """Microseconds since 1970 of an RFC 3339 time. Raises Rejection NAIVE_TIME or INVALID_TIME."""
    raise NotImplementedError
