"""Payloads of any native type, made up from its contract: every field that may be left out sometimes is."""

import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

from shared.clock import from_us
from shared.contracts import NATIVE
from shared.errors import Rejection
from shared.native import decode_body

Schema = dict[str, Any]

few = st.sampled_from(["a", "b", "c", "d"])
text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
instants = st.integers(1_577_836_800, 1_893_456_000).map(lambda s: from_us(s * 1_000_000).isoformat())
days = st.dates(from_us(1_577_836_800_000_000).date(), from_us(1_893_456_000_000_000).date()).map(str)
MOST_OF_A_LIST = 3


EITHER = {"discount.updated": ("percent", "amount"), "person.linked": ("external_id", "email")}
"""Types of which one of two fields must be told, and the other had better not be."""


@cache
def payloads_of(kind: str) -> st.SearchStrategy[Schema]:
    """Payloads that the contract accepts. Ids are few, so that several tell of one thing."""
    whole = NATIVE[kind][1].model_json_schema()
    shapes = [_with_one(whole, name, EITHER[kind]) for name in EITHER[kind]] if kind in EITHER else [whole]
    known = whole.get("$defs", {})
    return st.one_of(*(_object(shape, known) for shape in shapes)).filter(lambda made: _accepted(kind, made))


def _with_one(schema: Schema, name: str, of: tuple[str, ...]) -> Schema:
    fields = {own: field for own, field in schema["properties"].items() if own not in of}
    never_null = [part for part in schema["properties"][name]["anyOf"] if part != {"type": "null"}]
    fields[name] = {"anyOf": never_null}
    return {**schema, "properties": fields, "required": [*schema.get("required", ()), name]}


def _accepted(kind: str, made: Schema) -> bool:
    try:
        decode_body(kind, json.dumps(made).encode())
    except Rejection:
        return False
    return True


def _object(schema: Schema, known: Schema) -> st.SearchStrategy[Schema]:
    required = schema.get("required", ())
    fields = {name: _value(name, field, known) for name, field in schema.get("properties", {}).items()}
    return st.fixed_dictionaries(
        {name: made for name, made in fields.items() if name in required},
        optional={name: made for name, made in fields.items() if name not in required},
    )


def _value(name: str, field: Schema, known: Schema) -> st.SearchStrategy[Any]:
    if "$ref" in field:
        field = known[field["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in field:
        return st.one_of(*(_value(name, part, known) for part in _as_sent(field["anyOf"])))
    if "enum" in field or "const" in field:
        return st.sampled_from(field.get("enum") or [field["const"]])
    made = _MADE[field.get("type", "object")]
    return made(name, field, known)


def _as_sent(parts: list[Schema]) -> list[Schema]:
    """Money may be sent as a number or as text; text is exact, and its pattern is more than we want to invert."""
    numbers = [part for part in parts if part.get("type") == "number"]
    return [part for part in parts if not (numbers and part.get("type") == "string")]


def _text(name: str, field: Schema, known: Schema) -> st.SearchStrategy[str]:
    if name.endswith(("_id", "_ids")):
        return few
    if field.get("pattern"):
        return st.sampled_from(["EUR", "USD"] if "{3}" in field["pattern"] else ["DE", "FR"])
    return {"date-time": instants, "date": days}.get(field.get("format", ""), text)


def _whole(name: str, field: Schema, known: Schema) -> st.SearchStrategy[int]:
    return st.integers(field.get("minimum", 0), field.get("maximum", 10**9))


def _number(name: str, field: Schema, known: Schema) -> st.SearchStrategy[float]:
    """At most two places, as money and percentages have them."""
    lowest, highest = field.get("minimum", 0), field.get("maximum", 10**9)
    return st.integers(int(lowest * 100), int(highest * 100)).map(lambda cents: cents / 100)


def _list(name: str, field: Schema, known: Schema) -> st.SearchStrategy[list[Any]]:
    return st.lists(_value(name, field["items"], known), max_size=MOST_OF_A_LIST)


def _mapping(name: str, field: Schema, known: Schema) -> st.SearchStrategy[Schema]:
    if "properties" in field or not field.get("additionalProperties"):
        return _object(field, known)
    return st.dictionaries(few, few, max_size=MOST_OF_A_LIST)


_MADE = {
    "string": _text,
    "integer": _whole,
    "number": _number,
    "boolean": lambda name, field, known: st.booleans(),
    "null": lambda name, field, known: st.none(),
    "array": _list,
    "object": _mapping,
}
