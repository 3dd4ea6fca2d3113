"""Invitations as calendars write them: folded lines, zones of their own, changes, cancellations, answers."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.calendar import SOURCE
from services.ingest.sources.meetings import kind_of
from services.ingest.sources.source import Options, Posted
from shared.broker import Record
from shared.clock import UTC, from_us
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event
from tests.ingest.raw import fields, raw, refused, told
from tests.ingest.spoiling import anything

PEOPLE = (
    "ORGANIZER;CN=Ada:mailto:ada@ours.example",
    'ATTENDEE;PARTSTAT=ACCEPTED;CN="Chen, Mia":MAILTO:Mia@acme.example',
    "ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;CN=A long name that is\n  folded:mailto:bob@acme.example",
    "ATTENDEE;CUTYPE=ROOM:mailto:room-7@ours.example",
)
ZONE = """BEGIN:VTIMEZONE
TZID:Our Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""

MEETING = {
    "UID": "u-1@ours.example", "SEQUENCE": "2", "DTSTAMP": "20261101T080000Z", "SUMMARY": "Acme: QBR\\, 4th quarter",
    "DTSTART": "20261119T130000Z", "DTEND": "20261119T140000Z", "STATUS": "CONFIRMED",
}  # fmt: skip


def event_lines(people: tuple[str, ...] = PEOPLE, **more: str | None) -> str:
    """A VEVENT; None leaves a property out. What begins with a semicolon has parameters before its value."""
    lines = [
        f"{name.replace('_', '-')}{text if text.startswith(';') else ':' + text}"
        for name, text in (MEETING | more).items()
        if text is not None
    ]
    return "\n".join(["BEGIN:VEVENT", *lines, *people, "END:VEVENT"])


def body(*parts: str, method: str | None = "REQUEST") -> bytes:
    head = ["BEGIN:VCALENDAR", "PRODID:-//x//EN", "VERSION:2.0", *([f"METHOD:{method}"] if method else [])]
    return "\n".join([*head, *(parts or (event_lines(),)), "END:VCALENDAR", ""]).replace("\n", "\r\n").encode()


def of_acme(sent: bytes, options: Options | None = None) -> Event:
    (event,) = [event for event in told(SOURCE, sent, options) if event.account == ("domain", "acme.example")]
    return event


SAMPLES: list[Record] = [
    raw(SOURCE, body()),
    raw(SOURCE, body(method="CANCEL")),
    raw(SOURCE, body(event_lines(PEOPLE[1:2]), method="REPLY")),
    raw(SOURCE, body(ZONE, event_lines(DTSTART=";TZID=Our Zone:20261119T140000", RECURRENCE_ID="20261118T130000Z"))),
]


def test_an_invitation_is_a_meeting_of_the_company_that_is_invited() -> None:
    event = of_acme(body())
    assert (event.type, event.sequence) == ("meeting.updated", 2)
    assert from_us(event.occurred_at).isoformat() == "2026-11-01T08:00:00+00:00"
    assert fields(event) == {
        "meeting_id": "u-1@ours.example", "kind": "qbr", "status": "scheduled", "starts_at": "2026-11-19T13:00:00Z",
        "ends_at": "2026-11-19T14:00:00Z", "subject": "Acme: QBR, 4th quarter",
        "person_ids": ["bob@acme.example", "mia@acme.example"],
    }  # fmt: skip


def test_every_company_that_takes_part_is_told_and_rooms_are_nobody() -> None:
    events = told(SOURCE, body())
    assert [event.account for event in events] == [("domain", "acme.example"), ("domain", "ours.example")]
    assert fields(events[1])["person_ids"] == ["ada@ours.example"]
    assert len({event.id for event in events}) == 2


def test_a_private_address_waits_until_the_person_is_known() -> None:
    (event,) = told(SOURCE, body(event_lines(("ATTENDEE:mailto:mia@gmail.com",))))
    assert event.account == ("calendar:person", "mia@gmail.com")


def test_a_meeting_of_nobody_is_of_no_use() -> None:
    assert told(SOURCE, body(event_lines(()))) == []


@pytest.mark.parametrize("sent", [body(method="CANCEL"), body(event_lines(STATUS="CANCELLED"))])
def test_a_cancellation_cancels(sent: bytes) -> None:
    assert fields(of_acme(sent))["status"] == "cancelled"


def test_a_change_is_a_later_event_of_the_same_meeting() -> None:
    before = of_acme(body())
    after = of_acme(body(event_lines(SEQUENCE="3", DTSTAMP="20261102T080000Z", DTSTART="20261120T130000Z", DTEND=None)))
    assert after.id != before.id
    assert (after.occurred_at, after.sequence) > (before.occurred_at, before.sequence)
    assert fields(after)["meeting_id"] == fields(before)["meeting_id"]


def test_the_same_body_again_is_the_same_events() -> None:
    assert [event.id for event in told(SOURCE, body())] == [event.id for event in told(SOURCE, body())]


def test_an_occurrence_of_a_series_is_a_meeting_of_its_own() -> None:
    moved = fields(of_acme(body(event_lines(RECURRENCE_ID="20261118T130000Z"))))
    same = fields(of_acme(body(event_lines(RECURRENCE_ID=";TZID=Europe/Berlin:20261118T140000"))))
    assert moved["meeting_id"] == same["meeting_id"] == "u-1@ours.example/1795006800"


@pytest.mark.parametrize(
    ("start", "parts"),
    [
        (";TZID=Europe/Berlin:20261119T140000", ()),
        (";TZID=W. Europe Standard Time:20261119T140000", ()),
        (";TZID=Our Zone:20261119T140000", (ZONE,)),
        ("20261119T130000Z", ()),
    ],
)
def test_a_start_is_an_instant_whatever_its_zone_is_called(start: str, parts: tuple[str, ...]) -> None:
    assert fields(of_acme(body(*parts, event_lines(DTSTART=start, DTEND=None))))["starts_at"] == "2026-11-19T13:00:00Z"


def test_a_start_without_a_zone_needs_the_zone_of_the_source() -> None:
    floating = body(event_lines(DTSTART="20261119T140000", DTEND=None))
    assert refused(SOURCE, floating) == Reason.NAIVE_TIME
    assert fields(of_acme(floating, Options(zone=UTC)))["starts_at"] == "2026-11-19T14:00:00Z"
    named = floating.replace(b"VERSION:2.0", b"VERSION:2.0\r\nX-WR-TIMEZONE:Europe/Berlin")
    assert fields(of_acme(named))["starts_at"] == "2026-11-19T13:00:00Z"


def test_a_day_lasts_a_day_and_a_duration_as_long_as_it_says() -> None:
    whole = fields(of_acme(body(event_lines(DTSTART=";VALUE=DATE:20261119", DTEND=None))))
    assert (whole["starts_at"], whole["ends_at"]) == ("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z")
    assert fields(of_acme(body(event_lines(DTEND=None, DURATION="PT45M"))))["ends_at"] == "2026-11-19T13:45:00Z"


def test_what_is_written_after_the_end_tells_what_became_of_it() -> None:
    after = {"DTSTAMP": "20261119T150000Z"}
    assert fields(of_acme(body(event_lines(**after))))["status"] == "held"
    declined = ("ATTENDEE;PARTSTAT=DECLINED:mailto:mia@acme.example",)
    assert fields(of_acme(body(event_lines(declined, **after))))["status"] == "missed"
    assert fields(of_acme(body(event_lines(declined))))["status"] == "scheduled"
    both = (*declined, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:noor@acme.example")
    held = fields(of_acme(body(event_lines(both, **after))))
    assert (held["status"], held["absent_ids"]) == ("held", ["mia@acme.example"])


def test_an_answer_is_a_reply_of_the_one_who_gave_it() -> None:
    event = of_acme(body(event_lines(("ATTENDEE;PARTSTAT=DECLINED:mailto:Mia@acme.example",)), method="REPLY"))
    assert event.type == "reply.received"
    assert fields(event)["person_id"] == "mia@acme.example"


@pytest.mark.parametrize("method", ["COUNTER", "DECLINECOUNTER", "REFRESH"])
def test_negotiations_are_of_no_use(method: str) -> None:
    assert told(SOURCE, body(method=method)) == []


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Acme QBR Q4", "qbr"), ("Quarterly Business Review", "qbr"), ("EBR with Acme", "ebr"), ("Kick-off", "kickoff"),
        ("Kickoff", "kickoff"), ("Admin Training (2/3)", "training"), ("Workshop: exports", "training"),
        ("Weekly check-in", "check_in"), ("Ada / Mia sync", "check_in"), ("Lunch", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_the_kind_is_guessed_from_the_words_of_the_subject(subject: str, kind: str) -> None:
    assert kind_of(subject) == kind


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", Reason.INVALID_PAYLOAD),
        (b"Hello", Reason.INVALID_PAYLOAD),
        (body(event_lines(UID=None)), Reason.INVALID_PAYLOAD),
        (body(event_lines(DTSTART=None)), Reason.INVALID_PAYLOAD),
        (body(event_lines(DTSTAMP=None)), Reason.MISSING_TIME),
        (body(event_lines(DTSTART="10001119T130000Z")), Reason.INVALID_TIME),
        (body(event_lines(DTSTART=f";TZID={'x' * 5_000}:20261119T130000")), Reason.INVALID_PAYLOAD),
        (body(event_lines(DTSTART=";TZID=America:20261119T130000")), Reason.INVALID_PAYLOAD),  # a directory of zones
    ],
)
def test_what_is_no_meeting_says_why(sent: bytes, reason: Reason) -> None:
    assert refused(SOURCE, sent) == reason


def test_a_long_uid_is_shortened_and_stays_one_meeting() -> None:
    long = body(event_lines(UID="x" * 500))
    assert fields(of_acme(long))["meeting_id"] == fields(of_acme(long))["meeting_id"]
    assert len(fields(of_acme(long))["meeting_id"]) == 32


names = st.sampled_from([*MEETING, "RECURRENCE_ID", "DURATION", "RRULE", "ATTENDEE"])
values = (
    st.text(max_size=30)
    | anything.map(str)
    | st.sampled_from(["20261119T130000Z", ";TZID=Nowhere:20261119T130000", "PT1H"])
)


@settings(max_examples=200)
@given(st.dictionaries(names, values, max_size=4), st.sampled_from([None, "REQUEST", "REPLY", "CANCEL"]), st.data())
def test_any_body_is_translated_or_rejected(more: dict[str, Any], method: str | None, data: st.DataObject) -> None:
    whole = "\n".join(["BEGIN:VCALENDAR", f"METHOD:{method}", event_lines(**more), "END:VCALENDAR"])
    sent = whole.replace("\n", "\r\n").encode("utf-8", "surrogatepass")
    cut = data.draw(st.integers(0, len(sent))) if data.draw(st.booleans()) else len(sent)
    with contextlib.suppress(Rejection):
        told(SOURCE, sent[:cut])


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_translated_or_rejected(sent: bytes) -> None:
    with contextlib.suppress(Rejection):
        told(SOURCE, b"BEGIN:VCALENDAR\r\n" + sent)


def test_the_door_takes_a_calendar_and_nothing_else() -> None:
    assert SOURCE.door is not None
    (wrapped,) = SOURCE.door.unwrap(Posted("POST", "", {}, body()))
    assert wrapped.value == body()
    with pytest.raises(Malformed):
        SOURCE.door.unwrap(Posted("POST", "", {}, b"{}"))
