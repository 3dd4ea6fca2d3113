"""Records as real systems send them, at a time before NOON, and the facts that ingest makes of them."""

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from services.ingest.sources import translate
from shared.broker import Partition, Record
from shared.clock import from_us
from shared.contracts import NATIVE
from shared.facts import Event, Facts
from shared.fold import fold
from tests.health.stories import ago
from tests.ingest import stripe_bodies, zendesk_bodies
from tests.ingest.raw import raw, source_named
from tests.ingest.test_calendar import body, event_lines
from tests.ingest.test_delighted import body as delighted_body
from tests.ingest.test_hubspot import changed
from tests.ingest.test_intercom import conversation, notification
from tests.ingest.test_mixpanel import tracked as mixpanel_event
from tests.ingest.test_salesforce import change
from tests.ingest.test_surveys import answer as survey_answer

_numbers = itertools.count(1)


def facts_of_records(records: Iterable[Record]) -> Facts:
    """The facts after these records, each through its own translator."""
    return fold(Facts(), {}, told(records))[0]


def told(records: Iterable[Record]) -> Sequence[Event]:
    """The events of these records."""
    return [event for record in records for event in translate(record)]


def text(days_ago: float) -> str:
    """The instant so many days before NOON, as sources write it."""
    return from_us(ago(days_ago)).isoformat().replace("+00:00", "Z")


def seconds(days_ago: float) -> int:
    """The same, in seconds since 1970."""
    return ago(days_ago) // 1_000_000


def date(days_ago: float) -> str:
    """The UTC day of it."""
    return from_us(ago(days_ago)).date().isoformat()


def _id() -> str:
    return f"n-{next(_numbers)}"


# --- product ------------------------------------------------------------------------------------------


def tracked(days_ago: float, *people: str, feature: str = "Report Exported", times: int = 1) -> list[Record]:
    """Segment: each of these people did this so many times."""
    return [segment("track", person, days_ago, event=feature) for person in people for _ in range(times)]


def signed_in(days_ago: float, *people: str) -> list[Record]:
    """Segment: these people signed in."""
    return [segment("track", person, days_ago, event="Signed In") for person in people]


def segment(call: str, person: str, days_ago: float, **more: Any) -> Record:
    """A call of Segment's API."""
    said = {"type": call, "messageId": _id(), "userId": person, "context": {"groupId": "acme"}, **more}
    return raw(source_named("segment"), {**said, "timestamp": text(days_ago)})


def mixpanel(days_ago: float, person: str, name: str) -> Record:
    """An event of Mixpanel."""
    said = mixpanel_event(name, time=seconds(days_ago), distinct_id=person, **{"$insert_id": _id()})
    return raw(source_named("mixpanel"), said)


def native(kind: str, days_ago: float, /, **body: Any) -> Record:
    """A CloudEvent in structured mode, as a company's own systems send it."""
    envelope = {
        "specversion": "1.0", "id": _id(), "source": "shop.example.com", "type": kind, "subject": "acme",
        "time": text(days_ago), "data": body,
    }  # fmt: skip
    headers = [("content-type", b"application/cloudevents+json")]
    return Record(Partition(NATIVE[kind][0].value, 0), 1, 0, b"acme", json.dumps(envelope).encode(), headers)


def monthly(ended_days_ago: int, days: int = 30, **numbers: Any) -> Record:
    """An export of a product over so many days."""
    period = {"period_start": date(ended_days_ago + days - 1), "period_end": date(ended_days_ago)}
    return native("usage.reported", max(ended_days_ago - 1, 0), **period, **numbers)


# --- money --------------------------------------------------------------------------------------------


def stripe_subscription(days_ago: float, cents: int, seats: int = 1, **more: Any) -> Record:
    """Stripe: a subscription at so many cents a seat and month, since 400 days."""
    item = stripe_bodies.item(str(cents), seats, current_period_end=seconds(-20))
    thing = stripe_bodies.subscription(item, start_date=seconds(400), **more)
    return stripe_bodies.hook("customer.subscription.updated", thing, created=seconds(days_ago))


def stripe_invoice(due_days_ago: float, paid_days_ago: float) -> Record:
    """Stripe: an invoice that was paid."""
    times = {"finalized_at": seconds(due_days_ago + 14), "paid_at": seconds(paid_days_ago)}
    said = {"id": f"in_{next(_numbers)}", "due_date": seconds(due_days_ago), "status_transitions": times}
    thing = stripe_bodies.invoice(**said, status="paid", created=seconds(due_days_ago + 14))
    return stripe_bodies.hook("invoice.paid", thing, created=seconds(paid_days_ago))


# --- support and surveys ------------------------------------------------------------------------------


def zendesk(
    days_ago: float, happened: str, ticket: str, changed: dict[str, Any] | None = None, **detail: Any
) -> Record:
    """An event of a ticket, which was opened at that time unless told otherwise."""
    detail = {"id": ticket, "created_at": text(days_ago), **detail}
    said = zendesk_bodies.event(happened, changed, **detail)
    return raw(source_named("zendesk"), {**said, "id": _id(), "time": text(days_ago)})


def zendesk_solved(opened_days_ago: float, solved_days_ago: float, ticket: str) -> Record:
    """A ticket is solved."""
    opened = {"created_at": text(opened_days_ago), "status": "SOLVED"}
    return zendesk(solved_days_ago, "status_changed", ticket, {"current": "SOLVED", "previous": "OPEN"}, **opened)


def intercom_rated(days_ago: float, rating: int) -> Record:
    """Intercom: a conversation is rated."""
    at = seconds(days_ago)
    given = {"rating": rating, "remark": "", "created_at": at, "contact": {"type": "contact", "id": "mia"}}
    item = conversation(id=_id(), created_at=at - 3_600, state="closed", conversation_rating=given)
    said = notification("conversation.rating.added", item, id=_id(), created_at=at)
    return raw(source_named("intercom"), said)


def delighted(days_ago: float, kind: str, score: int, person: str = "mia") -> Record:
    """An answer to Delighted."""
    properties = {"account_id": "acme", "user_id": person}
    given = {"id": _id(), "survey_type": kind, "score": score, "created_at": seconds(days_ago)}
    return raw(source_named("delighted"), delighted_body(**given, updated_at=None, person_properties=properties))


def survey(days_ago: float, **said: Any) -> Record:
    """An answer to any other tool."""
    given = {"responded_at": text(days_ago), "source_id": _id(), **said}
    return raw(source_named("survey"), survey_answer(**given))


# --- people -------------------------------------------------------------------------------------------


def salesforce(days_ago: float, entity: str, kind: str = "CREATE", **values: Any) -> Record:
    """A change event of Salesforce."""
    header = {"commitTimestamp": ago(days_ago) // 1_000, "transactionKey": _id()}
    said = change(entity, kind, [values.pop("Id", f"00U{next(_numbers)}")], header, AccountId="001A", **values)
    return raw(source_named("salesforce"), said)


def salesforce_event(days_ago: float, subject: str, person: str = "003M") -> Record:
    """Salesforce: a meeting that ended an hour before it was written down."""
    times = {"StartDateTime": text(days_ago + 2 / 24), "EndDateTime": text(days_ago + 1 / 24)}
    return salesforce(days_ago, "Event", Subject=subject, WhoId=person, **times)


def salesforce_mail(days_ago: float) -> Record:
    """Salesforce: we wrote to somebody."""
    return salesforce(days_ago, "Task", TaskSubtype="Email", Status="Completed", WhoId="003M")


def hubspot(days_ago: float, kind: str, name: str, value: Any, number: int = 123) -> Record:
    """HubSpot: a property changed."""
    return raw(source_named("hubspot"), changed(kind, name, value, objectId=number, occurredAt=ago(days_ago) // 1_000))


def hubspot_reply(days_ago: float, number: int = 123) -> Record:
    """HubSpot: a contact answered a mail."""
    return hubspot(days_ago, "contact", "hs_sales_email_last_replied", str(ago(days_ago) // 1_000), number)


def invitation(days_ago: float, subject: str, answer: str) -> Record:
    """A calendar writes down a meeting that is over, and who had accepted or declined."""

    def stamp(days: float) -> str:
        return f"{from_us(ago(days)).astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"

    guest = (f"ATTENDEE;PARTSTAT={answer}:mailto:mia@acme.example",)
    times = {"DTSTART": stamp(days_ago + 0.2), "DTEND": stamp(days_ago + 0.1), "DTSTAMP": stamp(days_ago)}
    return raw(source_named("calendar"), body(event_lines(guest, UID=_id(), SUMMARY=subject, **times)))
