"""The things that facts keep, each with the stamp of the event that said it. Bounded by MOST_ITEMS of a kind."""

import msgspec

from shared.facts.stamps import Stamp, Stamped
from shared.facts.terms import Terms

MOST_MARKS = 16
"""Reopenings and answers of one ticket that are kept."""


class Field(Stamped, frozen=True, array_like=True):
    """One attribute of the account."""

    value: str | int | bool | None


class Person(Stamped, frozen=True, array_like=True):
    """A stakeholder's part, stamped by the event that named it. Names and addresses are not facts; they live in the
    table of people. What else is known of them: `Facts.stakeholder`."""

    role: str | None


class Departure(Stamped, frozen=True, array_like=True):
    """A person left. `reason`: left, bounced, removed, moved."""

    reason: str = "left"


class Subscription(Stamped, frozen=True, array_like=True):
    """A state of a subscription. `mrr` is what it is worth a month at its instant; trial, incomplete, unpaid and
    cancelled are 0. `later`: what it is worth from later instants on, as discounts end. `metered` stands apart.
    `uncertain`: some price or discount is not known. `terms`: what to reckon again once named discounts are known."""

    status: str
    mrr: int
    currency: str
    plan: str | None
    seats: int | None
    started_at: int | None
    renews_at: int | None
    ends_at: int | None
    cancels: bool
    later: list[tuple[int, int]] = msgspec.field(default_factory=list)
    trial_ends_at: int | None = None
    metered: int = 0
    uncertain: bool = False
    terms: Terms | None = None


class Invoice(Stamped, frozen=True, array_like=True):
    """The latest state of an invoice."""

    status: str
    amount: int
    currency: str
    issued_at: int | None
    due_at: int | None
    paid_at: int | None
    subscription: str | None = None


class Discount(Stamped, frozen=True, array_like=True):
    """The terms of a discount: `percent`, or an `amount` off one interval's price, both exact texts. `payer`: whose it
    is, where it is taken off all that they pay for."""

    percent: str | None
    amount: str | None
    ends_at: int | None
    starts_at: int | None = None
    payer: str | None = None


class Schedule(Stamped, frozen=True, array_like=True):
    """What is planned for a subscription: `ends_at`, when it will end."""

    subscription: str | None
    status: str
    ends_at: int | None


class FailedPayment(Stamped, frozen=True, array_like=True):
    """A payment that did not go through."""

    amount: int
    currency: str
    reason: str | None


class Refund(Stamped, frozen=True, array_like=True):
    """What was given back of a payment."""

    amount: int
    currency: str


class Dispute(Stamped, frozen=True, array_like=True):
    """The latest state of a dispute about a payment."""

    status: str
    amount: int
    currency: str
    reason: str | None


class CreditNote(Stamped, frozen=True, array_like=True):
    """The latest state of a credit note."""

    status: str
    amount: int
    currency: str


class Ticket(Stamped, frozen=True, array_like=True):
    """The latest state of a support ticket. `satisfaction` is 1 to 5; `reopened` is how often, as a source counts it.
    `told` as in `Pieced`: None where one event told all. `reopenings`, `answers`: the newest MOST_MARKS events that
    told of one of them each, in order."""

    status: str
    priority: str
    sentiment: str | None
    escalated: bool
    opened: int | None
    resolved_at: int | None
    satisfaction: float | None
    first_response_at: int | None = None
    category: str | None = None
    requester: str | None = None
    reopened: int = 0
    told: list[tuple[Stamp, list[str]]] | None = None
    reopenings: tuple[Stamp, ...] = ()
    answers: tuple[Stamp, ...] = ()

    @property
    def opened_at(self) -> int:
        """When it was opened; if nobody has said, when the oldest event that still counts told of it."""
        if self.opened is not None:
            return self.opened
        return self.told[-1][0][0] if self.told else self.at

    @property
    def is_open(self) -> bool:
        return self.status not in {"solved", "closed"}

    @property
    def times_reopened(self) -> int:
        """How often it was opened again: as its source counts, or as often as we were told; the greater of the two."""
        return max(self.reopened, len(self.reopenings))

    @property
    def answered_at(self) -> int | None:
        """When we first answered, µs; None while we have not, or where the first of very many answers is forgotten."""
        if self.first_response_at is None and 0 < len(self.answers) < MOST_MARKS:
            return self.answers[0][0]
        return self.first_response_at

    @property
    def first_response(self) -> int | None:
        """µs from opening to our first answer; None as `answered_at`."""
        return None if self.answered_at is None else max(self.answered_at - self.opened_at, 0)

    @property
    def resolution(self) -> int | None:
        """µs from opening to resolution; None while there is none."""
        return None if self.resolved_at is None else max(self.resolved_at - self.opened_at, 0)


class Meeting(Stamped, frozen=True, array_like=True):
    """The latest state of a meeting. `starts_at` is -1 where nobody has said. `people`, `absent`: the first MOST_GUESTS
    by id of those invited, and of those of them who did not come. `told` as in `Pieced`: None where one event told all.
    """

    kind: str
    status: str
    starts_at: int
    ends_at: int | None = None
    people: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    told: list[tuple[Stamp, list[str]]] | None = None


class Outreach(Stamped, frozen=True, array_like=True):
    """We tried to reach somebody."""

    channel: str
    person: str | None = None


class Reply(Stamped, frozen=True, array_like=True):
    """Somebody answered; `outreach` is the id it answers, if known."""

    outreach: str | None
    person: str | None = None


class Survey(Stamped, frozen=True, array_like=True):
    """An answer on its own scale. `person`: who answered, by the id that the survey knows."""

    kind: str
    score: float
    lowest: float
    highest: float
    person: str | None = None


class Feedback(Stamped, frozen=True, array_like=True):
    """Product feedback or a feature request."""

    kind: str
    sentiment: str | None


class Sponsor(Stamped, frozen=True, array_like=True):
    """What is known of the executive sponsor."""

    identified: bool
    engaged: bool | None
    person: str | None


class Cancellation(Stamped, frozen=True, array_like=True):
    """Whether the account has asked to leave."""

    requested: bool
    reason: str | None


class UsageReport(Stamped, frozen=True, array_like=True):
    """An aggregate over the days `start` to `end`, inclusive."""

    start: int
    end: int
    active_people: int | None
    mean_daily_active_people: float | None
    logins: int | None
    actions: int | None
    api_requests: int | None
    storage_gb: float | None
    features: list[str] | None
