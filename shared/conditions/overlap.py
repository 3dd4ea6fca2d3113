"""Whether two conditions can hold of one record: decided exactly, by trying a record from every region that
their constants cut the fields into."""

import itertools
import math
from collections.abc import Iterable

from shared.conditions.holds import closure
from shared.conditions.tree import Compare, Condition, Known, OneOf, fields_of, leaves
from shared.fields import Field, Kind, Value

MOST_RECORDS = 200_000


def can_both_hold(one: Condition, other: Condition) -> bool:
    """True when some record satisfies both. Where there are too many regions to try, True: better to ask."""
    fields = sorted(fields_of(one) | fields_of(other))
    samples = [_samples(field, [one, other]) for field in fields]
    if math.prod(map(len, samples)) > MOST_RECORDS:
        return True
    first, second = closure(one), closure(other)
    for values in itertools.product(*samples):
        record = {field.name: value for field, value in zip(fields, values, strict=True)}
        if first(record) and second(record):
            return True
    return False


def _samples(field: Field, conditions: Iterable[Condition]) -> list[Value | None]:
    """One value from each region, and nothing."""
    constants = [c for condition in conditions for c in _constants(field, condition)]
    if field.kind is Kind.FLAG:
        return [None, True, False]
    if field.kind is Kind.TEXT:
        return [None, *sorted(set(map(str, constants))), "\x00 none of them"]
    numbers = sorted({float(c) for c in constants})
    between = [(a + b) / 2 for a, b in itertools.pairwise(numbers)]
    edges = [numbers[0] - 1, numbers[-1] + 1] if numbers else [0.0]
    return [None, *numbers, *between, *edges]


def _constants(field: Field, condition: Condition) -> Iterable[Value]:
    for leaf in leaves(condition):
        if leaf.field != field:
            continue
        match leaf:
            case Compare(_, _, value):
                yield value
            case OneOf(_, values):
                yield from values
            case Known():
                pass
