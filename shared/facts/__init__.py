"""What is known of one account: one bounded value, as bytes in the database, as `Facts` in memory.

Instants are microseconds since 1970 in UTC, days are days since 1970 in UTC, money is millionths of the
currency's unit. Every thing that can change carries the stamp of the event that said it: its time, its
source's sequence and its id. The greatest stamp wins, so that the order of arrival does not matter.

Bounds (worst case, per account): see the `MOST_…` constants. The one unbounded thing, which days each
person was active, is kept outside as `Presence`.
"""

from typing import Annotated, Any, NamedTuple, cast

import msgspec

from shared.facts.days import WINDOW_DAYS, Capacity, DayCounts, Gauge, Integration, Tellers, Workflow, tellers
from shared.facts.plans import (
    Advocacy,
    ExitInterview,
    Handoff,
    Mark,
    Mention,
    Milestone,
    Opportunity,
    RoiItem,
    SuccessPlan,
)
from shared.facts.record import Record
from shared.facts.stamps import Pieced, Said, Stamp, Stamped
from shared.facts.things import (
    MOST_MARKS,
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
    Subscription,
    Survey,
    Ticket,
    UsageReport,
)

__all__ = [
    "FORGOTTEN",
    "MOST_FEATURES", "MOST_GUESTS", "MOST_ITEMS", "MOST_MARKS", "MOST_MICROS", "MOST_MILESTONES", "MOST_PLANS",
    "MOST_STATES", "MOST_SUBSCRIPTION_STATES", "MOST_WORKFLOWS", "WINDOW_DAYS",
    "Advocacy", "Cancellation", "Capacity", "CreditNote", "DayCounts", "Departure", "Discount", "Dispute", "Event",
    "ExitInterview", "Facts", "FailedPayment", "Feedback", "Field", "Gauge", "Handoff", "Integration", "Invoice",
    "Login", "Mark", "Meeting", "Mention", "Milestone", "Opportunity", "Outreach", "Person", "Pieced", "Presence",
    "Record", "Refund", "Reply", "RoiItem", "Said", "Schedule", "Sponsor", "Stakeholder", "Stamp", "Stamped",
    "Subscription", "SuccessPlan", "Survey", "Tellers", "Ticket", "Usage", "UsageReport", "Workflow", "decode",
    "encode",
]  # fmt: skip

FORGOTTEN = "erased:"
"""How the id of everybody begins who was forgotten."""

MOST_ITEMS = 120
"""Tickets, invoices, meetings, surveys … kept per account and kind: the newest by stamp."""

MOST_SUBSCRIPTION_STATES = 12
"""States kept per subscription, newest first: enough to tell what was in force a year ago."""

MOST_STATES = 360
"""Subscription states kept per account: every subscription's newest before anyone's second newest, and so on;
among equals the newest by stamp."""

MOST_PLANS = 8
"""Success plans and handoffs kept per account and kind: the newest by stamp."""

MOST_MILESTONES = 50
"""Milestones kept per account: the first by name."""

MOST_WORKFLOWS = 30
"""Workflows kept per account: the first by name."""

MOST_GUESTS = 10
"""People kept per meeting: the first by id."""

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


class Stakeholder(NamedTuple):
    """What is known of a person's part; None where nobody has said. `strength` is 1 to 5."""

    role: str | None
    level: str | None
    strength: int | None
    engaged: bool | None
    bounced: bool | None
    has_left: bool


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
    kept: Record | None = None
    """What most accounts have nothing of; read it as `record`, write to it by `own_record`."""

    @property
    def record(self) -> Record:
        """Stakeholders, deals, plans, counts by day … : all that is not above. Only for reading."""
        return self.kept or _NOTHING

    def own_record(self) -> Record:
        """The record of a copy, for writing."""
        if self.kept is None:
            self.kept = Record()
        return self.kept

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
            self.kept.copy() if self.kept else None,
        )  # fmt: skip

    def field(self, name: str) -> str | int | None:
        """The present value of an attribute, or None."""
        known = self.fields.get(name)
        return known.value if known else None

    def stakeholder(self, person: str) -> Stakeholder:
        """What is known of a person's part."""
        named = self.people.get(person)
        said = {what: people[person].value for what, people in self.record.stakeholders.items() if person in people}
        return Stakeholder(
            named.role if named else None, cast("str | None", said.get("level")),
            cast("int | None", said.get("strength")), cast("bool | None", said.get("engaged")),
            cast("bool | None", said.get("bounced")), self.has_left(person),
        )  # fmt: skip

    def has_left(self, person: str) -> bool:
        """Whether a person has left, see `departure`."""
        return self.departure(person) is not None

    def departure(self, person: str) -> Departure | None:
        """How a person left: as was said, where they were not told of since; else by mail that comes back for good,
        until it is said that it does not."""
        left = self.departures.get(person)
        if left is not None:
            told = self.record.stakeholders.get("told", {}).get(person)
            if told is None or told.stamp < left.stamp:
                return left
        bounced = self.record.stakeholders.get("bounced", {}).get(person)
        return Departure(*bounced.stamp, "bounced") if bounced is not None and bounced.value is True else None

    def gone(self) -> dict[str, Departure]:
        """Everybody who has left, and how."""
        bounced = self.record.stakeholders.get("bounced")
        if not bounced and not self.departures:
            return {}
        named = [person for person, said in bounced.items() if said.value is True] if bounced else []
        found = {person: self.departure(person) for person in sorted({*self.departures, *named})}
        return {person: departure for person, departure in found.items() if departure is not None}

    def needs_refresh(self) -> bool:
        """Whether a source has lost changes, and nobody has said since that all was told anew."""
        return self.record.refresh is not None and self.record.refresh.words is not None

    def is_deleted(self) -> bool:
        """Whether a source has deleted the account and nobody has told of it since."""
        gone, restored = self.record.deletion, self.record.restored
        if gone is None or (restored is not None and restored.stamp > gone.stamp):
            return False
        return all(field.stamp < gone.stamp for field in self.fields.values())

    def count(self, name: str, first: int, last: int) -> int | None:
        """What is counted by day under `name`, over the days `first` to `last`; None if it was never counted."""
        counts = self.record.days.get(name)
        return None if counts is None else counts.over(first, last)

    def tellers(self, first: int, last: int) -> Tellers:
        """Who tells of how the product was used on the days `first` to `last`: daily events, else reports."""
        oldest = self.newest_day - len(self.active_people) + 1
        return tellers(list(self.reports.values()), oldest, self.newest_day, first, last)

    def over_days(self, days: list[int], first: int, last: int) -> list[int]:
        """What one of the three lists says of the days `first` to `last`, inclusive, newest first; zeros left out
        only beyond its ends."""
        newest = self.newest_day
        return days[newest - last if last < newest else 0 : newest - first + 1 if first <= newest else 0]


Presence = dict[str, tuple[int, int]]
"""Person's id → (last active day, mask): bit i is activity i days before that day."""

_NOTHING = Record()

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Facts)


def encode(facts: Facts) -> bytes:
    """The facts as bytes: equal facts give equal bytes."""
    return _encoder.encode(facts)


def decode(stored: bytes) -> Facts:
    """The facts out of their bytes."""
    return _decoder.decode(stored)
