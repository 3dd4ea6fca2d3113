"""How well a risk foretells who leaves: AUC, ROC, lift, precision, and calibration of promised shares. Pure.

Ties count half in the AUC (Mann and Whitney), and share their places evenly where the riskiest are taken first.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.health.backtest.interval import Interval
from services.health.vector.weighing import Flags, Ints

Floats = NDArray[np.float64]

SEED = 7
RESAMPLES = 1_000
"""Of the bootstrap: accounts are drawn with replacement, all cuts of one together, as they depend on each other."""

_Z = 1.959963985
"""Standard normal deviate of 97.5 %."""


class Point(NamedTuple):
    """A point of a curve, both from 0 to 1."""

    x: float
    y: float


class Ladder(NamedTuple):
    """The levels of risk, the highest first, with how many left and how many stayed at each."""

    gone: Floats
    stayed: Floats


def ladder(risk: Floats, left: Flags, weights: Floats | None = None) -> Ladder:
    """How many left and stayed at each level of risk; each pair counts as its weight."""
    _, place = np.unique(-risk, return_inverse=True)
    return _ladder(place, left, np.ones(len(risk)) if weights is None else weights)


def _ladder(place: NDArray[np.intp], left: Flags, weights: Floats) -> Ladder:
    levels = int(place.max(initial=-1)) + 1
    gone: Floats = np.bincount(place, left * weights, levels).astype(np.float64)
    return Ladder(gone, np.bincount(place, weights, levels).astype(np.float64) - gone)


def auc(steps: Ladder) -> float:
    """The chance that one who leaves has the higher risk of the two; NaN where nobody left, or nobody stayed."""
    pairs = steps.gone.sum() * steps.stayed.sum()
    below = steps.stayed.sum() - np.cumsum(steps.stayed)
    return float((steps.gone * (below + steps.stayed / 2)).sum() / pairs) if pairs else float("nan")


def auc_interval(risk: Floats, left: Flags, accounts: Ints, seed: int = SEED) -> Interval:
    """The AUC, with an interval by bootstrap over accounts; the same seed gives the same interval."""
    _, place = np.unique(-risk, return_inverse=True)
    names, who = np.unique(accounts, return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        drawn.append(auc(_ladder(place, left, times[who].astype(np.float64))))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Interval(auc(ladder(risk, left)), float(low), float(high))


def roc(steps: Ladder) -> list[Point]:
    """Of those that stayed, how many are alarmed about (x), to find how many of those that leave (y)."""
    return _curve(steps.stayed, steps.gone)


def gains(steps: Ladder) -> list[Point]:
    """Of all, how many are looked at, the riskiest first (x), to find how many of those that leave (y)."""
    return _curve(steps.gone + steps.stayed, steps.gone)


def _curve(across: Floats, up: Floats) -> list[Point]:
    x, y = (np.concatenate([[0.0], np.cumsum(some)]) / max(some.sum(), 1e-12) for some in (across, up))
    return [Point(float(a), float(b)) for a, b in zip(x, y, strict=True)]


class Top(NamedTuple):
    """The riskiest share: how many pairs that is, how many of them leave, and how many times as many as of all."""

    share: float
    looked_at: float
    leave: float
    precision: float
    lift: float


def top(steps: Ladder, share: float = 0.1) -> Top:
    """What the riskiest share holds. The level that its border runs through counts in part."""
    everybody = steps.gone + steps.stayed
    wanted = share * everybody.sum()
    before = np.cumsum(everybody) - everybody
    taken = np.clip((wanted - before) / np.maximum(everybody, 1e-12), 0.0, 1.0)
    leave = float((taken * steps.gone).sum())
    base = steps.gone.sum() / everybody.sum()
    return Top(share, float(wanted), leave, leave / wanted, float(leave / wanted / base) if base else float("nan"))


# --- promised and kept --------------------------------------------------------------------------------


class Promise(NamedTuple):
    """Pairs that were promised the same: the promised share that stays, how many pairs, and the share that did."""

    words: str
    promised: float
    pairs: int
    stayed: Interval | None


RENEWALS = ((80, 100, 0.95), (60, 79, 0.85), (40, 59, 0.60), (20, 39, 0.30), (0, 19, 0.10))
"""Scores from, to, and the renewal probability that they stand for (FC-1)."""


def renewals(scores: Ints, left: Flags) -> list[Promise]:
    """The renewal probabilities of FC-1 beside what came."""
    return [
        _promise(f"{low}–{high}", promised, left[(scores >= low) & (scores <= high)])
        for low, high, promised in RENEWALS
    ]


def reliability(probability: Floats, left: Flags, bins: int = 10) -> list[Promise]:
    """Predicted chances to leave, by tenths of the pairs from the least to the greatest, beside what came."""
    parts: Sequence[NDArray[np.intp]] = np.array_split(np.argsort(probability, kind="stable"), bins)
    return [
        _promise(f"tenth {n}", 1 - float(probability[part].mean()), left[part])
        for n, part in enumerate(parts, 1)
        if len(part)
    ]


def _promise(words: str, promised: float, left: Flags) -> Promise:
    return Promise(words, promised, len(left), wilson(int((~left).sum()), len(left)) if len(left) else None)


def wilson(hits: int, of: int) -> Interval:
    """A share with its interval, by Wilson's score."""
    share, z2 = hits / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = _Z * ((share * (1 - share) + z2 / (4 * of)) / of) ** 0.5 / (1 + z2 / of)
    return Interval(share, max(middle - reach, 0.0), min(middle + reach, 1.0))
