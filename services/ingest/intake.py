"""When a record arrived, and whether its event may still come in. Pure."""

from collections.abc import Mapping

from shared.broker import RECEIVED_AT, Record
from shared.clock import DAY_US
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import parse_time

HOUR_US = 3_600_000_000


def received_at(record: Record, now: int, headers: Mapping[str, bytes] | None = None) -> int:
    """The record's first arrival in µs, never later than `now`: its header, else the broker's timestamp, else now.
    `headers` are the record's, where the caller has them as a mapping already."""
    stated = (dict(record.headers) if headers is None else headers).get(RECEIVED_AT)
    at = record.timestamp * 1_000 if stated is None else _stated(stated, record.timestamp, now)
    return at if 0 < at < now else now


def _stated(header: bytes, timestamp: int, now: int) -> int:
    try:
        return parse_time(header.decode())
    except (Rejection, UnicodeDecodeError):
        return _broker_time(timestamp, now)


def _broker_time(timestamp: int, now: int) -> int:
    return timestamp * 1_000 if timestamp > 0 else now


def admit(event: Event, received: int, horizon_days: int, skew_hours: int) -> None:
    """Raises Rejection TOO_OLD or TOO_FAR_AHEAD, judged at first arrival; the bounds themselves are let in."""
    if event.occurred_at < received - horizon_days * DAY_US:
        raise Rejection(Reason.TOO_OLD, f"it happened more than {horizon_days} days before it arrived")
    if event.occurred_at > received + skew_hours * HOUR_US:
        raise Rejection(Reason.TOO_FAR_AHEAD, f"it lies more than {skew_hours} hours ahead of its arrival")
