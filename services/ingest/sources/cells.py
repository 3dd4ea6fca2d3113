"""From a row's cells to the values that a mapping asks for. Pure.

A result is what JSON can say: text, a number, a boolean or a list; None where there is nothing. Rows are told
what is wrong by Rejection, with the column and what stood there.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.ingest.sources.shapes import decimal, instant_of, nothing, plain, shaped, unfit
from services.ingest.sources.values import BRACED, EXPORTED_AT, Condition, Kind, Scalar, Value
from shared.clock import DAY_US, from_us

Cells = Mapping[str, Any]
Tables = Mapping[str, Mapping[str, Cells]]
"""Table → key → row."""

_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
_UTC = ZoneInfo("UTC")


class Export(NamedTuple):
    """What a row is read against: when the files were exported, the zone of naive times, the tables, and whose ids of
    accounts the rows have."""

    exported_at: int
    zone: ZoneInfo | None
    tables: Tables
    namespace: str = "native"


def read(value: Value, cells: Cells, export: Export, kind: Kind = "text") -> Any:
    """The value as `kind` wants it: instants and days as ISO text, numbers as their digits, lists as lists."""
    found = shaped(value, _meant(value, _origin(value, cells, export), export), export.zone, kind)
    return value.default if found is None or found == [] else found


def instant(value: Value, cells: Cells, export: Export) -> int | None:
    """The value as microseconds since 1970, or None where the cell is empty."""
    if value.exported_at:
        return export.exported_at
    found = _meant(value, _origin(value, cells, export), export)
    if nothing(found):
        return None if value.default is None else instant_of(value.default, value.formats, export.zone)
    return instant_of(found, value.formats, export.zone) + value.plus_days * DAY_US


def holds(condition: Condition, cells: Cells, export: Export) -> bool:
    """Whether the row is as the condition says."""
    cell, said = cell_of(cells, condition.column), condition.model_fields_set
    if "empty" in said and nothing(cell) != condition.empty:
        return False
    if "equals" in said and not any(same(cell, wanted) for wanted in _several(condition.equals)):
        return False
    if "differs" in said and any(same(cell, wanted) for wanted in _several(condition.differs)):
        return False
    if not said & {"after", "until"}:
        return True
    return not nothing(cell) and _within(instant_of(cell, condition.formats, export.zone), condition, export)


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
        return decimal(plain(cell)) == wanted
    return plain(cell).casefold() == plain(wanted).casefold()


def _several(value: Any) -> Sequence[Scalar]:
    return value if isinstance(value, list) else [value]


def _within(at: int, condition: Condition, export: Export) -> bool:
    later = condition.after is None or at > _edge(condition.after, export)
    return later and (condition.until is None or at <= _edge(condition.until, export))


def _edge(text: str, export: Export) -> int:
    return export.exported_at if text == EXPORTED_AT else instant_of(text, ("iso",), export.zone or _UTC)


# --- where a value comes from -------------------------------------------------------------------------


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
    if value.lookup is not None and not nothing(found):
        found = _looked_up(value, plain(found), export.tables)
    if value.map is None or nothing(found):
        return found
    for known, meaning in value.map.items():
        if same(found, known):
            return meaning
    if "otherwise" in value.model_fields_set:
        return value.otherwise
    raise unfit(value, found, "is not in the map")


def _looked_up(value: Value, key: str, tables: Tables) -> Any:
    assert value.lookup is not None
    table, _, column = value.lookup.partition(".")
    row = tables[table].get(key)
    if row is None and "default" not in value.model_fields_set:
        raise unfit(value, key, f"is not in the table {table}")
    return cell_of(row, column) if row is not None else None
