"""Rows out of Parquet files, a batch at a time: a file of any size takes the memory of one batch of one row group."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from shared.errors import Invalid, NotFound

BATCH = 2_000
"""Rows that are decoded at once."""
_BUFFER = 1 << 20
_EXACT = 1 << 53


def parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The file's rows in order, cells as JSON has them: times as ISO text (finer digits than a microsecond are cut
    off), whole numbers that were stored as fractions as whole numbers, no number as nothing. Raises NotFound or
    Invalid."""
    with _opened(path) as file:
        readable = pa.schema([_in_microseconds(field) for field in file.schema_arrow])
        try:
            for batch in file.iter_batches(BATCH, use_threads=False):
                for row in batch.cast(readable, safe=False).to_pylist():
                    yield {name: _cell(value) for name, value in row.items()}
        except (pa.ArrowException, OSError, ValueError) as error:
            raise Invalid(f"{path.name} breaks off: {str(error)[:200]}", "export it again") from None


def columns_of(path: Path) -> list[str]:
    """The names of its columns. Raises NotFound or Invalid."""
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def count_rows(path: Path) -> int:
    """Rows of the file, as its footer tells. Raises NotFound or Invalid."""
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def _opened(path: Path) -> Any:
    try:
        return parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except FileNotFoundError:
        remedy = "name its directory with --dir, or correct `path` in the mapping"
        raise NotFound(f"{path} cannot be read: there is no such file", remedy) from None
    except (pa.ArrowException, OSError) as error:
        raise Invalid(f"{path.name} is not Parquet: {str(error)[:200]}", "set `format` in the mapping") from None


def _in_microseconds(field: Any) -> Any:
    """Python's times hold no nanoseconds."""
    kind = field.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return field.with_type(pa.timestamp("us", kind.tz))
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return field.with_type(pa.time64("us"))
    return field


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _cell(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cell(inner) for inner in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float):
        return _number(value)
    return value if isinstance(value, bool | int | str | Decimal | None) else str(value)


def _number(value: float) -> float | int | None:
    """A column of whole numbers with gaps in it is often written as fractions: 17.0 is 17, and an id."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value
