"""Records that can never be read are parked with raw bytes, origin and reason, and hold nobody up."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from shared.broker import SIGNED_BODY, Record
from shared.clock import from_us, to_us
from shared.database import Writing
from shared.errors import Reason, Rejection
from shared.logs import log
from shared.metrics import UNREADABLE
from shared.outbox import pack_headers

T = TypeVar("T")

OURS = "steward"
"""The source of what our own services say to each other."""


class Parked(NamedTuple):
    """A record that cannot become an event, or is held, and why. `received`: when it first arrived, in µs. `given_up`:
    it is not to be sent again."""

    record: Record
    source: str
    reason: Reason
    words: str
    received: int
    given_up: bool = False


async def park(tx: Writing, parked: Sequence[Parked], now: dt.datetime) -> None:
    """Keeps records with raw bytes, origin and reason; `steward rejected` lists, replays and discards them."""
    await tx.copy(
        "rejected",
        ("source", "topic", "partition", "offset", "reason", "words", "headers", "key", "value",
         "first_received_at", "rejected_at", "status"),
        [
            (
                p.source, p.record.partition.topic, p.record.partition.number, p.record.offset, str(p.reason),
                p.words[:1000], _kept(p.record), p.record.key, p.record.value, from_us(p.received),
                now, _status(p),
            )
            for p in parked
        ],
    )  # fmt: skip


def _kept(record: Record) -> bytes:
    """Its headers, but for the whole body that it came in, which tells of others too."""
    return pack_headers([(name, value) for name, value in record.headers if name != SIGNED_BODY])


def _status(parked: Parked) -> str:
    if parked.given_up:
        return "discarded"
    return "held" if parked.reason == Reason.HELD else "parked"


async def read_or_park(
    tx: Writing, group: str, records: Sequence[Record], read: Callable[[Record], T | None], now: dt.datetime
) -> list[T]:
    """What `read` makes of each record of a topic of ours. What it refuses by Rejection is parked, counted and logged:
    somebody else writes there, or two services are of versions too far apart."""
    parked: list[Parked] = []
    found = list(_read(records, read, parked, to_us(now)))
    if parked:
        await park(tx, parked, now)
        tx.after_commit(lambda: _tell(group, parked))
    return found


def _read(
    records: Sequence[Record], read: Callable[[Record], T | None], parked: list[Parked], received: int
) -> Iterator[T]:
    for record in records:
        try:
            one = read(record)
        except Rejection as rejection:
            parked.append(Parked(record, OURS, rejection.reason, rejection.words, received))
            continue
        if one is not None:
            yield one


def _tell(group: str, parked: Sequence[Parked]) -> None:
    UNREADABLE.labels(group).inc(len(parked))
    for one in parked:
        log.error(
            "record_unreadable", group=group, topic=one.record.partition.topic, partition=one.record.partition.number,
            offset=one.record.offset, error=one.words, remedy="bring all services to one version, then replay it",
        )  # fmt: skip
