"""Recorded values made comparable: bounded, without gaps, in standard deviations. Pure."""

from collections.abc import Sequence

import numpy as np

from services.health.predict.nouns import Scale
from services.health.vector.score import Matrix

FEWEST_KNOWN = 0.05
"""A column that fewer pairs have a value of says too little."""

_BOUNDS = (0.01, 0.99)


def scales(columns: Sequence[str], values: Matrix) -> list[Scale]:
    """The scales of the columns that say something of these values: of many pairs, and not always the same."""
    found = (_scale(column, values[:, place]) for place, column in enumerate(columns))
    return [scale for scale in found if scale is not None]


def _scale(column: str, values: Matrix) -> Scale | None:
    known = values[~np.isnan(values)]
    if len(known) < FEWEST_KNOWN * len(values) or not len(known):
        return None
    low, usual, high = (float(cut) for cut in np.quantile(known, (_BOUNDS[0], 0.5, _BOUNDS[1])))
    filled = np.clip(np.where(np.isnan(values), usual, values), low, high)
    deviation = float(filled.std())
    gaps = 1 - len(known) / len(values) >= FEWEST_KNOWN
    return Scale(column, usual, low, high, float(filled.mean()), deviation, gaps) if deviation > 0 else None


def features(using: Sequence[Scale], values: Matrix) -> Matrix:
    """The features of rows whose columns are those of the scales: each value in deviations from the mean, then 1 for
    each gap that is a feature."""
    columns = [
        (np.clip(np.where(np.isnan(values[:, i]), s.usual, values[:, i]), s.low, s.high) - s.mean) / s.deviation
        for i, s in enumerate(using)
    ]
    gaps = [np.isnan(values[:, i]).astype(np.float64) for i, s in enumerate(using) if s.gaps]
    return np.stack([*columns, *gaps], axis=1)
