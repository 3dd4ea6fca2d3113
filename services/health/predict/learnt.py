"""What was learnt: a logistic model as numbers, which predicts by itself. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.health.predict.features import features
from services.health.predict.nouns import Learnt, Reason
from services.health.vector.score import Matrix

MOST_REASONS = 3


def chances(learnt: Learnt, values: Matrix) -> NDArray[np.float64]:
    """The chance to leave within the horizon of every row; its columns are those of the model."""
    sums = learnt.slope * (_parts(learnt, values).sum(axis=1) + learnt.intercept) + learnt.offset
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(sums, -500, 500)))
    return chance


def reasons(learnt: Learnt, values: Matrix) -> list[list[Reason]]:
    """For every row what raises its chance most, the heaviest first: three at most."""
    parts = learnt.slope * _parts(learnt, values)
    width = min(MOST_REASONS, parts.shape[1])
    places = np.argsort(-parts, axis=1, kind="stable")[:, :width]
    return [
        [_reason(learnt, place, row[place], weights[place]) for place in best if weights[place] > 0]
        for best, row, weights in zip(places.tolist(), values, parts, strict=True)
    ]


def _parts(learnt: Learnt, values: Matrix) -> Matrix:
    """What each column adds to the sum of every row, its gap included."""
    made = features(learnt.scales, values) * np.array([*learnt.coefficients, *learnt.gap_coefficients])
    count = len(learnt.scales)
    with_gaps: Sequence[int] = [i for i, scale in enumerate(learnt.scales) if scale.gaps]
    parts: Matrix = made[:, :count].copy()
    parts[:, with_gaps] += made[:, count:]
    return parts


def _reason(learnt: Learnt, place: int, value: Any, weight: Any) -> Reason:
    scale = learnt.scales[place]
    return Reason(scale.column, None if np.isnan(value) else float(value), scale.usual, round(float(weight), 6))
