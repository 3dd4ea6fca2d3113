"""What a mapping file may say: how the rows of somebody's files become native events. docs/import.md explains it.

A mapping is checked whole before the first row is read: event types and fields that do not exist, tables that
are not declared and times that nobody could place are errors of the mapping, not of four thousand rows.
"""

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from services.ingest.sources.values import BRACED, Column, Condition, Kind, Part, Template, Time, Value, Zone
from shared.contracts import NATIVE
from shared.errors import Invalid

Namespace = Annotated[str, Field(pattern=r"^[\w.-]{1,60}$")]


class Skip(Part):
    """Rows that are left out on purpose; they are counted under their reason."""

    when: list[Condition] = Field(min_length=1)
    because: str = Field(min_length=1, max_length=100)


class EventMapping(Part):
    """One event that a row stands for. A row may stand for several: a ticket opens, later it is resolved."""

    name: str = Field("row", max_length=60, description="what the report calls it; needed where a row has several")
    type: str = Field(description="a native event type of docs/events.md")
    id: Template = Field(description="the source's own id of the event, the same that it has when it comes live")
    occurred_at: Time = Field(description="when it happened: a column, or exported_at where the file does not tell")
    when: list[Condition] = Field([], description="the row stands for this event only when all hold")
    mutable: bool = Field(
        False, description="rows change between exports: what the row says is part of the id; the later export wins"
    )
    fields: dict[str, Column] = Field(
        {}, description="payload field → value; dots reach inside, e.g. external_ids.stripe"
    )

    @model_validator(mode="after")
    def _fits_its_contract(self) -> Self:
        if self.type not in NATIVE:
            raise ValueError(f"there is no event type {self.type!r}; docs/events.md lists them")
        known = NATIVE[self.type][1].model_fields
        unknown = sorted({name.partition(".")[0] for name in self.fields} - set(known))
        if unknown:
            raise ValueError(f"{self.type} has no field {', '.join(unknown)}; it has {', '.join(known)}")
        both = sorted({name.partition(".")[0] for name in self.fields if "." in name} & set(self.fields))
        if both:
            raise ValueError(f"{', '.join(both)} is named whole, and a part of it too; name one or the other")
        missing = sorted(name for name, field in known.items() if field.is_required() and name not in self.fields)
        if missing:
            raise ValueError(f"{self.type} needs {', '.join(missing)}")
        return self


class Sheet(Part):
    """A file, and how to read it."""

    path: str = Field(description="relative to the directory that is imported")
    format: Literal["csv", "ndjson", "parquet"] = "csv"
    encoding: str = Field("utf-8-sig", description="as Python names it; utf-8-sig swallows a byte order mark")
    delimiter: str = Field(",", min_length=1, max_length=1)

    @model_validator(mode="after")
    def _has_an_encoding(self) -> Self:
        try:
            "".encode(self.encoding)
        except LookupError:
            raise ValueError(f"there is no encoding {self.encoding!r}") from None
        return self


class Table(Sheet):
    """A file that others look things up in."""

    key: str = Field(description="the column that is looked up; the last row of a key counts")


class FileMapping(Sheet):
    """A file whose rows become events."""

    account: Column | None = Field(None, description="the account's id in the source: a column, or a template")
    time_zone: Zone | None = Field(None, description="of times without an offset, in place of the mapping's")
    namespace: Namespace | None = Field(None, description="whose ids `account` has, in place of the mapping's")
    skip: list[Skip] = Field([])
    events: list[EventMapping] = Field([])
    records: str | None = Field(
        None, description="in place of `account` and `events`: the source in whose own language each line is"
    )

    @model_validator(mode="after")
    def _says_what_rows_are(self) -> Self:
        if self.records is None:
            if self.account is None or not self.events:
                raise ValueError("say `account` and `events`, or `records`")
        elif self.account is not None or self.events or self.format != "ndjson":
            raise ValueError("`records` are NDJSON lines; they name their accounts and events themselves")
        return self

    @model_validator(mode="after")
    def _names_are_one_each(self) -> Self:
        names = [event.name for event in self.events]
        if len(set(names)) < len(names):
            raise ValueError("a row's events need names of their own")
        return self


class Mapping(Part):
    """A mapping file. Files are read in this order, so accounts come first."""

    source: str = Field(pattern=r"^[\w.:/-]{1,200}$", description="the events' source, the same that sends live events")
    time_zone: Zone | None = Field(None, description="of times without an offset; without it such rows are rejected")
    namespace: Namespace = Field("native", description="whose ids `account` has: your own, or a CRM's, e.g. salesforce")
    tables: dict[str, Table] = Field({})
    files: list[FileMapping] = Field(min_length=1)

    def lookups(self) -> set[tuple[str, str]]:
        """(table, column) of everything that is looked up."""
        found = {value.lookup for file in self.files for value in _values(file) if value.lookup}
        return {(table, column) for table, _, column in (text.partition(".") for text in found)}

    @model_validator(mode="after")
    def _tables_are_declared(self) -> Self:
        used = {table for table, _ in self.lookups()}
        if used - set(self.tables):
            raise ValueError(f"lookup in {', '.join(sorted(used - set(self.tables)))}, which `tables` does not declare")
        return self

    @model_validator(mode="after")
    def _times_have_a_zone(self) -> Self:
        for file in self.files:
            if file.time_zone or self.time_zone:
                continue
            for text in _formats(file):
                if text.startswith("%") and "%z" not in text:
                    raise ValueError(f"{file.path}: times as {text} have no offset; say time_zone, e.g. UTC")
        return self


_KINDS: list[tuple[Kind, tuple[Any, ...]]] = [
    ("instant", (AwareDatetime, dt.datetime)),
    ("date", (dt.date,)),
    ("list", (list,)),
    ("text", (bool,)),
    ("number", (int, float, Decimal)),
]


@lru_cache(maxsize=512)
def kind_of(type: str, field: str) -> Kind:
    """What a payload field holds, by its contract."""
    known = NATIVE[type][1].model_fields[field.partition(".")[0]]
    parts = _inside(known.annotation)
    return next((kind for kind, types in _KINDS if any(part in types for part in parts)), "text")


def _inside(annotation: Any) -> set[Any]:
    inner = set[Any]().union(*(_inside(part) for part in get_args(annotation)))
    return inner | {get_origin(annotation) or annotation}


def _formats(file: FileMapping) -> list[str]:
    """The formats of all that must be an instant."""
    times: list[Value | Condition] = [event.occurred_at for event in file.events]
    times += [v for e in file.events for name, v in e.fields.items() if kind_of(e.type, name) == "instant"]
    return [text for one in (*times, *_conditions(file)) for text in one.formats]


def _conditions(file: FileMapping) -> list[Condition]:
    return [c for e in file.events for c in e.when] + [c for s in file.skip for c in s.when]


def _values(file: FileMapping) -> list[Value]:
    tops = ([file.account] if file.account else []) + [
        v for e in file.events for v in (e.id, e.occurred_at, *e.fields.values())
    ]
    return tops + [factor for top in tops for factor in top.product or []]


def columns_needed(file: FileMapping) -> set[str]:
    """All columns that a file must have, so that a misspelt one is told before the first row."""
    needed = {condition.column for condition in _conditions(file)}
    for value in _values(file):
        needed |= {value.column} if value.column else set(BRACED.findall(value.template or ""))
    return needed


def parse_mapping(content: Any, name: str = "the mapping") -> Mapping:
    """The mapping out of parsed YAML. Raises Invalid with every fault and where it stands."""
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or name}: {e['msg']}" for e in error.errors(include_url=False)]
        raise Invalid(f"{name} is not a valid mapping:\n  " + "\n  ".join(faults), "docs/import.md shows one") from None


def mapping_schema() -> dict[str, Any]:
    """The JSON Schema of mapping files, for editors."""
    return Mapping.model_json_schema()
