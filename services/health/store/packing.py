"""Rows of `score_history` as PostgreSQL's binary COPY has them. Pure.

A list of sixty numbers costs several times as much to hand over: asyncpg asks of each whether it is a list itself.
"""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

from services.health.present import HistoryRow
from shared.clock import to_us

_NULL = struct.pack(">i", -1)
_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack(">h", -1)
_FIELDS = struct.pack(">h", len(HistoryRow._fields))
_FLOAT8 = 701  # its type's number in every PostgreSQL
_SINCE_2000_US = 946_684_800_000_000

_smallint, _int, _bigint = struct.Struct(">ih").pack, struct.Struct(">ii").pack, struct.Struct(">iq").pack
_double, _array = struct.Struct(">id").pack, struct.Struct(">6i").pack
_TRUE, _FALSE = struct.pack(">i?", 1, True), struct.pack(">i?", 1, False)


def packed(rows: Iterable[HistoryRow]) -> bytes:
    """All rows, with what stands before and behind them."""
    return b"".join([_BEGIN, *map(_row, rows), _END])


def _row(row: HistoryRow) -> bytes:
    score, raw, override = row.score, row.raw, row.override_id
    return b"".join((
        _FIELDS, _bigint(8, row.account_id), _text(row.kind), _instant(row.effective_at), _instant(row.recorded_at),
        _text(row.model), _text(row.segment), _NULL if score is None else _smallint(2, score),
        _NULL if raw is None else _bigint(8, raw), _int(4, row.coverage), _text(row.band), _numbers(row.measures),
        _TRUE if row.corrects else _FALSE, _NULL if override is None else _sized(override.bytes),
    ))  # fmt: skip


def _sized(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


@lru_cache(1_000)
def _text(value: str) -> bytes:
    return _sized(value.encode())


@lru_cache(1_000)
def _instant(at: dt.datetime) -> bytes:
    return _bigint(8, to_us(at) - _SINCE_2000_US)


def _numbers(values: Sequence[float | None]) -> bytes:
    """An array of doubles, of one dimension from 1 on; of none where it is empty."""
    if not values:
        return _sized(struct.pack(">3i", 0, 0, _FLOAT8))
    items = b"".join([_NULL if value is None else _double(8, value) for value in values])
    return _array(20 + len(items), 1, None in values, _FLOAT8, len(values), 1) + items
