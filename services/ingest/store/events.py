"""Accepted events, events that wait for their account, and corrections of the past."""

import datetime as dt
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from services.ingest.nouns import Arrival, Share
from shared.clock import from_us
from shared.database import Row, Writing

Folded = tuple[int, int, Sequence[Arrival]]
"""(account, the facts version that they were folded into, arrivals of at least one event)."""

_TELLING = (
    "id", "source", "type", "account_id", "account_source", "account_key",
    "occurred_at", "received_at", "sequence", "version", "payload",
)  # fmt: skip
_ACTIVITY = (
    "account_id", "version", "received_at", "source", "type", "account_source", "account_key",
    "ids", "occurred", "received", "sequences", "payloads",
)  # fmt: skip

_MOST_IN_A_ROW = 40
"""Events of activity in a row: with payloads of the usual size the row stays within a page."""


async def keep_telling(tx: Writing, versions: Mapping[int, int], shares: Mapping[int, Share]) -> None:
    """Keeps events that tell more than that somebody was active, a row each, in the order of the batch; by account,
    with the facts version that they were folded into."""
    told = [
        (n, account, one)
        for account, share in shares.items()
        for n, one in zip(share.places, share.telling, strict=True)
    ]
    await tx.copy(
        "telling_events",
        _TELLING,
        [
            (e.id, e.source, e.type, account, *e.account, from_us(e.occurred_at), from_us(received), e.sequence,
             versions[account], e.raw)
            for _, account, (e, received) in sorted(told, key=itemgetter(0))
        ],
    )  # fmt: skip


async def keep_activity(tx: Writing, active: Iterable[Folded]) -> None:
    """Keeps events of activity, a row for those of an account that are alike."""
    await tx.copy("activity", _ACTIVITY, [row for folded in active for row in _rows(*folded)])


def _rows(account: int, version: int, arrivals: Sequence[Arrival]) -> Iterator[tuple[Any, ...]]:
    events, received = zip(*arrivals, strict=True)
    ids, sources, kinds, keys, occurred, sequences, _, payloads = zip(*events, strict=True)
    source, kind, key, count = sources[0], kinds[0], keys[0], len(ids)
    if not sources.count(source) == kinds.count(kind) == keys.count(key) == count:
        for share in _alike(arrivals):
            yield from _rows(account, version, share)
        return
    for start in range(0, count, _MOST_IN_A_ROW):
        some = slice(start, start + _MOST_IN_A_ROW)
        pack = _packer(len(ids[some]))
        yield (
            account, version, from_us(max(received[some])), source, kind, *key, b"".join(ids[some]),
            pack(*occurred[some]), pack(*received[some]), pack(*sequences[some]) if any(sequences[some]) else None,
            b"[%b]" % b",".join(payloads[some]),
        )  # fmt: skip


def _alike(arrivals: Sequence[Arrival]) -> Iterable[Sequence[Arrival]]:
    """The arrivals in shares of one source, type and key."""
    kinds: dict[tuple[Any, ...], list[Arrival]] = {}
    for arrival in arrivals:
        kinds.setdefault(arrival.event[1:4], []).append(arrival)
    return kinds.values()


@cache
def _packer(count: int) -> Callable[..., bytes]:
    """Lays numbers side by side, 8 bytes each."""
    return struct.Struct(f">{count}q").pack


async def wait(tx: Writing, arrivals: Sequence[Arrival], *, history: bool) -> None:
    """Keeps events whose account is not known yet; `history` was imported as such."""
    await tx.copy(
        "unmatched",
        ("id", "source", "type", "account_source", "account_key", "occurred_at", "received_at", "sequence", "payload",
         "history"),
        [
            (e.id, e.source, e.type, *e.account, from_us(e.occurred_at), from_us(received), e.sequence, e.raw, history)
            for e, received in arrivals
        ],
    )  # fmt: skip


async def take_matched(tx: Writing, most: int) -> list[Row]:
    """Takes events whose key is known by now off the waiting list, each to one taker only."""
    return await tx.fetch(
        """
        DELETE FROM unmatched WHERE id IN (
            SELECT u.id FROM unmatched u
              JOIN identities i ON i.source = u.account_source AND i.external_id = u.account_key
             LIMIT $1 FOR UPDATE OF u SKIP LOCKED)
        RETURNING id, source, type, account_source, account_key, occurred_at, received_at, sequence, payload, history
        """,
        most,
    )


async def correct(tx: Writing, from_day: Mapping[int, tuple[int, int]]) -> None:
    """Notes which accounts' past has changed: account → (facts version, first changed day since 1970)."""
    if from_day:
        await tx.execute(
            """
            INSERT INTO corrections (account_id, version, from_day)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[]) ON CONFLICT DO NOTHING
            """,
            list(from_day), [v for v, _ in from_day.values()], [d for _, d in from_day.values()],
        )  # fmt: skip


async def note_history(tx: Writing, versions: Mapping[int, int]) -> None:
    """Notes which version of each account came of imported history; the accounts' facts are locked."""
    await tx.execute(
        """
        WITH new AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS new(account_id, version)),
             longer AS (UPDATE imported_versions i SET last = new.version FROM new
                         WHERE i.account_id = new.account_id AND i.last = new.version - 1 RETURNING i.account_id)
        INSERT INTO imported_versions (account_id, first, last)
        SELECT account_id, version, version FROM new WHERE account_id NOT IN (SELECT account_id FROM longer)
        """,
        list(versions), list(versions.values()),
    )  # fmt: skip


async def make_partition(tx: Writing, month: dt.date) -> None:
    """Makes the partitions of events for the month that begins on `month`, unless they are there."""
    following = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    span = f"FOR VALUES FROM ('{month} 00:00+00') TO ('{following} 00:00+00')"
    for table, name, options in (
        ("telling_events", f"events_{month:%Y_%m}", ""),
        ("activity", f"activity_{month:%Y_%m}", " WITH (toast_tuple_target = 8160)"),
    ):
        if await tx.value("SELECT to_regclass($1)", name) is None:
            await tx.execute(f"CREATE TABLE {name} PARTITION OF {table} {span}{options}")
