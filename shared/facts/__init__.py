"""What is known of one account: one bounded value, as bytes in the database, as `Facts` in memory.

Instants are microseconds since 1970 in UTC, days are days since 1970 in UTC, money is millionths of the
currency's unit. Every thing that can change carries the stamp of the event that said it: its time, its
source's sequence and its id. The greatest stamp wins, so that the order of arrival does not matter.

Bounds (worst case, per account): see the `MOST_…` constants. The one unbounded thing, which days each
person was active, is kept outside as `Presence`.
"""

import copy
from typing import Annotated, Any, NamedTuple

import msgspec

from shared.facts.things import (
    Cancellation,
    CreditNote,
    Departure,
    Discount,
    Dispute,
    FailedPayment,
    Feedback,
    Field,
    Invoice,
    Meeting,
    Outreach,
    Person,
    Refund,
    Reply,
    Schedule,
    Sponsor,
    Stamp,
    Subscription,
    Survey,
    Ticket,
    UsageReport,
)

__all__ = [
    "MOST_FEATURES", "MOST_ITEMS", "MOST_MICROS", "MOST_STATES", "MOST_SUBSCRIPTION_STATES", "WINDOW_DAYS",
    "Cancellation", "CreditNote", "Departure", "Discount", "Dispute", "Event", "Facts", "FailedPayment", "Feedback",
    "Field", "Invoice", "Login", "Meeting", "Outreach", "Person", "Presence", "Refund", "Reply",
    "Schedule", "Sponsor", "Stamp", "Subscription", "Survey", "Ticket", "Usage", "UsageReport", "decode", "encode",
]  # fmt: skip

WINDOW_DAYS = 128
"""Days of activity kept, counted back from the newest active day. Measures look back 90 days at most."""

MOST_ITEMS = 120
"""Tickets, invoices, meetings, surveys … kept per account and kind: the newest by stamp."""

MOST_SUBSCRIPTION_STATES = 12
"""States kept per subscription, newest first: enough to tell what was in force a year ago."""

MOST_STATES = 360
"""Subscription states kept per account: every subscription's newest before anyone's second newest, and so on;
among equals the newest by stamp."""

MOST_MICROS = (1 << 63) - 1
"""Largest amount of money, millionths: what 64 bits hold."""

MOST_FEATURES = 200
"""Features kept per account: the first by name, so that the choice does not depend on arrival."""


class Event(NamedTuple):
    """One fact, as its source told it, with its identity and its time.

    `account` is (namespace, id): ids of native events share the namespace `native`, others have their source's.
    `body` is the payload of its type (see shared/contracts), or for usage and logins the leaner `Usage` and `Login`.
    """

    id: bytes
    source: str
    type: str
    account: tuple[str, str]
    occurred_at: int
    sequence: int
    body: Any
    raw: bytes


class Usage(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """`usage.recorded` as the hot path decodes it; shared/native.py makes it accept what the contract accepts."""

    person_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    feature: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    actions: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 1


class Login(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`login.recorded`, likewise."""

    person_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Facts(msgspec.Struct, array_like=True):
    """All that measures read about an account. Treat it as frozen: `fold` returns a new one."""

    fields: dict[str, Field] = {}
    people: dict[str, Person] = {}
    departures: dict[str, Departure] = {}
    subscriptions: dict[str, list[Subscription]] = {}
    invoices: dict[str, Invoice] = {}
    tickets: dict[str, Ticket] = {}
    meetings: dict[str, Meeting] = {}
    outreach: dict[str, Outreach] = {}
    replies: dict[str, Reply] = {}
    surveys: dict[str, Survey] = {}
    feedback: dict[str, Feedback] = {}
    reports: dict[str, UsageReport] = {}
    sponsor: Sponsor | None = None
    cancellation: Cancellation | None = None
    newest_day: int = 0
    """The newest active day; index i of the three lists below is the day i days before it."""
    active_people: list[int] = []
    """How many distinct people were active on the day."""
    last_active: list[int] = []
    """How many people were active on the day and on no later day."""
    actions: list[int] = []
    """Actions on the day."""
    features: dict[str, tuple[int, bytes]] = {}
    """Feature → (newest day of use, mask): bit i of the little-endian mask is use i days before that day."""
    last_seen: tuple[int, bytes] | None = None
    """The newest login or use, and its event."""
    events: int = 0
    """Distinct events folded in."""
    discounts: dict[str, Discount] = {}
    schedules: dict[str, Schedule] = {}
    failed_payments: dict[str, FailedPayment] = {}
    refunds: dict[str, Refund] = {}
    disputes: dict[str, Dispute] = {}
    credit_notes: dict[str, CreditNote] = {}

    def copy(self) -> "Facts":
        """A copy that can be written to without touching this one: its containers are new, their values shared."""
        return Facts(
            dict(self.fields), dict(self.people), dict(self.departures), dict(self.subscriptions),
            dict(self.invoices), dict(self.tickets), dict(self.meetings), dict(self.outreach),
            dict(self.replies), dict(self.surveys), dict(self.feedback), dict(self.reports),
            self.sponsor, self.cancellation, self.newest_day, list(self.active_people), list(self.last_active),
            list(self.actions), dict(self.features), self.last_seen, self.events,
            dict(self.discounts), dict(self.schedules), dict(self.failed_payments), dict(self.refunds),
            dict(self.disputes), dict(self.credit_notes),
        )  # fmt: skip

    def copy_activity(self) -> "Facts":
        """A copy of which only what tells of activity can be written to; the rest is shared with this one."""
        new = copy.copy(self)
        new.active_people = self.active_people.copy()
        new.last_active = self.last_active.copy()
        new.actions = self.actions.copy()
        new.features = self.features.copy()
        return new

    def field(self, name: str) -> str | int | None:
        """The present value of an attribute, or None."""
        known = self.fields.get(name)
        return known.value if known else None

    def over_days(self, days: list[int], first: int, last: int) -> list[int]:
        """What one of the three lists says of the days `first` to `last`, inclusive, newest first; zeros left out
        only beyond its ends."""
        newest = self.newest_day
        return days[max(newest - last, 0) : max(newest - first + 1, 0)]


Presence = dict[str, tuple[int, int]]
"""Person's id → (last active day, mask): bit i is activity i days before that day."""

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Facts)


def encode(facts: Facts) -> bytes:
    """The facts as bytes: equal facts give equal bytes."""
    return _encoder.encode(facts)


def decode(stored: bytes) -> Facts:
    """The facts out of their bytes."""
    return _decoder.decode(stored)
