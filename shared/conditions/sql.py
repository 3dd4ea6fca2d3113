"""Conditions as SQL: a predicate with parameters over a relation that has a column per stored field."""

from typing import NamedTuple

from shared.conditions.tree import And, Compare, Condition, Known, Not, OneOf, Or
from shared.errors import Invalid
from shared.fields import Field, Kind, Value

_TYPES = {Kind.NUMBER: "double precision", Kind.TEXT: "text", Kind.FLAG: "boolean"}
_ORDERS = {"==": "=", "!=": "<>"}


class Predicate(NamedTuple):
    """SQL text and the values of its parameters, in order."""

    text: str
    values: list[Value | list[Value]]


def predicate(condition: Condition, *, first: int = 1, unstored: bool = False) -> Predicate:
    """The predicate, its parameters numbered from `$first`. Columns are named as the fields and never come from
    text that a person wrote. Raises Invalid for a field that the database does not hold, unless `unstored`."""
    values: list[Value | list[Value]] = []
    return Predicate(_render(condition, values, first, unstored), values)


def _render(condition: Condition, values: list[Value | list[Value]], first: int, unstored: bool) -> str:
    def parameter(value: Value | list[Value], kind: str) -> str:
        values.append(value)
        return f"${first + len(values) - 1}::{kind}"

    match condition:
        case Compare(field, order, value):
            column, kind = _column(field, unstored), _TYPES[field.kind]
            return f"coalesce({column} {_ORDERS.get(order, order)} {parameter(value, kind)}, false)"
        case OneOf(field, constants):
            column, kind = _column(field, unstored), _TYPES[field.kind] + "[]"
            return f"coalesce({column} = ANY({parameter(list(constants), kind)}), false)"
        case Known(field):
            return f"({_column(field, unstored)} IS NOT NULL)"
        case Not(part):
            return f"(NOT {_render(part, values, first, unstored)})"
        case And(parts):
            return "(" + " AND ".join(_render(part, values, first, unstored) for part in parts) + ")"
        case Or(parts):
            return "(" + " OR ".join(_render(part, values, first, unstored) for part in parts) + ")"


def _column(field: Field, unstored: bool) -> str:
    if not field.stored and not unstored:
        raise Invalid(f"the field {field.name!r} belongs to one run or crossing and cannot be asked of all accounts")
    return f'"{field.name}"::{_TYPES[field.kind]}'
