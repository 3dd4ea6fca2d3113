"""The things that facts keep, each with the stamp of the event that said it. Bounded by MOST_ITEMS of a kind."""

import msgspec

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

    value: str | int | None


class Person(_Stamped, frozen=True, array_like=True):
    """A stakeholder's part. Names and addresses are not facts; they live in the table of people."""

    role: str | None


class Departure(_Stamped, frozen=True, array_like=True):
    """A person left."""


class Subscription(_Stamped, frozen=True, array_like=True):
    """A state of a subscription. `mrr` is monthly, trial and incomplete are 0."""

    status: str
    mrr: int
    currency: str
    plan: str | None
    seats: int | None
    started_at: int | None
    renews_at: int | None
    ends_at: int | None
    cancels: bool


class Invoice(_Stamped, frozen=True, array_like=True):
    """The latest state of an invoice."""

    status: str
    amount: int
    currency: str
    issued_at: int | None
    due_at: int | None
    paid_at: int | None


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
