"""What the account may use, and how much of it it uses: seats, storage, requests (TR-S3-9 to TR-S3-12)."""

from services.health.measures.measure import Measure, Params
from shared.clock import DAY_US
from shared.facts import Facts
from shared.revenue.price import PAYING

MOST = 1_000.0


def purchased_seats(facts: Facts, now: int) -> int | None:
    """Seats that were bought: as the product tells, else those of all paying subscriptions; None if nobody has said."""
    capacity = facts.record.capacity
    if capacity is not None and capacity.licensed_seats is not None:
        return capacity.licensed_seats
    today = now // DAY_US
    told = [
        state.seats
        for state, *_ in facts.subscriptions.values()
        if state.seats is not None
        and state.status in PAYING
        and (state.ends_at is None or state.ends_at // DAY_US >= today)
    ]
    return sum(told) if told else None


def seats_in_use(facts: Facts, now: int, params: Params) -> float | None:
    """Seats in use ÷ seats that were bought."""
    capacity = facts.record.capacity
    return None if capacity is None else _share(capacity.used_seats, purchased_seats(facts, now))


def storage_in_use(facts: Facts, now: int, params: Params) -> float | None:
    """Storage in use ÷ the limit of it."""
    capacity = facts.record.capacity
    return None if capacity is None else _share(capacity.storage_gb, capacity.storage_limit_gb)


def api_in_use(facts: Facts, now: int, params: Params) -> float | None:
    """Requests ÷ the limit of them, both of the period that the limit is for."""
    capacity = facts.record.capacity
    return None if capacity is None else _share(capacity.api_requests, capacity.api_limit)


def _share(used: float | None, limit: float | None) -> float | None:
    """At most a thousand: a limit of next to nothing says no more than that."""
    return min(used / limit, MOST) if used is not None and limit else None


_TOLD = frozenset({"capacity.reported"})

MEASURES = (
    Measure(
        name="seats_in_use",
        label="Seats in use",
        unit="share",
        bounds=(0, MOST),
        sources=("TR-S3-9",),
        doc="seats in use, divided by the seats that were bought, as last told",
        unknown="nobody has told both numbers",
        reads=_TOLD | {"subscription.updated"},
        value=seats_in_use,
    ),
    Measure(
        name="storage_in_use",
        label="Storage in use",
        unit="share",
        bounds=(0, MOST),
        sources=("TR-S3-12",),
        doc="storage in use, divided by its limit, as last told",
        unknown="nobody has told both numbers",
        reads=_TOLD,
        value=storage_in_use,
    ),
    Measure(
        name="api_in_use",
        label="Requests against the limit",
        unit="share",
        bounds=(0, MOST),
        sources=("TR-S3-11",),
        doc="requests to the API, divided by their limit, as last told",
        unknown="nobody has told both numbers",
        reads=_TOLD,
        value=api_in_use,
    ),
)
