"""References of similar accounts out of a matrix: the quartiles of `peers.take_references`, to the last digit."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.health.curves import FEWEST_PEERS, Quartiles
from services.health.model import Model
from services.health.vector.score import Matrix


def peer_places(model: Model) -> dict[str, int]:
    """The columns that the model rates against similar accounts → their places among its values."""
    return {leaf.column.key: place for place, leaf in enumerate(model.leaves) if leaf.curve.peers}


def references_of(
    places: Mapping[str, int], values: Matrix, codes: NDArray[np.intp], count: int
) -> list[dict[str, Quartiles]]:
    """For each of the codes below `count`, how the columns are distributed over its rows. What fewer than eight rows
    have a value of is left out."""
    taken: list[dict[str, Quartiles]] = []
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(count + 1))
    for first, last in pairwise(bounds.tolist()):
        rows = values[order[first:last]]
        found = {column: quartiles(rows[:, place]) for column, place in places.items()}
        taken.append({column: q for column, q in found.items() if q is not None})
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
