"""What a condition is made of: a typed tree over the registry of fields. Values, frozen and comparable."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.fields import Field, Value

Order = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a constant of its kind. False when the field is not known."""

    field: Field
    order: Order
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field is one of several constants. False when the field is not known."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The field has a value."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite: also true where the part is false because something is not known."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple["Condition", ...]


Leaf = Compare | OneOf | Known
Condition = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True)
class Lasting:
    """A condition that has to have held for a number of days, without interruption; 0 means now."""

    condition: Condition
    days: int


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The comparisons of a condition, left to right."""
    match condition:
        case Not(part):
            yield from leaves(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case leaf:
            yield leaf


def fields_of(condition: Condition) -> frozenset[Field]:
    """The fields that a condition reads."""
    return frozenset(leaf.field for leaf in leaves(condition))


def text(condition: Condition) -> str:
    """The text form; `parse(text(c)) == c`."""
    match condition:
        case Compare(field, order, value):
            return field.name if value is True and order == "==" else f"{field.name} {order} {_constant(value)}"
        case OneOf(field, values):
            return f"{field.name} in [{', '.join(map(_constant, values))}]"
        case Known(field):
            return f"{field.name} is known"
        case Not(part):
            return f"not {_inner(part)}"
        case And(parts):
            return " and ".join(map(_inner, parts))
        case Or(parts):
            return " or ".join(map(_inner, parts))


def _inner(part: Condition) -> str:
    return f"({text(part)})" if isinstance(part, And | Or) else text(part)


def _constant(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
