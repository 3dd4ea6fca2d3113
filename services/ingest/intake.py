"""When a record arrived, and whether its event may still come in. Pure."""

from shared.broker import Record
from shared.facts import Event

RECEIVED_AT = "steward_received_at"
"""Header with the first arrival, RFC 3339: set by the API's doors, kept when a parked record is replayed."""


def received_at(record: Record, now: int) -> int:
    """The record's first arrival in µs, never later than `now`: its header, else the broker's timestamp."""
    raise NotImplementedError


def admit(event: Event, received: int, horizon_days: int, skew_hours: int) -> None:
    """Raises Rejection TOO_OLD or TOO_FAR_AHEAD, judged at first arrival."""
    raise NotImplementedError
