"""Salesforce's door: whoever relays its change events shows a token of ours, because nobody signs them. Pure."""

import hashlib
from collections.abc import Sequence

import msgspec

from services.ingest.sources import doors
from services.ingest.sources.drafts import MOST_ID
from services.ingest.sources.salesforce_changes import Change, read_change
from services.ingest.sources.source import Door, Posted, Wrapped
from services.ingest.sources.tokens import token_in_header
from shared.errors import Malformed, Rejection

SECRET = "salesforce_token"  # noqa: S105  the setting's name


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """One record a change, with its exact bytes: the body is one, or a list of them. One that cannot be read is a
    record too, so that it is parked by itself. Raises Malformed where the body is neither."""
    body = doors.body_of(posted.body)
    if isinstance(body, dict):
        return [_wrapped(posted.body)]
    if not isinstance(body, list):
        raise Malformed("The body is no change event.", "Send decoded change events as JSON: one, or a list of them.")
    return [_wrapped(bytes(item)) for item in msgspec.json.decode(posted.body, type=list[msgspec.Raw])]


def _wrapped(value: bytes) -> Wrapped:
    try:
        change = read_change(value)
        own_id, account = ":".join((change.header.key(), *change.header.records())), _account(change)
    except Rejection:
        own_id, account = "", None
    if not 0 < len(own_id) <= MOST_ID:
        own_id = hashlib.blake2b(own_id.encode() or value, digest_size=16).hexdigest()
    return Wrapped(own_id, account, value)


def _account(change: Change) -> str | None:
    """The one account that it names."""
    if change.header.entityName != "Account":
        return change.one("AccountId")
    records = change.header.records()
    return records[0] if len(records) == 1 else None


DOOR = Door(SECRET, token_in_header(SECRET), unwrap)
