"""Conditions as words about one record: "the score 36 is below 40"."""

from typing import NamedTuple

from shared.conditions.holds import closure
from shared.conditions.tree import And, Compare, Condition, Known, Leaf, Not, OneOf, Or, leaves, text
from shared.fields import Field, Kind, Value, Values

_ORDERS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}


class Finding(NamedTuple):
    """One comparison, the value that it met and whether it held."""

    predicate: str
    value: Value | None
    verdict: bool


def explain(condition: Condition, record: Values) -> list[Finding]:
    """Every comparison of the condition with the value it met, left to right."""
    return [Finding(text(leaf), record.get(leaf.field.name), closure(leaf)(record)) for leaf in leaves(condition)]


def words(condition: Condition, record: Values) -> str:
    """Why the condition holds of the record, or why it does not: the parts that decided it, all of them true
    sentences about the record."""
    said = dict.fromkeys(_sentences(condition, record))
    return " and ".join(said)


def asked(condition: Condition) -> str:
    """What the condition asks, of no record in particular: `nobody has replied since the run started or the score is
    below 20`."""
    match condition:
        case Not(Compare(field, "==", True)) if field.kind is Kind.FLAG:
            return field.opposite
        case Not(part):
            return f"not ({asked(part)})"
        case And(parts):
            return " and ".join(map(asked, parts))
        case Or(parts):
            return " or ".join(map(asked, parts))
        case leaf:
            return _asked(leaf)


def _asked(leaf: Leaf) -> str:
    field = leaf.field
    match leaf:
        case Known():
            return f"{field.label} is known"
        case OneOf(_, values):
            return f"{field.label} is one of {', '.join(_shown(field, value) for value in values)}"
        case Compare(_, order, constant) if field.kind is Kind.FLAG:
            return field.label if (order == "==") is constant else field.opposite
        case Compare(_, order, constant):
            how = {"==": "is", "!=": "is not"}.get(order) or f"is {_ORDERS[order]}"
            return f"{field.label} {how} {_shown(field, constant)}"


def _sentences(condition: Condition, record: Values) -> list[str]:
    match condition:
        case Not(part):
            return _sentences(part, record)
        case And(parts):
            return _deciding(parts, record, closure(condition)(record), all_decide=True)
        case Or(parts):
            return _deciding(parts, record, closure(condition)(record), all_decide=False)
        case leaf:
            return [_sentence(leaf, record)]


def _deciding(parts: tuple[Condition, ...], record: Values, held: bool, *, all_decide: bool) -> list[str]:
    """Of a conjunction that holds all parts decide, of one that fails only those that fail; and the reverse."""
    chosen = parts if held is all_decide else tuple(p for p in parts if closure(p)(record) is held)
    return [sentence for part in chosen for sentence in _sentences(part, record)]


def _sentence(leaf: Leaf, record: Values) -> str:
    field, value = leaf.field, record.get(leaf.field.name)
    if field.kind is Kind.FLAG:
        return field.label if value else field.opposite
    if value is None:
        return f"{field.label} is not known"
    match leaf:
        case Known():
            return f"{field.label} is {_shown(field, value)}"
        case OneOf(_, values):
            among = ", ".join(_shown(field, v) for v in values)
            return f"{field.label} is {_shown(field, value)}" + ("" if value in values else f", not one of {among}")
        case Compare(_, order, constant) if order in _ORDERS:
            held = "" if closure(leaf)(record) else "not "
            return f"{field.label} {_shown(field, value)} is {held}{_ORDERS[order]} {_shown(field, constant)}"
        case Compare(_, _, constant):
            apart = "" if value == constant else f", not {_shown(field, constant)}"
            return f"{field.label} is {_shown(field, value)}{apart}"


def _shown(field: Field, value: Value) -> str:
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{shown} {field.unit}".rstrip()
