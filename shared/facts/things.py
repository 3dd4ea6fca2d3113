"""The things that facts keep, each with the stamp of the event that said it. Bounded by MOST_ITEMS of a kind."""

import msgspec

from shared.facts.terms import Terms

Stamp = tuple[int, int, bytes]
"""When it happened (µs), its source's sequence, the event's id: the greatest wins."""


class _Stamped(msgspec.Struct, frozen=True, array_like=True, gc=False):
    at: int
    sequence: int
    event: bytes

    @property
    def stamp(self) -> Stamp:
        return (self.at, self.sequence, self.event)


class Field(_Stamped, frozen=True, array_like=True):
    """One attribute of the account."""

    value: str | int | bool | None


class Person(_Stamped, frozen=True, array_like=True):
    """A stakeholder's part. Names and addresses are not facts; they live in the table of people."""

    role: str | None


class Departure(_Stamped, frozen=True, array_like=True):
    """A person left."""


class Subscription(_Stamped, frozen=True, array_like=True):
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
    later: list[tuple[int, int]] = []
    trial_ends_at: int | None = None
    metered: int = 0
    uncertain: bool = False
    terms: Terms | None = None


class Invoice(_Stamped, frozen=True, array_like=True):
    """The latest state of an invoice."""

    status: str
    amount: int
    currency: str
    issued_at: int | None
    due_at: int | None
    paid_at: int | None
    subscription: str | None = None


class Discount(_Stamped, frozen=True, array_like=True):
    """The terms of a discount: `percent`, or an `amount` off one interval's price, both exact texts."""

    percent: str | None
    amount: str | None
    ends_at: int | None


class Schedule(_Stamped, frozen=True, array_like=True):
    """What is planned for a subscription: `ends_at`, when it will end."""

    subscription: str | None
    status: str
    ends_at: int | None


class FailedPayment(_Stamped, frozen=True, array_like=True):
    """A payment that did not go through."""

    amount: int
    currency: str
    reason: str | None


class Refund(_Stamped, frozen=True, array_like=True):
    """What was given back of a payment."""

    amount: int
    currency: str


class Dispute(_Stamped, frozen=True, array_like=True):
    """The latest state of a dispute about a payment."""

    status: str
    amount: int
    currency: str
    reason: str | None


class CreditNote(_Stamped, frozen=True, array_like=True):
    """The latest state of a credit note."""

    status: str
    amount: int
    currency: str


class Ticket(_Stamped, frozen=True, array_like=True):
    """The latest state of a support ticket. `satisfaction` is 1 to 5."""

    status: str
    priority: str
    sentiment: str | None
    escalated: bool
    opened_at: int
    resolved_at: int | None
    satisfaction: float | None


class Meeting(_Stamped, frozen=True, array_like=True):
    """The latest state of a meeting."""

    kind: str
    status: str
    starts_at: int


class Outreach(_Stamped, frozen=True, array_like=True):
    """We tried to reach somebody."""

    channel: str


class Reply(_Stamped, frozen=True, array_like=True):
    """Somebody answered; `outreach` is the id it answers, if known."""

    outreach: str | None


class Survey(_Stamped, frozen=True, array_like=True):
    """An answer on its own scale."""

    kind: str
    score: float
    lowest: float
    highest: float


class Feedback(_Stamped, frozen=True, array_like=True):
    """Product feedback or a feature request."""

    kind: str
    sentiment: str | None


class Sponsor(_Stamped, frozen=True, array_like=True):
    """What is known of the executive sponsor."""

    identified: bool
    engaged: bool | None
    person: str | None


class Cancellation(_Stamped, frozen=True, array_like=True):
    """Whether the account has asked to leave."""

    requested: bool
    reason: str | None


class UsageReport(_Stamped, frozen=True, array_like=True):
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
