"""Conditions as closures. A comparison with something that is not known is false."""

import operator
from collections.abc import Callable
from functools import lru_cache

from shared.conditions.tree import And, Compare, Condition, Known, Not, OneOf, Or
from shared.fields import Value, Values

Holds = Callable[[Values], bool]

_ORDERS: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@lru_cache(maxsize=2_048)
def closure(condition: Condition) -> Holds:
    """The condition as a function of a record of values. Compiled once per condition."""
    match condition:
        case Compare(field, order, value):
            return _compares(field.name, _ORDERS[order], value)
        case OneOf(field, values):
            return _is_one_of(field.name, frozenset(values))
        case Known(field):
            return _is_known(field.name)
        case Not(part):
            return _fails(closure(part))
        case And(parts):
            return _all_hold([closure(part) for part in parts])
        case Or(parts):
            return _any_holds([closure(part) for part in parts])


def _compares(name: str, order: Callable[[Value, Value], bool], constant: Value) -> Holds:
    def holds(record: Values) -> bool:
        value = record.get(name)
        return value is not None and order(value, constant)

    return holds


def _is_one_of(name: str, constants: frozenset[Value]) -> Holds:
    return lambda record: record.get(name) in constants


def _is_known(name: str) -> Holds:
    return lambda record: record.get(name) is not None


def _fails(part: Holds) -> Holds:
    return lambda record: not part(record)


def _all_hold(parts: list[Holds]) -> Holds:
    return lambda record: all(part(record) for part in parts)


def _any_holds(parts: list[Holds]) -> Holds:
    return lambda record: any(part(record) for part in parts)
