"""Amplitude: its event JSON, as exported or as sent to its HTTP API, becomes usage and sign-ins.

The account is the event's group, else an account id among the user's properties, else that of the person. Events of
nobody (a device without a user) are of no use: a device is no person, and counting it would invent one.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.ingest.sources.analytics import Used, draft
from services.ingest.sources.drafts import Key, events, read, spelled
from services.ingest.sources.owners import ACCOUNT_NAMES, NATIVE, group_of, named, owner
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import many, token_in_header, wrapped
from shared.broker import Record
from shared.clock import UTC
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import parse_time, within_years

NAME = "amplitude"
SECRET = "amplitude_token"  # noqa: S105  # the name of the setting


class Tracked(msgspec.Struct):
    """An event, of which exports tell `event_time` in UTC without saying so, and the API `time` in milliseconds."""

    event_type: str
    user_id: Any = None
    device_id: Any = None
    event_time: str | None = None
    time: int | None = None
    uuid: Any = None
    insert_id: Any = None
    exported_insert_id: Any = msgspec.field(name="$insert_id", default=None)
    groups: Any = None
    user_properties: Any = None


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The use; none for Amplitude's own events and for anonymous ones. Raises Rejection."""
    tracked = read(record.value, Tracked)
    person = spelled(tracked.user_id)
    if person is None or _is_own(tracked.event_type):
        return ()
    used = Used(_whose(tracked, options.namespace), person, tracked.event_type, _at(tracked, options))
    return events(NAME, _own_id(tracked, record), [draft(used)])


def _whose(tracked: Tracked, namespace: str = NATIVE) -> Key:
    account = group_of(tracked.groups)
    if account is None:
        account = named(tracked.user_properties, ACCOUNT_NAMES)
    email = named(tracked.user_properties, ("email", "emailaddress", "useremail")) or tracked.user_id
    return owner(NAME, account, tracked.user_id, email, namespace)


def _is_own(event_type: str) -> bool:
    """Amplitude's bookkeeping: identifies, sessions, what its SDK collects by itself."""
    return event_type.startswith(("$", "[Amplitude]")) or event_type in {
        "session_start",
        "session_end",
        "watch_tutorial",
    }


def _at(tracked: Tracked, options: Options) -> int:
    if tracked.event_time:
        return parse_time(tracked.event_time.replace(" ", "T", 1), options.zone or UTC)
    if tracked.time is None:
        raise Rejection(Reason.MISSING_TIME, "the event has neither event_time nor time")
    return within_years(tracked.time * 1_000)


def _own_id(tracked: Tracked, record: Record) -> str:
    """As Amplitude tells doubles: the insert id of a device; else its uuid; else all that was said."""
    inserted = spelled(tracked.insert_id) or spelled(tracked.exported_insert_id)
    if inserted is not None:
        return f"{spelled(tracked.device_id) or spelled(tracked.user_id)}:{inserted}"
    return spelled(tracked.uuid) or wrapped(record.value).id


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The events of a body: one, a list, lines, or `{"events": […]}`. Raises Malformed."""
    return many(posted, "events", lambda value: _whose(read(value, Tracked)))


SOURCE = Source(NAME, "amplitude.event", Topic.PRODUCT, translate, Door(SECRET, token_in_header(SECRET), unwrap))
