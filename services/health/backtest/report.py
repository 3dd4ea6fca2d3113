"""A back-test's findings: of all, of each segment, and what has to be known to read them. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from services.health.backtest import figures
from services.health.backtest.figures import Point, Promise, Top
from services.health.backtest.interval import Interval
from services.health.backtest.lead import Lead
from services.health.backtest.observe import Observations
from shared.clock import DAY_US, from_us
from shared.errors import Refused

FEWEST_LEAVERS = 10
"""Accounts that must have left for a back-test: with fewer any figure is luck."""

FEWEST_IN_SEGMENT = 5
"""Of a segment, for figures of its own."""


@dataclass(frozen=True)
class Judged:
    """How well a risk foretold, of some pairs of account and cut. `spread`: how many left and stayed by tenths of the
    score, from 0 up. Without figures where too few left."""

    pairs: int
    accounts: int
    leavers: int
    base: float
    auc: Interval | None = None
    top: Top | None = None
    renewals: Sequence[Promise] = ()
    roc: Sequence[Point] = ()
    gains: Sequence[Point] = ()
    spread: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Report:
    """All findings. `cuts` are the days at whose close scores were looked at; `notes` what is to be known of them."""

    model: str
    horizon_days: int
    cuts: Sequence[dt.date]
    whole: Judged
    segments: dict[str, Judged]
    lead: Lead
    at_risk_below: int
    notes: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """The findings as JSON can hold them."""
        told = {name: _plain(getattr(self, name)) for name in (one.name for one in fields(self))}
        return told | {"seed": figures.SEED, "resamples": figures.RESAMPLES}


def _plain(value: Any) -> Any:
    """Values by their names, as far down as they have any."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def judge(seen: Observations, fewest: int) -> Judged:
    """The figures; bare counts where fewer accounts left, or stayed, than that."""
    accounts, leavers = len(np.unique(seen.accounts)), seen.leavers
    base = float(seen.left.mean()) if len(seen) else 0.0
    if leavers < fewest or seen.left.all():
        return Judged(len(seen), accounts, leavers, base)
    steps = figures.ladder(seen.risk, seen.left)
    return Judged(
        pairs=len(seen),
        accounts=accounts,
        leavers=leavers,
        base=base,
        auc=figures.auc_interval(seen.risk, seen.left, seen.accounts),
        top=figures.top(steps),
        renewals=figures.renewals(seen.scores[seen.renewing], seen.left[seen.renewing]),
        roc=figures.roc(steps),
        gains=figures.gains(steps),
        spread=_spread(seen),
    )


def enough(seen: Observations, horizon_days: int) -> None:
    """Raises Refused, saying how many there are and how many are needed, where too few accounts left."""
    if seen.leavers < FEWEST_LEAVERS:
        raise Refused(
            f"only {seen.leavers} accounts with a score left within {horizon_days} days of a cut; a back-test needs "
            f"{FEWEST_LEAVERS}, as with fewer any figure is luck",
            "reach further back (--since), ask about a longer --horizon, or give more outcomes (--outcomes FILE)",
        )


def reported(  # noqa: PLR0917
    model: str, horizon_days: int, days: Sequence[int], seen: Observations, lead: Lead, at_risk_below: int
) -> Report:
    """The report of what was seen. Raises Refused where too few left."""
    enough(seen, horizon_days)
    segments = {
        str(name): judge(seen.where(seen.segments == name), FEWEST_IN_SEGMENT) for name in np.unique(seen.segments)
    }
    dates = [from_us(day * DAY_US).date() for day in days]
    return Report(model, horizon_days, dates, judge(seen, FEWEST_LEAVERS), segments, lead, at_risk_below)


def _spread(seen: Observations) -> list[tuple[int, int]]:
    tenth = np.minimum(seen.scores // 10, 9)
    left, stayed = (np.bincount(tenth[which], minlength=10) for which in (seen.left, ~seen.left))
    return list(zip(left.tolist(), stayed.tolist(), strict=True))
