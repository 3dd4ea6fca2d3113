"""Mixpanel: its event JSON, as exported or as imported there, becomes usage and sign-ins.

The account is one of the event's properties: a group key such as `company_id`, or `$groups`. Events of nobody (a device
without a user) are of no use.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from services.ingest.sources.analytics import Used, draft
from services.ingest.sources.drafts import Key, events, read, spelled
from services.ingest.sources.owners import ACCOUNT_NAMES, NATIVE, group_of, named, owner
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import many, token_in_header, wrapped
from shared.broker import Record
from shared.clock import UTC, from_us, to_us
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import within_years

NAME = "mixpanel"
SECRET = "mixpanel_token"  # noqa: S105  # the name of the setting

_MILLISECONDS_FROM = 100_000_000_000
_LATEST_S = 7_289_654_400


class Tracked(msgspec.Struct):
    """An event. Its properties hold everything else, who and when among it."""

    event: str
    properties: dict[str, Any]


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The use; none for Mixpanel's own events and for anonymous ones. Raises Rejection."""
    tracked = read(record.value, Tracked)
    properties = tracked.properties
    person = _person(properties)
    if person is None or tracked.event.startswith("$"):
        return ()
    used = Used(_whose(properties, options.namespace), person, tracked.event, _at(properties.get("time"), options))
    inserted = spelled(properties.get("$insert_id"))
    own = f"{tracked.event}:{person}:{inserted}" if inserted else wrapped(record.value).id
    return events(NAME, own, [draft(used)])


def _whose(properties: Mapping[str, Any], namespace: str = NATIVE) -> Key:
    person = _person(properties)
    email = properties.get("$email") or properties.get("email") or person
    return owner(NAME, _account(properties), person, email, namespace)


def _person(properties: Mapping[str, Any]) -> str | None:
    """The user, or the distinct id where it is not that of a device."""
    user = spelled(properties.get("$user_id"))
    if user is not None:
        return user
    distinct = spelled(properties.get("distinct_id"))
    device = spelled(properties.get("$device_id"))
    if distinct is None or distinct.startswith("$device:") or distinct == device:
        return None
    return distinct


def _account(properties: Mapping[str, Any]) -> Any:
    found = group_of(properties.get("$groups"))
    if found is None:
        found = named(properties, ACCOUNT_NAMES)
    if isinstance(found, list):
        return found[0] if len(found) == 1 else None
    return found


def _at(time: Any, options: Options) -> int:
    """Seconds, or milliseconds where there are too many of them. Projects from before 2023 export the wall clock of
    their own zone as if it were UTC: for them, the source's zone is set."""
    if isinstance(time, bool) or not isinstance(time, int | float):
        raise Rejection(Reason.MISSING_TIME, "properties.time is no number")
    if not 0 <= time < _LATEST_S * 1_000:  # asked before it is divided: JSON knows whole numbers beyond every float
        raise Rejection(Reason.INVALID_TIME, "properties.time lies outside the years 1970 to 2200")
    seconds = time / 1_000 if time >= _MILLISECONDS_FROM else time
    us = round(seconds * 1_000) * 1_000
    if options.zone is not None:
        us = to_us(from_us(us).replace(tzinfo=options.zone).astimezone(UTC))
    return within_years(us)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The events of a body: one, a list, lines, or `{"events": […]}`. Raises Malformed."""
    return many(posted, "events", lambda value: _whose(read(value, Tracked).properties))


SOURCE = Source(NAME, "mixpanel.event", Topic.PRODUCT, translate, Door(SECRET, token_in_header(SECRET), unwrap))
