"""Which reference of similar accounts serves each day: what was taken at the close of the day before. Pure.

References are recorded for the columns that models in force rate among peers. For others, and for the days before a
column's first record, they are taken here, from the values of the same closes.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np

from services.health.curves import Quartiles
from services.health.vector.peers import references_of
from services.health.vector.score import Matrix, Peers
from services.health.vector.weighing import Ints

ByColumn = Mapping[str, Quartiles]
BySegment = Mapping[str, ByColumn]


class Served:
    """The references of ascending days. `places`: the columns wanted → their places among the values; `names`: of the
    segments' codes, which may grow; `recorded`: day → what was taken at its close."""

    def __init__(self, places: Mapping[str, int], names: Sequence[str], recorded: Mapping[int, BySegment]) -> None:
        self._places = places
        self._names = names
        self._recorded = recorded
        self._days = sorted(recorded)
        self._first = {column: day for day in reversed(self._days) for one in recorded[day].values() for column in one}
        self._taken: BySegment = {}

    def peers(self, days: Ints, segments: Ints, values: Matrix) -> Peers:
        """What each row is held against. Days ascend, within a call and from call to call."""
        if not self._places:
            return Peers()
        count = len(self._names)
        met, place = np.unique(days, return_inverse=True)
        codes = place * count + segments
        taken = references_of(self._places, values, codes, len(met) * count)
        references: list[ByColumn] = []
        for i, day in enumerate(met.tolist()):
            recorded = self._serving(day)
            references += [{**self._own(name, day), **recorded.get(name, {})} for name in self._names]
            self._taken = dict(zip(self._names, taken[i * count : (i + 1) * count], strict=True))
        return Peers(references, codes)

    def _own(self, name: str, day: int) -> ByColumn:
        """What was taken here at the day before, of the columns that are not recorded yet."""
        return {c: q for c, q in self._taken.get(name, {}).items() if self._first.get(c, day) >= day}

    def _serving(self, day: int) -> BySegment:
        """The newest that was recorded before the day."""
        place = bisect_left(self._days, day)
        return self._recorded[self._days[place - 1]] if place else {}
