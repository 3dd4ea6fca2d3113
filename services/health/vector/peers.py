"""References of similar accounts out of a matrix: the quartiles of `peers.take_references`, to the last digit."""

import numpy as np
from numpy.typing import NDArray

from services.health.curves import FEWEST_PEERS, Quartiles
from services.health.model import Model
from services.health.vector.score import Matrix


def references_of(model: Model, values: Matrix, segments: NDArray[np.intp], names: int) -> list[dict[str, Quartiles]]:
    """For each of the segment codes below `names`, how the measures that the model rates against peers are distributed
    over its rows. What fewer than eight rows have a value of is left out."""
    places = [(measure, model.measures.index(measure)) for measure in model.peer_measures]
    taken: list[dict[str, Quartiles]] = []
    for code in range(names):
        rows = values[segments == code] if places else values[:0]
        found = {measure: quartiles(rows[:, place]) for measure, place in places}
        taken.append({measure: q for measure, q in found.items() if q is not None})
    return taken


def quartiles(values: NDArray[np.float64]) -> Quartiles | None:
    """The quartiles of the values that there are, both ends included (HM-6); None below eight."""
    some = np.sort(values[~np.isnan(values)])
    if len(some) < FEWEST_PEERS:
        return None
    lower, median, upper = (_cut(some, i) for i in (1, 2, 3))
    return Quartiles(lower, median, upper, len(some))


def _cut(some: NDArray[np.float64], i: int) -> float:
    """The i-th quartile, by the formula of `statistics.quantiles`, so that the last digit agrees."""
    place, rest = divmod(i * (len(some) - 1), 4)
    after = some[min(place + 1, len(some) - 1)]
    return float((some[place] * (4 - rest) + after * rest) / 4)
