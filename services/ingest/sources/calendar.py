"""Calendars: the body of an `.ics` invitation, its change, its cancellation or an answer to it. RFC 5545 and 5546.

The account is the domain of those who take part, so a meeting is told to each company that does. Our own domain waits
for an account that nobody will make: discard it, or send the calendar of one side of the table.
"""

import re
from collections.abc import Iterator, Sequence

from services.ingest.sources.drafts import Draft, Key, events, instant, line, spelled
from services.ingest.sources.invitations import Invitation, invitations
from services.ingest.sources.meetings import kind_of
from services.ingest.sources.owners import company
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import token_in_header, wrapped
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Malformed
from shared.facts import Event

NAME = "calendar"
SECRET = "calendar_token"  # noqa: S105  # the name of the setting

_MEETINGS = frozenset({"REQUEST", "CANCEL", "PUBLISH", "ADD"})
_UID = re.compile(rb"^UID(?:;[^:\r\n]*)?:([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_MOST_PEOPLE = 50
_MOST_COMPANIES = 20


def translate(record: Record, options: Options) -> Sequence[Event]:
    """Each meeting as `meeting.updated` of every company that takes part; an answer as `reply.received`. None for
    counter-proposals, and where nobody else is invited. Raises Rejection."""
    found: list[Event] = []
    for one in invitations(record.value, options.zone):
        said = f"{one.meeting_id}:{one.method}:{one.sequence}:{one.told_at}"
        if one.method in _MEETINGS:
            found += events(NAME, said, _meetings(one))
        elif one.method == "REPLY":
            found += events(NAME, f"{said}:{'+'.join(guest.email for guest in one.guests)}", _replies(one))
    return found


def _meetings(one: Invitation) -> Iterator[Draft]:
    """Our own company is one of those that take part, unless nobody else does: we cannot tell which."""
    companies = _companies(one)
    declined = {guest.email for guest in one.guests if guest.answer == "DECLINED"}
    for key, emails in list(companies.items())[:_MOST_COMPANIES]:
        fields = {
            "meeting_id": one.meeting_id,
            "kind": kind_of(one.subject),
            "status": _status(one, emails),
            "starts_at": instant(one.starts_at),
            "ends_at": instant(one.ends_at),
            "subject": line(one.subject),
            "person_ids": emails[:_MOST_PEOPLE],
        }
        absent = [email for email in emails[:_MOST_PEOPLE] if email in declined]
        fields |= {"absent_ids": absent} if absent else {}
        yield Draft("meeting.updated", key, one.told_at, one.sequence, fields)


def _companies(one: Invitation) -> dict[Key, list[str]]:
    """Those who take part, by the key of their company, in the order of the keys."""
    emails = sorted({*(guest.email for guest in one.guests), *([one.organizer] if one.organizer else [])})
    found: dict[Key, list[str]] = {}
    for email in emails:
        found.setdefault(company(NAME, email), []).append(email)
    return dict(sorted(found.items()))


def _status(one: Invitation, emails: Sequence[str]) -> str:
    """A body that was written after the end tells what became of the meeting: missed if all of the company had
    declined, held otherwise."""
    if one.cancelled:
        return "cancelled"
    if one.told_at < one.ends_at or one.ends_at == one.starts_at:
        return "scheduled"
    answers = {guest.answer for guest in one.guests if guest.email in set(emails)}
    return "missed" if answers == {"DECLINED"} else "held"


def _replies(one: Invitation) -> Iterator[Draft]:
    for guest in one.guests:
        fields = {"reply_id": f"{one.told_at}:{guest.email}"[:200], "person_id": guest.email}
        yield Draft("reply.received", company(NAME, guest.email), one.told_at, one.sequence, fields)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The whole body is one record, and a body that comes again is the same one. It is of several companies, so that
    its key is the meeting. Raises Malformed."""
    if b"BEGIN:VCALENDAR" not in posted.body[:2_000].upper():
        raise Malformed("The body is no iCalendar body.", "Send the text/calendar part of the invitation as it is.")
    uid = _UID.search(posted.body)
    return [wrapped(posted.body)._replace(other=spelled(uid[1].decode("utf-8", "replace")) if uid else None)]


DOOR = Door(SECRET, token_in_header(SECRET), unwrap, content_type="text/calendar")
SOURCE = Source(NAME, "calendar.event", Topic.CRM, translate, DOOR)
