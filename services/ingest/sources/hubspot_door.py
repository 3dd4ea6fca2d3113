"""HubSpot's door: signature version 3, and arrays of notifications. Pure. FORMATS 5.5.

Versions 1 and 2 are not taken: they sign no time, so that whoever has seen one request could send it for ever.
HubSpot sends version 3 with every webhook, beside whichever older one.
"""

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Sequence

import msgspec

from services.ingest.sources import doors
from services.ingest.sources.drafts import MOST_ID, read
from services.ingest.sources.hubspot_objects import Item
from services.ingest.sources.source import Door, Posted, Wrapped
from shared.errors import Malformed, Rejection

SECRET = "hubspot_client_secret"  # noqa: S105  the setting's name

_SIGNATURE = "X-HubSpot-Signature-v3"
_TIMESTAMP = "X-HubSpot-Request-Timestamp"
_DECODED = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def verify(posted: Posted, secret: str, now: dt.datetime) -> None:
    """Checks the signature over method, public URL, body and timestamp, and its age of at most 300 s. Raises
    Malformed. The timestamp is signed as it is written."""
    written = posted.headers.get(_TIMESTAMP.lower(), "")
    signed = b"%b%b%b" % (f"{posted.method}{_as_signed(posted.url)}".encode(), posted.body, written.encode())
    expected = base64.b64encode(doors.digest(secret, signed)).decode()
    doors.check_same(expected, posted.headers.get(_SIGNATURE.lower(), ""), _SIGNATURE, SECRET)
    doors.check_age(_instant(written), now, _TIMESTAMP, SECRET)


def _as_signed(url: str) -> str:
    """The URL as HubSpot signs it: some letters that a URL may encode are plain in it."""
    return _DECODED.sub(lambda match: chr(int(match[1], 16)), url)


def _instant(written: str) -> dt.datetime:
    if not (written.isascii() and written.isdecimal() and len(written) <= 14):
        raise Malformed(f"The {_TIMESTAMP} header is no time in milliseconds.", doors.remedy(SECRET))
    return dt.datetime.fromtimestamp(int(written) / 1_000, dt.UTC)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """One record a notification, with its exact bytes. One that cannot be read is a record too, so that it is
    parked by itself and keeps nobody else back. Raises Malformed where the body is no array."""
    if not isinstance(doors.body_of(posted.body), list):
        raise Malformed("The signed body is not a list of notifications.", "Send HubSpot's webhooks, not workflows.")
    return [_wrapped(bytes(item)) for item in msgspec.json.decode(posted.body, type=list[msgspec.Raw])]


def _wrapped(value: bytes) -> Wrapped:
    try:
        item = read(value, Item)
        own_id, company = item.key(), item.company()
    except Rejection:
        own_id, company = "", None
    if not 0 < len(own_id) <= MOST_ID:
        own_id = hashlib.blake2b(own_id.encode() or value, digest_size=16).hexdigest()
    return Wrapped(own_id, company, value)


DOOR = Door(SECRET, verify, unwrap, keeps_body=True)
