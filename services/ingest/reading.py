"""Rows out of files: CSV and NDJSON, with the line on which each begins. A row that cannot be read says so."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from services.ingest.sources.cells import Cells, Tables
from services.ingest.sources.mapping import FileMapping, Mapping, Sheet, columns_needed
from services.ingest.sources.shapes import plain
from shared.errors import Invalid, NotFound, Reason, Rejection

MOST_LETTERS = 1_000_000
"""Largest cell, and largest line of NDJSON."""
_MOST_NESTED = 300
"""Most objects and lists inside each other, so that a line can be read and written without end."""


class Row(NamedTuple):
    """A row, the line on which it begins, and what is wrong with it as a row."""

    line: int
    cells: Cells
    fault: Rejection | None = None


def count_lines(directory: Path, sheet: Sheet) -> int:
    """Lines of the file, for progress."""
    with _open(directory, sheet) as file:
        return sum(1 for _ in file)


def rows_of(directory: Path, sheet: Sheet, needed: frozenset[str] = frozenset()) -> Iterator[Row]:
    """The file's rows, in order; blank lines are none. Raises NotFound or Invalid when the file is not what the
    mapping says it is."""
    with _open(directory, sheet) as file:
        try:
            yield from _csv_rows(file, sheet, needed) if sheet.format == "csv" else _json_rows(file)
        except UnicodeError as error:
            raise Invalid(f"{sheet.path} is not {sheet.encoding}: {error}", "set `encoding` in the mapping") from None


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


def row_bytes(cells: Cells) -> bytes:
    """The row as JSON; bytes that the encoding does not know are kept as lone surrogates."""
    try:
        return json.dumps(cells, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return json.dumps(cells, default=str).encode()


def _open(directory: Path, sheet: Sheet) -> TextIO:
    encoding = "utf-8-sig" if sheet.encoding.lower() in ("utf-8", "utf8", "utf_8") else sheet.encoding
    try:
        return (directory / sheet.path).open(encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        words = f"{directory / sheet.path} cannot be read: {error.strerror}"
        raise NotFound(words, "name its directory with --dir, or correct `path` in the mapping") from None


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
    twice = sorted({name for name in header if header.count(name) > 1})
    missing = sorted(needed - set(header))
    if twice:
        raise Invalid(f"{sheet.path} has two columns named {', '.join(twice)}", "give each a name of its own")
    if missing:
        words = f"{sheet.path} has no column {', '.join(missing)}; it has {', '.join(header)}"
        raise Invalid(words, "correct the mapping, or its `delimiter`")
    return header


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
    for line, text in enumerate(file, start=1):
        if text.strip():
            yield _json_row(line, text)


def _json_row(line: int, text: str) -> Row:
    if len(text) > MOST_LETTERS:
        return Row(line, {"": text[:1_000]}, Rejection(Reason.TOO_LARGE, f"{len(text)} letters"))
    if _is_deep(text):
        return Row(line, {"": text}, Rejection(Reason.NOT_JSON, "nested too deeply"))
    try:
        cells = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except ValueError as error:
        return Row(line, {"": text}, Rejection(Reason.NOT_JSON, str(error)[:300]))
    if not isinstance(cells, dict):
        return Row(line, {"": cells}, Rejection(Reason.NOT_JSON, "the line is not an object"))
    if _undecodable(text):
        return Row(line, cells, Rejection(Reason.INVALID_PAYLOAD, "has bytes that are not of the file's encoding"))
    return Row(line, cells)


def _is_deep(text: str) -> bool:
    """Whether objects and lists may be nested too deeply; braces in texts count too, most lines have too few."""
    if text.count("{") + text.count("[") <= _MOST_NESTED:
        return False
    depths = accumulate(1 if letter in "{[" else -1 for letter in text if letter in "{[]}")
    return max(depths) > _MOST_NESTED


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
