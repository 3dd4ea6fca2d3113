"""The daily reference of similar accounts: quartiles by segment of a day's closes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import quantiles

from services.health.assess import Quartiles
from services.health.curves import FEWEST_PEERS
from services.health.model import Model

Taken = dict[str, dict[str, Quartiles]]
"""Segment → measure → quartiles."""


def take_references(model: Model, closes: Iterable[tuple[str, Sequence[float | None]]]) -> Taken:
    """The reference out of (segment, values of the model's measures) of every account; of a measure that fewer than
    eight accounts of a segment have a value of, there is none. Quartiles include both ends (HM-6)."""
    places = [(measure, model.measures.index(measure)) for measure in model.peer_measures]
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for segment, measured in closes:
        for measure, place in places:
            value = measured[place]
            if value is not None:
                values[segment, measure].append(value)
    taken: Taken = defaultdict(dict)
    for (segment, measure), some in values.items():
        if len(some) >= FEWEST_PEERS:
            lower, median, upper = quantiles(some, n=4, method="inclusive")
            taken[segment][measure] = Quartiles(lower, median, upper, len(some))
    return dict(taken)
