"""Learning who leaves: a logistic model, regularised, calibrated, and judged on a later time. Pure.

scikit-learn is heavy and is imported when something is learnt.
"""

# ruff: noqa: PLC0415

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.health.backtest import figures
from services.health.backtest.interval import Interval
from services.health.backtest.observe import Observations
from services.health.predict.features import features, scales
from services.health.predict.learnt import chances
from services.health.predict.nouns import Judgement, Learnt
from services.health.vector.score import Matrix
from shared.errors import Refused

FEWEST_LEAVERS = 30
"""Accounts that must have left for a prediction: below that a coefficient is an anecdote."""
FEWEST_JUDGED = 10
"""Of them, in the later time on which it is judged."""

STRENGTHS = (0.003, 0.03, 0.3)
"""Inverse strengths of regularisation that are tried; the one with the least loss on accounts left out is taken."""
_FOLDS = 5
_UNJUDGED = Judgement(0, 0, Interval(0, 0, 0), Interval(0, 0, 0), 0, 0)


@dataclass(frozen=True)
class Lesson:
    """Pairs of account and cut with the values recorded then: row i of `values` belongs to pair i."""

    columns: Sequence[str]
    values: Matrix
    seen: Observations

    def where(self, flags: NDArray[np.bool_]) -> "Lesson":
        """Some of the pairs."""
        return Lesson(self.columns, self.values[flags], self.seen.where(flags))

    @property
    def digest(self) -> str:
        """What stands for all that is taught: 32 hexadecimal digits."""
        parts = [
            "\n".join(self.columns).encode(), self.values.tobytes(), self.seen.accounts.tobytes(),
            self.seen.days.tobytes(), self.seen.left.tobytes(),
        ]  # fmt: skip
        return hashlib.blake2b(b"\x00".join(parts), digest_size=16).hexdigest()


def learn(lesson: Lesson, horizon_days: int) -> Learnt:
    """What the lesson teaches, with how that did when it was taught only the earlier part and asked about the later.
    Raises Refused, saying how many are needed, where too few accounts left."""
    if lesson.seen.leavers < FEWEST_LEAVERS:
        raise _too_few(lesson.seen.leavers, FEWEST_LEAVERS, "accounts left within the horizon of a cut")
    earlier, later = split(lesson, horizon_days)
    return _fitted(lesson, horizon_days, _judged(earlier, later, horizon_days))


def split(lesson: Lesson, horizon_days: int) -> tuple[Lesson, Lesson]:
    """The earlier part, and the later: the cuts from one on, and those whose outcomes were known when that was made, so
    that nothing of the later leaks. That cut is taken that leaves most leavers in both. Raises Refused."""
    found = [_parted(lesson, int(first), horizon_days) for first in np.unique(lesson.seen.days)]
    earlier, later = max(found, key=_enough)
    if _enough((earlier, later)) >= 1:
        return earlier, later
    raise Refused(
        f"no time parts the outcomes so that {FEWEST_LEAVERS // 2} accounts left before it, known {horizon_days} days "
        f"ahead, and {FEWEST_JUDGED} after it: what is learnt could not be judged",
        "reach further back (--since), or ask about a shorter --horizon",
    )


def _parted(lesson: Lesson, first: int, horizon_days: int) -> tuple[Lesson, Lesson]:
    return lesson.where(lesson.seen.days <= first - horizon_days), lesson.where(lesson.seen.days >= first)


def _enough(parts: tuple[Lesson, Lesson]) -> float:
    """How many times over there are leavers enough to learn from the one and to judge by the other."""
    earlier, later = parts
    return min(earlier.seen.leavers / (FEWEST_LEAVERS // 2), later.seen.leavers / FEWEST_JUDGED)


def _judged(earlier: Lesson, later: Lesson, horizon_days: int) -> Judgement:
    taught = _fitted(earlier, horizon_days, _UNJUDGED)
    chance = chances(taught, _columns_of(later, taught.columns))
    left, accounts = later.seen.left, later.seen.accounts
    return Judgement(
        pairs=len(later.seen),
        leavers=later.seen.leavers,
        auc=figures.auc_interval(chance, left, accounts),
        score_auc=figures.auc_interval(later.seen.risk, left, accounts),
        brier=float(((chance - left) ** 2).mean()),
        brier_of_base=float(((earlier.seen.left.mean() - left) ** 2).mean()),
    )


def _fitted(lesson: Lesson, horizon_days: int, judged: Judgement) -> Learnt:
    using = scales(lesson.columns, lesson.values)
    if not using:
        raise Refused("no measure has values enough to learn from", "`steward backfill` writes the closes of the past")
    made = features(using, _columns_of(lesson, [scale.column for scale in using]))
    left, accounts = lesson.seen.left, lesson.seen.accounts
    strength, apart = _best(made, left, accounts)
    fitted, calibrated = _logistic(strength).fit(made, left), _logistic(1e6).fit(apart[:, None], left)
    coefficients = fitted.coef_[0].tolist()
    return Learnt(
        horizon_days=horizon_days,
        scales=using,
        coefficients=coefficients[: len(using)],
        gap_coefficients=coefficients[len(using) :],
        intercept=float(fitted.intercept_[0]),
        slope=float(calibrated.coef_[0, 0]),
        offset=float(calibrated.intercept_[0]),
        strength=strength,
        pairs=len(lesson.seen),
        leavers=lesson.seen.leavers,
        cuts=np.unique(lesson.seen.days).tolist(),
        digest=lesson.digest,
        judged=judged,
    )


def _best(made: Matrix, left: NDArray[np.bool_], accounts: NDArray[np.int64]) -> tuple[float, Matrix]:
    """The strength that does best on accounts left out, and the sums that it gave them, for calibration (Platt)."""
    from sklearn.metrics import log_loss
    from sklearn.model_selection import GroupKFold, cross_val_predict

    folds = list(GroupKFold(_FOLDS).split(made, left, accounts))
    found = []
    for strength in STRENGTHS:
        apart = cross_val_predict(_logistic(strength), made, left, cv=folds, method="decision_function")
        found.append((float(log_loss(left, 1 / (1 + np.exp(-apart)))), strength, apart))
    _, strength, apart = min(found, key=lambda one: one[:2])
    return strength, apart


def _logistic(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, solver="newton-cholesky")


def _columns_of(lesson: Lesson, columns: Sequence[str]) -> Matrix:
    return lesson.values[:, [list(lesson.columns).index(column) for column in columns]]


def _too_few(found: int, needed: int, what: str) -> Refused:
    return Refused(
        f"only {found} {what}; a prediction needs {needed}", "give it more history (--since), or a longer --horizon"
    )
