"""`steward import --guess`: a first mapping of one file, each line with what was guessed and from what.

It loads and can be tried with `--dry-run` as it is. What has two meanings is left out, with both beside it.
"""

import codecs
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from services.cli.guess_columns import Column, agreed, called, columns_of, quoted, seen, timed
from services.cli.guess_fields import fields_of
from services.cli.guess_words import ACCOUNT, CHANGED, TABLES, Table
from services.ingest.reading import Row, rows_of
from services.ingest.sources.cells import Export
from services.ingest.sources.files import row_to_events
from services.ingest.sources.mapping import Sheet, parse_mapping
from shared.clock import SystemClock, to_us
from shared.contracts import NATIVE
from shared.errors import Invalid, NotFound

SAMPLED = 2_000
"""Rows that are looked at."""

_FROM_THEN = (
    "its status of today will read as if it had been so from then on; name the time of the last change, say"
    " exported_at, or add an event for each later step, as examples/flowstack does for tickets"
)
_FORMATS = {".json": "ndjson", ".jsonl": "ndjson", ".ndjson": "ndjson", ".parquet": "parquet", ".pq": "parquet"}
_DELIMITERS = ",;\t|"


def guess_mapping(path: Path) -> str:
    """The mapping of the file, as YAML with comments. Raises NotFound or Invalid where there is nothing to read."""
    sheet = _sheet(path)
    rows = [row for row in islice(rows_of(path.parent, sheet), SAMPLED) if row.fault is None]
    columns = columns_of([row.cells for row in rows])
    if not any(column.values for column in columns):
        raise Invalid(f"{path.name} has no rows to guess from", "name a file with a header and a few rows")
    lines = list(_lines(sheet, columns))
    text = "\n".join([*lines, *_unused(lines, columns)]) + "\n"
    return _tried(text, rows) + text


def _sheet(path: Path) -> Sheet:
    """How the file is read: its format by its name, encoding and delimiter by its first bytes."""
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    kind = _FORMATS.get(suffix.lower(), "csv")
    said: dict[str, str] = {"path": path.name, "format": kind}
    if kind != "parquet":
        said["encoding"] = _encoding(_head(path))
    if kind == "csv":
        header = _head(path).decode(said["encoding"], "replace").partition("\n")[0]
        said["delimiter"] = max(_DELIMITERS, key=header.count)
    return Sheet.model_validate(said)


def _head(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(1 << 18)
    except EOFError as error:
        raise Invalid(f"{path} breaks off: {error}", "export it again") from None
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}", "name a file of rows") from None


def _encoding(head: bytes) -> str:
    """By the byte order mark (spreadsheets write UTF-16 as \"Unicode text\"), else whether it can be UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if _is_utf8(head) else "cp1252"


def _is_utf8(head: bytes) -> bool:
    """Whether it is UTF-8 as far as it goes; a letter may be cut off at the end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


# --- what the rows stand for --------------------------------------------------------------------------


def _lines(sheet: Sheet, columns: Sequence[Column]) -> Iterator[str]:
    table = _table(sheet.path, columns)
    account, why = _account(table, columns)
    yield "# A first mapping, guessed from the names of the columns and from the first rows. Read every line before you"
    yield "# use it; docs/import.md explains them. Try it: steward import THIS_FILE --dir DIRECTORY --dry-run"
    yield f"source: {_word(sheet.path)}{_note('the system that the file is from, the same that sends live events')}"
    yield f"time_zone: UTC{_note('of times without an offset')}"
    yield "files:"
    yield f"  - path: {quoted(sheet.path)}"
    yield from (f"    {name}: {quoted(value)}" for name, value in _reading(sheet))
    yield f"    account: {account}{_note(why)}"
    yield "    events:"
    yield f"      - type: {table.type}{_note(_because(table, sheet.path, columns))}"
    yield from (f"        {line}" for line in _envelope(table, columns, account))
    fields = list(fields_of(table, columns))
    yield "        fields:" if any(not said.commented for _, said in fields) else "        fields: {}"
    for name, said in fields:
        yield f"          {'# ' if said.commented else ''}{name}: {said.written}{_note(said.why)}"


def _unused(lines: Sequence[str], columns: Sequence[Column]) -> Iterator[str]:
    """A comment for each column that no line names."""
    said = "\n".join(line.partition("  # ")[0] for line in lines)
    for column in columns:
        if quoted(column.name) not in said and f"{{{column.name}}}" not in said:
            yield f"          # not used: {quoted(column.name)}{_note(seen(column))}"


def _table(path: str, columns: Sequence[Column]) -> Table:
    """The kind of rows that most columns speak for, and the file's name with them."""
    return max(TABLES, key=lambda table: _weight(table, path, columns))


def _weight(table: Table, path: str, columns: Sequence[Column]) -> float:
    names = {name for column in columns for name in column.names()}
    found = {name: bool(names & set(known)) for name, known in table.fields.items()}
    required = [name for name, field in NATIVE[table.type][1].model_fields.items() if field.is_required()]
    missing = sum(not found.get(name, name in {"status", "survey_type", "period_end"}) for name in required)
    named = any(word in path.lower() for word in table.called)
    return sum(found.values()) + 3 * named - 4 * missing


def _because(table: Table, path: str, columns: Sequence[Column]) -> str:
    names = {name for column in columns for name in column.names()}
    spoke = [field for field, known in table.fields.items() if names & set(known)]
    named = next((word for word in table.called if word in path.lower()), None)
    return f"columns for {', '.join(spoke) or 'nothing'}" + (f"; the file's name has {named!r}" if named else "")


def _account(table: Table, columns: Sequence[Column]) -> tuple[str, str]:
    found = called(columns, (*ACCOUNT, "id") if table.type == "account.updated" else ACCOUNT)
    if found is not None:
        return quoted(found.name), f"called like an account's id; {seen(found)}"
    keys = [column for column in columns if column.kind in {"text", "number"} and column.folded().endswith("id")]
    first = (keys or [column for column in columns if column.values])[0]
    return quoted(first.name), "CHECK: no column is called like an account's id; this is the first that could be"


def _envelope(table: Table, columns: Sequence[Column], account: str) -> Iterator[str]:
    own = called([column for column in columns if column.is_key() and not set("{}") & set(column.name)], table.id)
    happened, why = _happened(table, columns)
    kind = table.type.partition(".")[0]
    if own is not None:
        yield f"id: {quoted(f'{kind}-{{{own.name}}}')}{_note('a value of its own in every row')}"
    else:
        names = [yaml.safe_load(account), *([happened.name] if happened is not None else [])]
        parts = [f"{{{name}}}" for name in names if not set("{}") & set(name)]
        written = quoted("-".join([kind, *parts])) if parts else f"{{column: {account}}}"
        yield f"id: {written}{_note('CHECK: no column has a value of its own in every row')}"
    written = "exported_at" if happened is None else timed(happened)
    yield f"occurred_at: {written}{_note(why)}"
    if table.mutable:
        yield f"mutable: true{_note('rows of such a table change between exports')}"


def _happened(table: Table, columns: Sequence[Column]) -> tuple[Column | None, str]:
    times = [column for column in columns if column.kind == "time" and agreed(column) is not None]
    order = (*CHANGED[:6], *table.happened, *CHANGED[6:])
    found = called(times, order) or (times[0] if times and not table.mutable else None)
    if found is None:
        return None, "CHECK: no column tells when; the row is dated by the export"
    if "status" in table.fields and table.mutable and not set(CHANGED) & set(found.names()):
        return found, f"CHECK: tells when the row began, and {_FROM_THEN}; {seen(found)}"
    return found, f"tells when; {seen(found)}"


# --- words --------------------------------------------------------------------------------------------


def _reading(sheet: Sheet) -> Iterator[tuple[str, str]]:
    if sheet.format != "csv":
        yield "format", sheet.format
    if sheet.encoding != "utf-8-sig":
        yield "encoding", sheet.encoding
    if sheet.delimiter != ",":
        yield "delimiter", sheet.delimiter


def _word(path: str) -> str:
    return (
        "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in Path(path).stem.lower())
        or "file"
    )


def _note(why: str) -> str:
    return "  # " + "".join(letter if letter.isprintable() else " " for letter in why)


def _tried(text: str, rows: Sequence[Row]) -> str:
    """A comment that tells what became of the sampled rows."""
    mapping = parse_mapping(yaml.safe_load(text))
    export = Export(to_us(SystemClock().now()), ZoneInfo("UTC"), {})
    outcomes = [row_to_events(mapping.source, mapping.files[0], row.cells, export) for row in rows]
    refused = Counter(str(one.rejected.rejection)[:100] for one in outcomes if one.rejected)
    lines = [f"Of the first {len(rows)} rows, this mapping takes {sum(bool(one.events) for one in outcomes)}."]
    lines += [f"{count} rejected: {words}" for words, count in refused.most_common(3)]
    return "".join(f"{_note(line).strip()}\n" for line in lines)
