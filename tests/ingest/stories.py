"""Strategies: payloads of every native type, and the events and records that carry them."""

import json
from typing import Any

from hypothesis import strategies as st

from shared.broker import Partition, Record
from shared.clock import from_us
from shared.contracts import NATIVE
from shared.facts import Event
from shared.native import decode_body, encode_body, event_id
from tests.ingest.payloads import payloads_of

START = 1_767_225_600_000_000  # 2026-01-01
DAY = 86_400_000_000

few_ids = st.sampled_from(["a", "b", "c", "d"])
names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
sentiments = st.none() | st.sampled_from(["positive", "neutral", "negative"])
instants = st.integers(1_577_836_800, 1_893_456_000).map(lambda s: from_us(s * 1_000_000).isoformat())
money = st.decimals(0, 10**9, places=2).map(str)
counts = st.integers(0, 10**9)


def payload(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


PAYLOADS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    **{kind: payloads_of(kind) for kind in NATIVE},
    "account.updated": payload(
        {}, name=st.none() | names, employees=st.none() | counts, arr=st.none() | money, country=st.just("DE"),
        external_ids=st.dictionaries(few_ids, few_ids, max_size=3), customer_since=st.just("2024-02-29"),
    ),
    "person.updated": payload({"person_id": few_ids}, role=st.sampled_from(["champion", "blocker"]), name=names),
    "person.left": payload({"person_id": few_ids}),
    "meeting.updated": payload(
        {"meeting_id": few_ids, "status": st.sampled_from(["scheduled", "held", "missed"]), "starts_at": instants}
    ),
    "outreach.sent": payload({"outreach_id": few_ids}, channel=st.sampled_from(["email", "call"])),
    "reply.received": payload({"reply_id": few_ids}, outreach_id=few_ids),
    "sponsor.updated": payload({"identified": st.booleans()}, engaged=st.booleans(), person_id=few_ids),
    "feedback.given": payload({"feedback_id": few_ids}, sentiment=sentiments, text=names),
    "usage.recorded": payload({"person_id": few_ids}, feature=few_ids, actions=st.integers(0, 50)),
    "login.recorded": payload({"person_id": few_ids}),
    "usage.reported": payload(
        {"period_start": st.sampled_from(["2026-01-01", "2026-02-01"]), "period_end": st.just("2026-02-28")},
        active_people=counts, mean_daily_active_people=st.floats(0, 1e6), features_used=st.lists(names, max_size=3),
    ),
    "subscription.updated": payload(
        {"subscription_id": few_ids, "status": st.sampled_from(["trialing", "active", "paused", "cancelled"])},
        amount=money, interval=st.sampled_from(["day", "week", "month", "year"]),
        interval_count=st.integers(1, 120), seats=counts, renews_at=instants,
    ),
    "invoice.updated": payload(
        {"invoice_id": few_ids, "status": st.sampled_from(["draft", "open", "paid"]), "amount": money}, due_at=instants
    ),
    "cancel.requested": payload({}, reason=names),
    "cancel.withdrawn": payload({}),
    "ticket.updated": payload(
        {"ticket_id": few_ids, "status": st.sampled_from(["new", "open", "solved"]),
         "opened_at": st.just("2019-05-01T00:00:00Z")},
        resolved_at=instants, sentiment=sentiments, escalated=st.booleans(), satisfaction=st.floats(1, 5),
    ),
    "survey.response": payload(
        {"survey_id": few_ids, "survey_type": st.sampled_from(["nps", "csat", "ces"]), "score": st.integers(0, 10)}
    ),
    "identity.linked": payload({"source": few_ids, "external_id": few_ids}, reason=names),
    "identity.unlinked": payload({"source": few_ids, "external_id": few_ids}),
    "account.merged": payload({"from_id": few_ids}, from_source=few_ids),
    "account.unmerged": payload({"from_id": few_ids}),
    "person.linked": payload({"person_id": few_ids, "external_id": few_ids}, source=few_ids),
    "person.erased": payload({"person_id": few_ids}),
}  # fmt: skip


def event(kind: str, at: int, number: int, sequence: int = 0, /, **data: Any) -> Event:
    """The event `number` of source "app", accepted."""
    body = decode_body(kind, json.dumps(data).encode())
    raw = encode_body(kind, body)
    return Event(event_id("app", str(number)), "app", kind, ("native", "acme"), at, sequence, body, raw)


def used(person: str, day: int, number: int, **data: Any) -> Event:
    """Somebody used the product on a day counted from 2026-01-01."""
    return event("usage.recorded", START + day * DAY, number, person_id=person, **data)


def record(kind: str, data: Any, *, topic: str | None = None, value: bytes | None = None, **headers: Any) -> Record:
    """A native event in binary mode. A header given as None is left out."""
    envelope = {
        "ce_specversion": "1.0", "ce_id": "1", "ce_source": "app", "ce_type": kind, "ce_subject": "acme",
        "ce_time": "2026-01-01T00:00:00Z", "content-type": "application/json", **headers,
    }  # fmt: skip
    encoded = [
        (name, text if isinstance(text, bytes) else str(text).encode())
        for name, text in envelope.items()
        if text is not None
    ]
    where = topic or (str(NATIVE[kind][0]) if kind in NATIVE else "crm.events")
    return Record(Partition(where, 0), 7, START // 1000, b"acme", value or json.dumps(data).encode(), encoded)


def structured(envelope: Any, topic: str) -> Record:
    """A record in structured mode; the envelope as an object or as bytes."""
    value = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    return Record(Partition(topic, 0), 7, START // 1000, b"acme", value, headers)


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(PAYLOADS), days: int = 300) -> list[Event]:
    """Distinct events of one account over more days than the window holds, many at the same instant."""
    told = []
    for number in range(draw(st.integers(1, 30))):
        kind = draw(st.sampled_from(kinds))
        at = START + draw(st.integers(0, days)) * DAY + draw(st.integers(0, 1))
        told.append(event(kind, at, number, draw(st.integers(0, 1)), **draw(PAYLOADS[kind])))
    return told


def as_text(us: int) -> str:
    """An instant as RFC 3339."""
    return from_us(us).isoformat()
