"""`score`: a model over a matrix of values, one row an account or an account's day. Pure."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.health.curves import Quartiles, millionths
from services.health.model import ExceptionRule, Model
from services.health.scoring import ONE, Groups
from services.health.vector import weighing
from services.health.vector.curves import Among, among, rate_all
from services.health.vector.weighing import NO_POINTS, Flags, Ints

Matrix = NDArray[np.float64]
"""Row × measure, in the order of `Model.measures`; NaN for no value."""

UNKNOWN = -1
"""In place of the score, and of the band, of a row of which too little is known; and for no exception."""

_HOLDS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq}


@dataclass(frozen=True)
class Peers:
    """What rows are held against: row i against the `references[codes[i]]`, by column."""

    references: Sequence[Mapping[str, Quartiles]] = ({},)
    codes: NDArray[np.intp] | None = None

    def of(self, column: str, rows: int) -> Among:
        """The quartiles of a column for every row."""
        codes = np.zeros(rows, np.intp) if self.codes is None else self.codes
        return among(self.references, codes, column)


@dataclass(frozen=True)
class Scored:
    """What `assess` says of every row. `score` and `band` (an index of the model's bands) are UNKNOWN where too little
    is known, and then all points of the score are 0; `exception` is an index of the model's exceptions, or UNKNOWN.
    `points` are row × leaf with their stand-ins. Points are millionths."""

    model: Model
    points: Ints
    coverage: Ints
    raw: Ints
    bounded: Ints
    score: Ints
    band: Ints
    exception: Ints

    @property
    def exception_points(self) -> Ints:
        """What the exception moved."""
        return self.bounded - self.raw

    @property
    def rounding_points(self) -> Ints:
        """What rounding moved."""
        return np.where(self.score == UNKNOWN, 0, self.score * ONE - self.bounded)

    def contributions(self) -> Ints:
        """What every leaf of every row brings."""
        parts = weighing.contributions(groups_of(self.model), self.points)
        return np.where((self.score == UNKNOWN)[:, None], 0, parts)


def groups_of(model: Model) -> Groups:
    """The weights of a model."""
    return [(group.weight, [leaf.weight for leaf in group.leaves]) for group in model.groups]


def score(model: Model, values: Matrix, peers: Peers) -> Scored:
    """The scores of all rows."""
    groups = groups_of(model)
    rated = _rated(model, values, peers)
    points = _stood_in(model, rated)
    covered = weighing.coverage(groups, rated)
    raw, any_ = weighing.raw_scores(groups, points)
    known = any_ & (covered >= millionths(model.minimum_coverage))
    raw = np.where(known, raw, 0)
    bounded, exception = _bounded(model, values, raw, known)
    rounded = np.where(known, weighing.half_up(bounded, ONE), UNKNOWN)
    return Scored(model, points, covered, raw, bounded, rounded, bands_of(model, rounded), exception)


def bands_of(model: Model, scores: Ints) -> Ints:
    """The band of each score as an index of the model's bands; UNKNOWN of UNKNOWN."""
    names = [band.name for band in model.bands]
    table = np.array([*map(names.index, model.plan.bands), UNKNOWN], np.int64)
    return table[scores]  # UNKNOWN, being -1, is the last of them


def _rated(model: Model, values: Matrix, peers: Peers) -> Ints:
    columns = []
    for place, leaf in enumerate(model.leaves):
        quartiles = peers.of(leaf.column.key, len(values)) if leaf.curve.peers else None
        columns.append(rate_all(leaf.curve)(values[:, place], quartiles))
    return np.stack(columns, axis=1)


def _stood_in(model: Model, rated: Ints) -> Ints:
    instead = np.array([NO_POINTS if leaf.stand_in is None else leaf.stand_in for leaf in model.leaves], np.int64)
    return np.where(rated == NO_POINTS, instead, rated)


def _bounded(model: Model, values: Matrix, raw: Ints, known: Flags) -> tuple[Ints, Ints]:
    """The raw scores after the first exception that changes each, and which one that was."""
    bounded, exception = raw.copy(), np.full(len(raw), UNKNOWN, np.int64)
    for i, ceiling in enumerate(model.plan.exceptions):
        after = _after(ceiling.rule, raw)
        holds = _holds(ceiling.rule, values[:, ceiling.position])
        first = known & (exception == UNKNOWN) & holds & (after != raw)
        bounded[first], exception[first] = after[first], i
    return bounded, exception


def _holds(rule: ExceptionRule, values: NDArray[np.float64]) -> Any:
    return _HOLDS[rule.when.op](values, rule.when.value) & ~np.isnan(values)


def _after(rule: ExceptionRule, raw: Ints) -> Ints:
    if rule.at_most is not None:
        return np.minimum(raw, millionths(rule.at_most))
    assert rule.at_least is not None
    return np.maximum(raw, millionths(rule.at_least))
