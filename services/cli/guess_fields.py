"""The payload of a guessed mapping: which column each field is, what is done to its values, and why."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args, get_origin

from services.cli.guess_columns import Column, agreed, called, quoted, seen, timed, two_readings
from services.cli.guess_words import MEANINGS, Table
from services.ingest.sources.mapping import kind_of
from shared.contracts import NATIVE

_PERIODS = {"month": 29, "week": 6}
"""Days after the first of a period, by the word in a column's name."""


class Said(NamedTuple):
    """What a field is to be, as YAML, and why."""

    written: str
    why: str
    commented: bool = False


def fields_of(table: Table, columns: Sequence[Column]) -> Iterator[tuple[str, Said]]:
    """The fields that a column was found for, and those that the payload cannot do without."""
    known = NATIVE[table.type][1].model_fields
    for name, names in table.fields.items():
        column = called(columns, names)
        needed = known[name.partition(".")[0]].is_required() or name == "period_end"
        said = _said(table.type, name, column) if column is not None else None
        if said is not None and not (needed and said.commented):
            yield name, said
        elif needed:
            yield name, _instead(name, columns, table, said)


def _said(type: str, name: str, column: Column) -> Said:
    words = _words(type, name)
    kind = kind_of(type, name)
    if words:
        return _mapped(name, column, words)
    if kind in {"date", "instant"}:
        return _time(column)
    if kind == "number":
        return _number(column)
    unfit = name == "country" and not all(len(value) == 2 and value.isupper() for value in column.values)
    why = "its values are no codes of two letters; add a `map`" if unfit else seen(column)
    return Said(quoted(column.name), why, unfit)


def _words(type: str, name: str) -> list[str]:
    """The closed list of words that a field takes, if it is one."""
    annotation = NATIVE[type][1].model_fields[name.partition(".")[0]].annotation
    inner = [annotation, *get_args(annotation)]
    return [str(word) for part in inner if get_origin(part) is Literal for word in get_args(part)]


def _mapped(name: str, column: Column, words: Sequence[str]) -> Said:
    """A map of every word that was seen. Those that mean none of ours become nothing, or stand in for the first."""
    meant = {value: _meaning(name, value, words) for value in column.distinct()[:50]}
    unknown = [value for value, meaning in meant.items() if meaning is None]
    inner = ", ".join(f"{quoted(value)}: {meaning or 'null'}" for value, meaning in meant.items())
    why = f"CHECK: no word of ours was found for {', '.join(unknown[:5])}; " if unknown else ""
    return Said(f"{{column: {quoted(column.name)}, map: {{{inner}}}}}", f"{why}ours are {', '.join(words)}")


def _meaning(name: str, value: str, words: Sequence[str]) -> str | None:
    folded = "".join(letter for letter in value.lower() if letter.isalpha())
    for word in (*words, *MEANINGS.get(name, {})):
        if word.replace("_", "") == folded:
            meaning = MEANINGS.get(name, {}).get(word, word)
            return meaning if meaning in words else None
    return None


def _time(column: Column) -> Said:
    if column.kind != "time":
        return Said(quoted(column.name), f"no way of writing a time fits all of its values; {seen(column)}", True)
    if agreed(column) is None:
        first, other = two_readings(column)
        why = f"AMBIGUOUS: every value is a time as {first} and as {other}, and not the same; say which it is"
        return Said(f"{{column: {quoted(column.name)}, formats: [{quoted(first)}]}}", why, True)
    return Said(timed(column), seen(column))


def _number(column: Column) -> Said:
    written = quoted(column.name)
    if column.kind != "number":
        return Said(written, f"not all of its values are numbers; {seen(column)}", True)
    return Said(f"{{column: {written}, decimal_comma: true}}" if column.decimal_comma else written, seen(column))


def _instead(name: str, columns: Sequence[Column], table: Table, found: Said | None) -> Said:
    """What stands in for a column that a payload cannot do without."""
    why = "no column looks like it" if found is None else found.why
    if name == "period_end" and found is None:
        return _period_end(columns, table)
    if kind_of(table.type, name) in {"date", "instant"}:
        return Said("{exported_at: true}", f"CHECK: {why}")
    constants = {"status": "active" if table.type == "subscription.updated" else "open", "survey_type": "nps"}
    return Said(f"{{constant: {constants.get(name, 0)}}}", f"CHECK: {why}")


def _period_end(columns: Sequence[Column], table: Table) -> Said:
    start = called([column for column in columns if column.kind == "time"], table.fields["period_start"])
    if start is None or agreed(start) is None:
        return Said("{exported_at: true}", "CHECK: no column tells")
    days, why = next(((days, word) for word, days in _PERIODS.items() if word in start.folded()), (0, "day"))
    inner = timed(start)
    column = inner.strip("{}") if inner.startswith("{") else f"column: {inner}"
    return Said(f"{{{column}, plus_days: {days}}}", f"CHECK: a {why} from its first day; no column tells the last")
