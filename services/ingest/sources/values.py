"""The words of which a mapping is made: where a value comes from and what is done to it, and when a row is meant."""

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.ingest.sources.formats import contradiction, flaw

EXPORTED_AT = "exported_at"
Scalar = str | bool | int | Decimal | None


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"there is no time zone {name!r}; write an IANA name, e.g. Europe/Berlin") from None
    return name


def _spell(value: Any) -> Any:
    """YAML reads -0.01 as binary and 2026-01-31 as a date; mappings mean what they spell."""
    if isinstance(value, float):
        return Decimal(str(value))
    return value.isoformat() if isinstance(value, dt.date) else value


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _as_template(value: Any) -> Any:
    return {"template": value} if isinstance(value, str) else value


def _as_time(value: Any) -> Any:
    return {"exported_at": True} if value == EXPORTED_AT else _as_column(value)


def _spell_key(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else _spell(value)


def _unambiguous(formats: list[str]) -> list[str]:
    flaws = [wrong for one in formats if (wrong := flaw(one)) is not None]
    if flaws:
        raise ValueError("; ".join(flaws))
    found = contradiction(formats)
    if found is not None:
        text, one, other = found
        raise ValueError(f"{text} would be one time as {one} and another as {other}; name only the one that is meant")
    return formats


Zone = Annotated[str, AfterValidator(_known_zone)]
Constant = Annotated[Scalar, BeforeValidator(_spell)]
Key = Annotated[str, BeforeValidator(_spell_key)]
Exact = Annotated[Decimal, BeforeValidator(_spell)]
Formats = Annotated[list[str], Field(min_length=1), AfterValidator(_unambiguous)]
"""Ways to write a time, of which no two read one text as two times."""


class Part(BaseModel):
    """A part of a mapping file. What it does not know it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(Part):
    """Where a value comes from, and what is done to it, in the order of these fields. An empty result is left out."""

    column: str | None = Field(None, description="the cell of this column; in NDJSON also a path, e.g. customer.id")
    template: str | None = Field(None, description="text with columns in braces, e.g. 'customer-{customer_id}'")
    constant: Constant = Field(None, description="always this")
    exported_at: Literal[True] | None = Field(None, description="the instant of the export, `--now`")
    product: "list[Column] | None" = Field(None, min_length=2, description="these numbers multiplied")
    lookup: str | None = Field(None, description="`table.column`: that column of the table's row with this key")
    map: dict[Key, Constant] | None = Field(
        None, description="what each value means; null leaves it out; letters' case does not matter"
    )
    otherwise: Constant = Field(None, description="for values that are not in `map`; without it the row is rejected")
    formats: Formats = Field(
        ["iso"], description="for times: 'iso', 'unix_s', 'unix_ms', 'unix_us' or strptime, e.g. '%d-%m-%Y'"
    )
    plus_days: int = Field(0, ge=-3_660, le=3_660, description="for times: days added")
    decimal_comma: bool = Field(False, description="for numbers: 1.234,56 instead of 1,234.56")
    times: Exact | None = Field(None, description="for numbers: multiplied by this")
    plus: Exact | None = Field(None, description="for numbers: then added")
    separator: str | None = Field(None, min_length=1, description="splits the text into a list")
    default: Constant = Field(None, description="stands in where the result is empty")

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = ("column", "template", "constant", "exported_at", "product")
        if len(self.model_fields_set & set(origins)) != 1:
            raise ValueError(f"name exactly one of {', '.join(origins)}")
        if self.lookup is not None and self.lookup.count(".") != 1:
            raise ValueError("lookup is written table.column")
        return self


Column = Annotated[Value, BeforeValidator(_as_column, json_schema_input_type=str | Value)]
Template = Annotated[Value, BeforeValidator(_as_template, json_schema_input_type=str | Value)]
Time = Annotated[Value, BeforeValidator(_as_time, json_schema_input_type=str | Value)]


class Condition(Part):
    """Holds when the column's cell is as it says; of several things said, all must hold."""

    column: str
    equals: Constant | list[Constant] = Field(
        None, description="one of these; case does not matter; true is also TRUE, yes, 1"
    )
    differs: Constant | list[Constant] = Field(None, description="none of these")
    empty: bool | None = Field(None, description="whether the cell is empty")
    after: Annotated[str, BeforeValidator(_spell)] | None = Field(
        None, description="later than `exported_at` or a time"
    )
    until: Annotated[str, BeforeValidator(_spell)] | None = Field(None, description="not later than it, and not empty")
    formats: Formats = Field(["iso"], description="of the cell's times, as for values")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.model_fields_set <= {"column", "formats"}:
            raise ValueError("say what must hold: equals, differs, empty, after or until")
        return self


BRACED = re.compile(r"\{([^{}]+)\}")
"""A column within a template."""

Kind = Literal["instant", "date", "number", "list", "text"]
"""What a payload field holds."""
