"""What an iCalendar body says of a meeting, in our own words. Pure. RFC 5545; times become microseconds since 1970.

Folding, escapes, parameters and time zones, also those that an invitation brings along, are the library's to read.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import icalendar

from services.ingest.sources.drafts import MOST_ID, is_id
from services.ingest.sources.owners import address
from shared.clock import DAY_US, UTC, to_us
from shared.errors import Reason, Rejection
from shared.native import printable, within_years

_FAULTS = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, NotImplementedError,
    OSError,  # the name of a zone is looked up as that of a file: it may be too long for one, or that of a directory
)  # fmt: skip
_SECOND_US = 1_000_000


class Guest(NamedTuple):
    """Somebody who is invited, by their address in small letters; `answer` is NEEDS-ACTION, ACCEPTED, DECLINED …"""

    email: str
    answer: str


class Invitation(NamedTuple):
    """One VEVENT. `method` is what the body wants: REQUEST, CANCEL, REPLY, PUBLISH …; `told_at` when it said so;
    `meeting_id` is the uid, with the instant that an occurrence of a series was planned for."""

    method: str
    meeting_id: str
    sequence: int
    told_at: int
    starts_at: int
    ends_at: int
    subject: str
    cancelled: bool
    organizer: str | None
    guests: tuple[Guest, ...]


def invitations(body: bytes, zone: dt.tzinfo | None) -> Iterator[Invitation]:
    """The meetings of a body, in order. Times without a zone lie in `zone`, or in the calendar's own X-WR-TIMEZONE.
    Raises Rejection."""
    try:
        calendars = icalendar.Calendar.from_ical(body, multiple=True)
        found = [(one, event) for one in calendars for event in one.walk("VEVENT")]
    except _FAULTS as error:
        raise Rejection(Reason.INVALID_PAYLOAD, printable(f"not an iCalendar body: {error}")) from None
    if not calendars:
        raise Rejection(Reason.INVALID_PAYLOAD, "not an iCalendar body: it holds no calendar")
    for calendar, event in found:
        try:
            yield _invitation(calendar, event, zone or _own_zone(calendar))
        except _FAULTS as error:
            words = f"its VEVENT cannot be read: {type(error).__name__} {error}"
            raise Rejection(Reason.INVALID_PAYLOAD, printable(words)) from None


def _invitation(calendar: Any, event: Any, zone: dt.tzinfo | None) -> Invitation:
    starts_at = _instant(event, "DTSTART", zone)
    if starts_at is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "DTSTART: the meeting has no start")
    told_at = _first_of(event, ("DTSTAMP", "LAST-MODIFIED", "CREATED"), zone)
    if told_at is None:
        raise Rejection(Reason.MISSING_TIME, "DTSTAMP: the body does not say when it was written")
    method = str(calendar.get("METHOD", "REQUEST")).strip().upper()
    return Invitation(
        method,
        _meeting_id(event, zone),
        _sequence(event),
        told_at,
        starts_at,
        _ends_at(event, starts_at, zone),
        str(event.get("SUMMARY", "")),
        method == "CANCEL" or str(event.get("STATUS", "")).strip().upper() == "CANCELLED",
        _mailbox(event.get("ORGANIZER")),
        tuple(_guests(event)),
    )


def _meeting_id(event: Any, zone: dt.tzinfo | None) -> str:
    uid = str(event.get("UID", "")).strip()
    planned = _instant(event, "RECURRENCE-ID", zone)
    own = uid if planned is None else f"{uid}/{planned // _SECOND_US}"
    if not uid or "\x00" in own:
        raise Rejection(Reason.INVALID_PAYLOAD, "UID: the meeting has none")
    return own if len(own) <= MOST_ID and is_id(own) else hashlib.blake2b(own.encode(), digest_size=16).hexdigest()


def _sequence(event: Any) -> int:
    number = int(event.get("SEQUENCE", 0))
    return number if 0 <= number < 1 << 31 else 0


def _ends_at(event: Any, starts_at: int, zone: dt.tzinfo | None) -> int:
    ends_at = _instant(event, "DTEND", zone)
    if ends_at is None and "DURATION" in event:
        lasts = _only(event["DURATION"]).dt
        ends_at = within_years(starts_at + int(lasts.total_seconds()) * _SECOND_US)
    if ends_at is None and not isinstance(_only(event["DTSTART"]).dt, dt.datetime):
        ends_at = starts_at + DAY_US
    return starts_at if ends_at is None else max(starts_at, ends_at)


def _first_of(event: Any, names: tuple[str, ...], zone: dt.tzinfo | None) -> int | None:
    return next((at for at in (_instant(event, name, zone or UTC) for name in names) if at is not None), None)


def _instant(event: Any, name: str, zone: dt.tzinfo | None) -> int | None:
    """A property's instant; a day is its midnight. Raises Rejection NAIVE_TIME, INVALID_TIME."""
    if name not in event:
        return None
    at = _only(event[name]).dt
    if not isinstance(at, dt.datetime):
        at = dt.datetime(at.year, at.month, at.day, tzinfo=zone or UTC)
    if at.tzinfo is None and zone is None:
        raise Rejection(Reason.NAIVE_TIME, f"{name} has no zone; name one for the source calendar")
    try:
        return within_years(to_us(at if at.tzinfo else at.replace(tzinfo=zone)))
    except (OverflowError, ValueError):
        raise Rejection(Reason.INVALID_TIME, f"{name} lies outside the years 1970 to 2200") from None


def _only(found: Any) -> Any:
    """The property; the first where it was said several times."""
    return found[0] if isinstance(found, list) else found


def _guests(event: Any) -> Iterator[Guest]:
    found = event.get("ATTENDEE", [])
    for one in found if isinstance(found, list) else [found]:
        email = _mailbox(one)
        if email is not None and not _is_thing(email, str(one.params.get("CUTYPE", "")).upper()):
            yield Guest(email, str(one.params.get("PARTSTAT", "NEEDS-ACTION")).upper())


def _is_thing(email: str, kind: str) -> bool:
    """Rooms, projectors and Google's shared calendars are invited, too."""
    return kind in {"ROOM", "RESOURCE"} or email.endswith(".calendar.google.com")


def _mailbox(found: Any) -> str | None:
    written = str(_only(found) or "").strip()
    return address(written[len("mailto:") :] if written.lower().startswith("mailto:") else written)


def _own_zone(calendar: Any) -> dt.tzinfo | None:
    try:
        return ZoneInfo(str(calendar["X-WR-TIMEZONE"]))
    except (KeyError, ValueError, OSError):
        return None
