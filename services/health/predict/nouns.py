"""What was learnt of who leaves, as it is kept. Values alone, so that whoever reads them needs no numpy."""

import msgspec

from services.health.backtest.interval import Interval


class Scale(msgspec.Struct, frozen=True):
    """How a column is read. `usual` is its median, which stands in where there is no value; values are held between
    `low` and `high`, a hundredth of all at either end. `gaps`: whether having no value is a feature of its own."""

    column: str
    usual: float
    low: float
    high: float
    mean: float
    deviation: float
    gaps: bool


class Judgement(msgspec.Struct, frozen=True):
    """How it did on cuts that came after all that it was taught: AUC, beside that of the score on the same pairs; mean
    squared error of the probability (Brier), beside that of always saying the share that left before."""

    pairs: int
    leavers: int
    auc: Interval
    score_auc: Interval
    brier: float
    brier_of_base: float


class Learnt(msgspec.Struct, frozen=True):
    """A model of who leaves within a horizon. Coefficients belong to the scales in order, `gap_coefficients` to those
    with gaps; the chance is the logistic function of `slope` × the sum + `offset`."""

    horizon_days: int
    scales: list[Scale]
    coefficients: list[float]
    gap_coefficients: list[float]
    intercept: float
    slope: float
    offset: float
    strength: float
    pairs: int
    leavers: int
    cuts: list[int]
    digest: str
    judged: Judgement

    @property
    def columns(self) -> list[str]:
        """The columns that it reads, in order."""
        return [scale.column for scale in self.scales]


class Reason(msgspec.Struct, frozen=True):
    """Why a chance is above the usual: a column with the account's value, None for no value, the usual one, and by what
    the logarithm of the odds rises."""

    column: str
    value: float | None
    usual: float
    weight: float
