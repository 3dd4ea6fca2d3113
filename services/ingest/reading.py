"""Rows out of files: CSV, NDJSON and Parquet, with the line on which each begins. A row that cannot be read says so.

Files are read as a stream, also those that end in `.gz`; only tables that are looked up are held whole.
"""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

from services.ingest.parquet import columns_of, count_rows, parquet_rows
from services.ingest.sources.cells import Cells, Tables
from services.ingest.sources.mapping import FileMapping, Mapping, Sheet, columns_needed
from services.ingest.sources.shapes import plain
from shared.errors import Invalid, NotFound, Reason, Rejection
from shared.native import printable

MOST_LETTERS = 1_000_000
"""Largest cell, and largest line of NDJSON."""
_BLOCK = 1 << 20
_MOST_NESTED = 300
"""Most objects and lists inside each other, so that a line can be read and written without end."""


class Row(NamedTuple):
    """A row, the line on which it begins (of Parquet: its number), what is wrong with it as a row, and the line itself
    where it is NDJSON."""

    line: int
    cells: Cells
    fault: Rejection | None = None
    text: str = ""

    def kept(self) -> bytes:
        """The row as JSON, for whoever looks at it later; bytes that the encoding does not know are kept as lone
        surrogates."""
        try:
            return json.dumps(self.cells, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            return json.dumps(self.cells, default=str).encode()


class Measured(NamedTuple):
    """How long a file is, in lines (of Parquet: rows), and a digest of its bytes."""

    lines: int
    digest: str


def measure(directory: Path, sheet: Sheet) -> Measured:
    """One look at the whole file, before its rows are read. Raises NotFound or Invalid."""
    digest = hashlib.blake2b(digest_size=16)
    lines, last = 0, b"\n"
    with _unpacked(sheet), _bytes_of(directory / sheet.path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            lines += block.count(b"\n")
            last = block
    lines += not last.endswith(b"\n")
    return Measured(count_rows(directory / sheet.path) if sheet.format == "parquet" else lines, digest.hexdigest())


def rows_of(directory: Path, sheet: Sheet, needed: frozenset[str] = frozenset()) -> Iterator[Row]:
    """The file's rows, in order; blank lines are none. Raises NotFound or Invalid when the file is not what the
    mapping says it is."""
    if sheet.format == "parquet":
        yield from _parquet_rows(directory / sheet.path, sheet, needed)
        return
    with _unpacked(sheet), _opened(directory, sheet) as file:
        yield from _csv_rows(file, sheet, needed) if sheet.format == "csv" else _json_rows(file)


def file_rows(directory: Path, file: FileMapping) -> Iterator[Row]:
    """The rows of a file that becomes events."""
    return rows_of(directory, file, frozenset(columns_needed(file)))


def read_tables(directory: Path, mapping: Mapping) -> Tables:
    """The tables that the mapping looks things up in: name → key → row."""
    wanted = {name: {table.key} for name, table in mapping.tables.items()}
    for table, column in mapping.lookups():
        wanted[table].add(column)
    return {
        name: {plain(row.cells.get(table.key)): row.cells for row in rows_of(directory, table, frozenset(wanted[name]))}
        for name, table in mapping.tables.items()
    }


@contextmanager
def _unpacked(sheet: Sheet) -> Iterator[None]:
    """Raises Invalid, with a remedy, where the bytes are not of the encoding, or gzip cannot unpack them."""
    try:
        yield
    except UnicodeError as error:
        raise Invalid(f"{sheet.path} is not {sheet.encoding}: {error}", "set `encoding` in the mapping") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Invalid(f"{sheet.path} is not what gzip has packed, or breaks off: {error}", "export it again") from None


def _opened(directory: Path, sheet: Sheet) -> TextIO:
    encoding = "utf-8-sig" if sheet.encoding.lower() in ("utf-8", "utf8", "utf_8") else sheet.encoding
    return io.TextIOWrapper(_bytes_of(directory / sheet.path), encoding, errors="surrogateescape", newline="")


def _bytes_of(path: Path) -> BinaryIO:
    try:
        return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        remedy = "name its directory with --dir, or correct `path` in the mapping"
        raise NotFound(f"{path} cannot be read: {error.strerror}", remedy) from None


def _parquet_rows(path: Path, sheet: Sheet, needed: frozenset[str]) -> Iterator[Row]:
    columns = columns_of(path)
    _check_header(columns, sheet, frozenset(name if name in columns else name.partition(".")[0] for name in needed))
    for number, cells in enumerate(parquet_rows(path), start=1):
        yield Row(number, cells)


def _csv_rows(file: TextIO, sheet: Sheet, needed: frozenset[str]) -> Iterator[Row]:
    csv.field_size_limit(MOST_LETTERS)
    reader = csv.reader(file, delimiter=sheet.delimiter)
    header = _header(reader, sheet, needed)
    line = reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(line, {}, Rejection(Reason.TOO_LARGE, f"the row cannot be read: {error}"))
            cells = []
        if cells is None:
            return
        if cells:
            yield _row(line, header, cells)
        line = reader.line_num + 1


def _header(reader: Any, sheet: Sheet, needed: frozenset[str]) -> list[str]:
    header = [name.strip() for name in next(reader, [])]
    _check_header(header, sheet, needed)
    return header


def _check_header(header: list[str], sheet: Sheet, needed: frozenset[str]) -> None:
    twice = sorted(name for name, count in Counter(header).items() if name and count > 1)
    missing = sorted(needed - set(header))
    if twice:
        raise Invalid(f"{sheet.path} has two columns named {', '.join(twice)}", "give each a name of its own")
    if missing:
        words = f"{sheet.path} has no column {', '.join(missing)}; it has {printable(', '.join(header))}"
        raise Invalid(words, "correct the mapping, or its `delimiter` or `encoding`")


def _row(line: int, header: list[str], found: list[str]) -> Row:
    cells: dict[str, Any] = dict(zip(header, found, strict=False))
    if len(found) != len(header):
        words = f"{len(found)} cells where the header names {len(header)}"
        return Row(line, cells | {"": found[len(header) :]}, Rejection(Reason.INVALID_PAYLOAD, words))
    if any(_undecodable(cell) for cell in found):
        return Row(line, cells, Rejection(Reason.INVALID_PAYLOAD, "has bytes that are not of the file's encoding"))
    return Row(line, cells)


def _undecodable(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _json_rows(file: TextIO) -> Iterator[Row]:
    for line, text in enumerate(_bounded(file), start=1):
        if text.strip():
            yield _json_row(line, text)


def _bounded(file: TextIO) -> Iterator[str]:
    """The lines, each up to a little more than a line may have: a line without end costs no memory."""
    while text := file.readline(MOST_LETTERS + 2):
        rest = text
        while len(rest) > MOST_LETTERS and not rest.endswith(("\n", "\r")):
            rest = file.readline(MOST_LETTERS + 2)
        yield text


def _json_row(line: int, text: str) -> Row:
    if len(text) > MOST_LETTERS:
        return Row(line, {"": text[:1_000]}, Rejection(Reason.TOO_LARGE, f"a line of more than {MOST_LETTERS} letters"))
    if _is_deep(text):
        return Row(line, {"": text}, Rejection(Reason.NOT_JSON, "nested too deeply"))
    try:
        cells = json.loads(text, parse_float=_exact, parse_constant=_refuse)
    except ValueError as error:
        return Row(line, {"": text}, Rejection(Reason.NOT_JSON, str(error)[:300]))
    if not isinstance(cells, dict):
        return Row(line, {"": cells}, Rejection(Reason.NOT_JSON, "the line is not an object"))
    if _undecodable(text):
        return Row(line, cells, Rejection(Reason.INVALID_PAYLOAD, "has bytes that are not of the file's encoding"))
    return Row(line, cells, text=text)


def _is_deep(text: str) -> bool:
    """Whether objects and lists may be nested too deeply; braces in texts count too, most lines have too few."""
    if text.count("{") + text.count("[") <= _MOST_NESTED:
        return False
    depths = accumulate(1 if letter in "{[" else -1 for letter in text if letter in "{[]}")
    return max(depths) > _MOST_NESTED


def _exact(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation:
        raise ValueError("a number's exponent is beyond all reckoning") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
