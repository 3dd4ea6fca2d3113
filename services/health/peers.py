"""The daily reference of similar accounts: quartiles by segment of a day's closes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import quantiles

from services.health.assess import Quartiles
from services.health.curves import FEWEST_PEERS
from services.health.rules import Rules

Taken = dict[str, dict[str, Quartiles]]
"""Segment → column → quartiles."""


def picked(rules: Rules, values: Sequence[float | None]) -> list[float | None]:
    """Of the values of all columns those of `rules.peer_places`, in its order; None where there are fewer columns."""
    return [values[place] if place < len(values) else None for place in rules.peer_places.values()]


def take_references(rules: Rules, closes: Iterable[tuple[str, Sequence[float | None]]]) -> Taken:
    """The reference out of (segment, picked values) of every account; of a column that fewer than eight accounts of a
    segment have a value of, there is none. Quartiles include both ends (HM-6)."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for segment, measured in closes:
        for column, value in zip(rules.peer_places, measured, strict=True):
            if value is not None:
                values[segment, column].append(value)
    taken: Taken = defaultdict(dict)
    for (segment, column), some in values.items():
        if len(some) >= FEWEST_PEERS:
            lower, median, upper = quantiles(some, n=4, method="inclusive")
            taken[segment][column] = Quartiles(lower, median, upper, len(some))
    return dict(taken)
