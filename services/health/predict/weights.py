"""Coefficients beside weights: what these would be if the model listened to who left. Shown, never applied. Pure."""

from typing import NamedTuple

from services.health.curves import Curve
from services.health.model import Leaf, Model
from services.health.predict.nouns import Learnt


class Suggested(NamedTuple):
    """A leaf's share of the score's weight now, and as suggested, in percent; `contradicts`: those that left had more
    points here than those that stayed, all else being equal. None where nothing was learnt of it."""

    measure: str
    label: str
    present: float
    suggested: float | None
    contradicts: bool


def suggested(model: Model, learnt: Learnt) -> list[Suggested]:
    """Every leaf of the model, in its order. The suggested shares of those that something was learnt of add up to what
    they have now; those that contradict get none of it."""
    shares = _shares(model)
    known = _by_measure(learnt)
    pull = {leaf.measure: _pull(leaf, known) for leaf in model.leaves}
    told = {measure: max(some, 0.0) for measure, some in pull.items() if some is not None}
    all_pull, all_share = sum(told.values()), sum(shares[measure] for measure in told)
    return [
        Suggested(
            leaf.measure,
            leaf.words,
            round(shares[leaf.measure], 2),
            round(all_share * told[leaf.measure] / all_pull, 2) if leaf.measure in told and all_pull else None,
            (pull[leaf.measure] or 0.0) < 0,
        )
        for leaf in model.leaves
    ]


def _by_measure(learnt: Learnt) -> dict[str, float]:
    """The coefficients of a measure's columns together: where it was recorded with several params, as models ask for
    it, what it says of leaving is shared out among them."""
    found: dict[str, float] = {}
    for column, coefficient in zip(learnt.columns, learnt.coefficients, strict=True):
        measure = column.partition(" ")[0]
        found[measure] = found.get(measure, 0.0) + coefficient
    return found


def _shares(model: Model) -> dict[str, float]:
    """Each leaf's percent of the score while everything is known."""
    whole = sum(group.weight for group in model.groups)
    return {
        leaf.measure: 100 * group.weight / whole * leaf.weight / sum(other.weight for other in group.leaves)
        for group in model.groups
        for leaf in group.leaves
    }


def _pull(leaf: Leaf, known: dict[str, float]) -> float | None:
    """How much a standard deviation towards more points lowers the odds of leaving; None where nothing was learnt."""
    coefficient = known.get(leaf.measure)
    return None if coefficient is None else -coefficient * _way(leaf.curve)


def _way(curve: Curve) -> int:
    """1 where more is better, -1 where less is."""
    if curve.peers is not None:
        first, last = curve.peers.bottom, curve.peers.top
    else:
        points = [step.points for step in curve.steps or ()] or [bend.points for bend in curve.linear or ()]
        first, last = points[0], points[-1]
    return 1 if last >= first else -1
