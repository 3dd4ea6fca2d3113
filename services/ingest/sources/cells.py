"""From a row's cells to the values that a mapping asks for. Pure.

A result is what JSON can say: text, a number, a boolean or a list; None where there is nothing. Rows are told
what is wrong by Rejection, with the column and what stood there.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.ingest.sources.mapping import BRACED, EXPORTED_AT, Condition, Kind, Scalar, Value
from shared.clock import DAY_US, from_us
from shared.errors import Reason, Rejection
from shared.native import parse_time, printable

Cells = Mapping[str, Any]
Tables = Mapping[str, Mapping[str, Cells]]
"""Table → key → row."""

_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})


class Export(NamedTuple):
    """What a row is read against: when the files were exported, the zone of naive times, the tables."""

    exported_at: int
    zone: ZoneInfo | None
    tables: Tables


def read(value: Value, cells: Cells, export: Export, kind: Kind = "text") -> Any:
    """The value as `kind` wants it: instants and dates as ISO text, numbers as their digits, lists as lists."""
    found = _shaped(value, _meant(value, _origin(value, cells, export), export), export, kind)
    return value.default if found is None or found == [] else found


def instant(value: Value, cells: Cells, export: Export) -> int | None:
    """The value as microseconds since 1970, or None where the cell is empty."""
    if value.exported_at:
        return export.exported_at
    found = _meant(value, _origin(value, cells, export), export)
    if _nothing(found):
        return None if value.default is None else _instant(value.default, value.formats, export.zone)
    return _instant(found, value.formats, export.zone) + value.plus_days * DAY_US


def holds(condition: Condition, cells: Cells, export: Export) -> bool:
    """Whether the row is as the condition says."""
    cell, said = cell_of(cells, condition.column), condition.model_fields_set
    if "empty" in said and _nothing(cell) != condition.empty:
        return False
    if "equals" in said and not any(same(cell, wanted) for wanted in _several(condition.equals)):
        return False
    if "differs" in said and any(same(cell, wanted) for wanted in _several(condition.differs)):
        return False
    if not said & {"after", "until"}:
        return True
    return not _nothing(cell) and _within(_instant(cell, condition.formats, export.zone), condition, export)


def cell_of(cells: Cells, column: str) -> Any:
    """The cell of a column; with dots, the value inside objects, as NDJSON has them."""
    if column in cells or "." not in column:
        return cells.get(column)
    found: Any = cells
    for step in column.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def same(cell: Any, wanted: Scalar) -> bool:
    """Whether a cell says a value: letters' case and space around do not matter, TRUE is true, 1.0 is 1."""
    if isinstance(wanted, bool):
        return plain(cell).casefold() in (_TRUE if wanted else _FALSE)
    if isinstance(wanted, int | Decimal):
        return _decimal(plain(cell)) == wanted
    return plain(cell).casefold() == plain(wanted).casefold()


def plain(cell: Any) -> str:
    """A cell as text; nothing is the empty text."""
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell).strip()


# --- where it comes from ------------------------------------------------------------------------------


def _nothing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell == []


def _origin(value: Value, cells: Cells, export: Export) -> Any:
    if value.column is not None:
        return cell_of(cells, value.column)
    if value.template is not None:
        return _filled(value.template, cells)
    if value.product is not None:
        return _product([read(factor, cells, export, "number") for factor in value.product])
    return from_us(export.exported_at).isoformat() if value.exported_at else value.constant


def _filled(template: str, cells: Cells) -> str | None:
    """The template with its columns filled in; nothing when one of them is empty."""
    parts = {column: plain(cell_of(cells, column)) for column in BRACED.findall(template)}
    return BRACED.sub(lambda found: parts[found[1]], template) if all(parts.values()) else None


def _product(factors: Sequence[Any]) -> Decimal | None:
    result = Decimal(1)
    for factor in factors:
        if factor is None:
            return None
        result *= Decimal(factor)
    return result


def _meant(value: Value, found: Any, export: Export) -> Any:
    """What was found, looked up and by the value map."""
    if value.lookup is not None and not _nothing(found):
        found = _looked_up(value, plain(found), export.tables)
    if value.map is None or _nothing(found):
        return found
    for known, meaning in value.map.items():
        if same(found, known):
            return meaning
    if "otherwise" in value.model_fields_set:
        return value.otherwise
    raise _bad(value, found, "is not in the map")


def _looked_up(value: Value, key: str, tables: Tables) -> Any:
    assert value.lookup is not None
    table, _, column = value.lookup.partition(".")
    row = tables[table].get(key)
    if row is None and "default" not in value.model_fields_set:
        raise _bad(value, key, f"is not in the table {table}")
    return cell_of(row, column) if row is not None else None


# --- what shape it has --------------------------------------------------------------------------------


def _shaped(value: Value, found: Any, export: Export, kind: Kind) -> Any:
    if _nothing(found):
        return None
    if kind == "list" or value.separator is not None:
        return _listed(value, found)
    if value.times is not None or value.plus is not None:
        kind = "number"
    return _SHAPES[kind](value, found, export)


def _listed(value: Value, found: Any) -> list[Any]:
    if isinstance(found, list):
        return found
    return [part.strip() for part in plain(found).split(value.separator or ",") if part.strip()]


def _text(value: Value, found: Any, _: Export) -> Any:
    """Numbers are spelt out; booleans and objects stay what they are."""
    return found if isinstance(found, bool | Mapping) else plain(found)


def _number(value: Value, found: Any, _: Export) -> str:
    """Digits without exponent and without trailing zeros."""
    text = plain(found)
    if value.decimal_comma:
        text = text.translate(_SWAPPED)
    number = _decimal(text.replace(",", "") if _GROUPED.match(text) else text)
    if number is None:
        raise _bad(value, found, "is not a number")
    number = number * (1 if value.times is None else value.times) + (value.plus or 0)
    return format(number.normalize(), "f")


_SWAPPED = str.maketrans(".,", ",.")
_GROUPED = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(value: Value, found: Any, export: Export) -> str:
    try:
        at = _moment(plain(found), value.formats)
        return (at + dt.timedelta(days=value.plus_days)).date().isoformat()
    except (ValueError, OverflowError):
        raise _bad(value, found, f"is not a date as {' or '.join(value.formats)}") from None


def _iso(value: Value, found: Any, export: Export) -> str:
    return from_us(_instant(found, value.formats, export.zone) + value.plus_days * DAY_US).isoformat()


_SHAPES: dict[str, Callable[[Value, Any, Export], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "instant": _iso,
}


def _instant(found: Any, formats: Sequence[str], zone: ZoneInfo | None) -> int:
    """Microseconds since 1970. Raises Rejection NAIVE_TIME or INVALID_TIME."""
    text = plain(found)
    try:
        at = _moment(text, tuple(formats))
    except (ValueError, OverflowError):
        words = f"{printable(text)!r} is not a time as {' or '.join(formats)}"
        raise Rejection(Reason.INVALID_TIME, words) from None
    if at.tzinfo is None and zone is None:
        raise Rejection(Reason.NAIVE_TIME, f"{printable(text)!r} has no offset; give the mapping a time_zone")
    return parse_time((at if at.tzinfo else at.replace(tzinfo=zone)).isoformat())


def _moment(text: str, formats: Sequence[str]) -> dt.datetime:
    return _parsed(text, tuple(formats))


@lru_cache(maxsize=16_384)
def _parsed(text: str, formats: tuple[str, ...]) -> dt.datetime:
    """The time by the first format that fits. Raises ValueError."""
    for one in formats:
        try:
            return _by_format(text, one)
        except ValueError:
            continue
    raise ValueError(text)


def _by_format(text: str, format: str) -> dt.datetime:
    if format == "iso":
        return dt.datetime.fromisoformat(text)
    if format in ("unix_s", "unix_ms"):
        micros = int(Decimal(_digits(text)) * (1_000_000 if format == "unix_s" else 1_000))
        return from_us(micros)
    return dt.datetime.strptime(text, format)  # noqa: DTZ007  # naive on purpose: the zone is the mapping's


def _digits(text: str) -> str:
    if not text.replace(".", "", 1).removeprefix("-").isdecimal() or not text.isascii():
        raise ValueError(text)
    return text


def _within(at: int, condition: Condition, export: Export) -> bool:
    later = condition.after is None or at > _edge(condition.after, export)
    return later and (condition.until is None or at <= _edge(condition.until, export))


def _edge(text: str, export: Export) -> int:
    return export.exported_at if text == EXPORTED_AT else _instant(text, ("iso",), export.zone or UTC_ZONE)


UTC_ZONE = ZoneInfo("UTC")


def _several(value: Any) -> Sequence[Scalar]:
    return value if isinstance(value, list) else [value]


def _bad(value: Value, found: Any, fault: str) -> Rejection:
    origin = value.column or value.template or value.lookup or "product"
    return Rejection(Reason.INVALID_PAYLOAD, f"{origin}: {printable(plain(found))!r} {fault}")
