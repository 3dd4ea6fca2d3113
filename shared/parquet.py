"""Events as columns: how the archive lays them out in Parquet, their digest, and the way back. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from shared.errors import Invalid, StewardError

SCHEMA_VERSION = 1
"""Of the columns below. Readers take every version up to theirs."""
_US = pa.timestamp("us", tz="UTC")
_NAMES = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("id", pa.binary()), ("source", _NAMES), ("type", _NAMES), ("account_id", pa.int64()),
        ("account_source", _NAMES), ("account_key", pa.string()), ("occurred_at", _US), ("received_at", _US),
        ("sequence", pa.int64()), ("version", pa.int64()), ("payload", pa.string()),
    ],
    metadata={"steward.schema": str(SCHEMA_VERSION)},
)  # fmt: skip


class Damaged(StewardError):
    """A file of the archive is not what its entry says."""


class Filed(NamedTuple):
    """An event as the archive keeps it. Times are µs since 1970; the payload is the native one as JSON."""

    id: bytes
    source: str
    type: str
    account_id: int
    account_source: str
    account_key: str
    occurred_at: int
    received_at: int
    sequence: int
    version: int
    payload: bytes


class Digest:
    """Of events in order, the same however they are laid out."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, batch: Iterable[Filed]) -> None:
        for one in batch:
            self._digest.update(_encode(one))

    def hex(self) -> str:
        return self._digest.hexdigest()


_encode = msgspec.msgpack.Encoder().encode


def table_of(events: Sequence[Filed]) -> pa.Table:
    """Some events, at least one, as columns."""
    columns = zip(*events, strict=True)
    return pa.table([_column(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind == _US:
        return pa.array(values, pa.int64()).cast(kind)
    if kind == pa.string() and isinstance(values[0], bytes):
        return pa.array(values, pa.binary()).cast(kind)
    return pa.array(values, kind)


def events_of(table: pa.Table) -> list[Filed]:
    """The events out of columns of any version."""
    columns = [_values(table.column(field.name), field.name, field.type) for field in SCHEMA]
    return [Filed(*row) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray, name: str, kind: pa.DataType) -> list[Any]:
    if kind == _US:
        column = column.cast(pa.int64())
    elif name == "payload":
        column = column.cast(pa.binary())
    values: list[Any] = column.to_pylist()
    return values


def open_parquet(file: Any, path: str) -> pq.ParquetFile:
    """An open file as Parquet. Raises Damaged, or Invalid of a newer version."""
    try:
        parquet = pq.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise Damaged(f"{path} is not Parquet: {error}") from error
    version = int((parquet.schema_arrow.metadata or {}).get(b"steward.schema", b"1"))
    if version > SCHEMA_VERSION:
        raise Invalid(f"{path} is of version {version}", "read it with a newer Steward")
    return parquet
