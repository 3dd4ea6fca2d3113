"""What a column of a file seems to hold, from its sampled values. Pure."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from services.ingest.sources.formats import EPOCHS, by_format
from services.ingest.sources.shapes import decimal, nothing, plain

Kind = Literal["boolean", "time", "email", "number", "text", "nothing"]

_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DAYS = (
    "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%Y/%m/%d", "%d-%m-%y", "%m-%d-%y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
FORMATS = ("iso", *(day + time for day in _DAYS for time in _TIMES))

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COMMA = re.compile(r"-?\d{1,3}(\.\d{3})*,\d{1,2}|-?\d+,\d{1,2}")
_POINT = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_WORDS = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})
_TIMELY = re.compile(r"date|time|_at$|^at$|created|updated|start|end|day|timestamp", re.IGNORECASE)
_AROUND = (dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001  # naive on purpose


class Column(NamedTuple):
    """A column: its values that say something, in order, and what they seem to be. `formats` are all ways of writing
    in which every one of them is a time: several, where they could mean several."""

    name: str
    values: tuple[str, ...]
    kind: Kind
    formats: tuple[str, ...] = ()
    decimal_comma: bool = False

    def folded(self) -> str:
        """Its name by its letters alone."""
        return "".join(letter for letter in self.name.lower() if letter.isalpha())

    def names(self) -> tuple[str, ...]:
        """What it may be called: its whole path, and the last step of it unless that could be anything's."""
        last = "".join(letter for letter in self.name.rpartition(".")[2].lower() if letter.isalpha())
        return (self.folded(),) if last in {"id", "name"} else tuple(dict.fromkeys((self.folded(), last)))

    def distinct(self) -> list[str]:
        """The different values, in the order in which they were met."""
        return list(dict.fromkeys(self.values))

    def is_key(self) -> bool:
        """Whether every value is there once."""
        return len(self.values) > 1 and len(set(self.values)) == len(self.values)


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns of the rows; objects inside them are named by their path."""
    flat = [_flat(row) for row in rows]
    names = dict.fromkeys(name for row in flat for name in row)
    found = [_column(name, tuple(plain(row[name]) for row in flat if not nothing(row.get(name)))) for name in names]
    sure = {way for column in found if (way := agreed(column)) is not None and column.kind == "time"}
    return [column._replace(formats=_like(column, sure)) if agreed(column) is None else column for column in found]


def _like(column: Column, sure: set[str]) -> tuple[str, ...]:
    """Of the ways in which a column could be written, the one in which another of the file is, if it is one."""
    known = [way for way in column.formats if way in sure]
    return (known[0],) if len(known) == 1 else column.formats


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and before.count(".") < 3:
            found |= _flat(value, f"{before}{name}.")
        elif not isinstance(value, list):
            found[before + name] = value
    return found


def _column(name: str, values: tuple[str, ...]) -> Column:
    if not values:
        return Column(name, values, "nothing")
    if all(value.casefold() in _WORDS for value in values):
        return Column(name, values, "boolean")
    if all(_EMAIL.fullmatch(value) for value in values):
        return Column(name, values, "email")
    formats = _formats(name, values)
    if formats:
        return Column(name, values, "time", formats)
    if all(_COMMA.fullmatch(value) or value.isdigit() for value in values) and any("," in value for value in values):
        return Column(name, values, "number", decimal_comma=True)
    numbers = all(_POINT.fullmatch(value) and decimal(value.replace(",", "")) is not None for value in values)
    return Column(name, values, "number" if numbers else "text")


def _formats(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    counted = [one for one in EPOCHS if all(_reads(value, one) for value in values)] if _TIMELY.search(name) else []
    if counted:
        return tuple(counted)
    if all(value.isdigit() for value in values):
        return ()
    return tuple(one for one in FORMATS if all(_reads(value, one) for value in values))


def _reads(value: str, format: str) -> bool:
    """Whether the format makes a time of the value that somebody could mean."""
    try:
        at = by_format(value, format).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return False
    return _AROUND[0] <= at <= _AROUND[1]


def agreed(column: Column) -> str | None:
    """The one way in which the column's times are written; None where two would read one of them differently, and
    where it holds no times."""
    if not column.formats:
        return None
    first, other = two_readings(column)
    return first if other is None else None


def two_readings(column: Column) -> tuple[str, str | None]:
    """The first way to read the column's times, and one that reads one of them differently, if there is one."""
    first = column.formats[0]
    for other in column.formats[1:]:
        if any(by_format(value, first) != by_format(value, other) for value in column.distinct()):
            return first, other
    return first, None


def called(columns: Sequence[Column], names: Sequence[str]) -> Column | None:
    """The column with the first of these names that one has; the whole path of a name counts before its last step."""
    by_name: dict[str, Column] = {}
    for column in columns:
        if column.values:
            by_name.setdefault(column.folded(), column)
    for column in columns:
        if column.values:
            by_name.setdefault(column.names()[-1], column)
    return next((by_name[name] for name in names if name in by_name), None)


def quoted(text: str) -> str:
    """The text as YAML reads it, whatever is in it."""
    return '"' + "".join(map(_letter, text)) + '"'


def _letter(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def timed(column: Column) -> str:
    """The column's times as a value of a mapping."""
    way = agreed(column)
    written = quoted(column.name)
    return written if way in {"iso", None} else f"{{column: {written}, formats: [{quoted(way)}]}}"


def seen(column: Column) -> str:
    """What the column holds, in words, with up to three of its values."""
    shown = ", ".join(value[:30] for value in column.distinct()[:3])
    way = agreed(column)
    return f"{column.kind}{f' as {way}' if way else ''}, e.g. {shown}" if shown else "empty"
