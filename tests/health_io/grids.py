"""A day grid written straight into the database: accounts of whom some leave, with the values of a few measures."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.health.assess import Assessment, Contribution, encode
from services.health.present import HistoryRow, Present
from services.health.store import record, scores
from services.health.store.config import add_columns
from shared.clock import DAY_US, day_of, from_us, to_us
from shared.database import Database, Writing
from tests.health_io.world import MODEL, RULES

END = dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
MEASURES = ("days_since_last_login", "nps_score", "dau_mau_ratio", "payment_history", "growth_trajectory")
COLUMNS = [one.column for measure in MEASURES for one in MODEL.read if one.measure == measure]
SEGMENTS = ("high_touch", "tech_touch")


@dataclass(frozen=True)
class Grid:
    """Accounts from 1 up over some days before END; the first `leavers` leave, one after another. Those are quieter the
    nearer they are to leaving, and pay late; all else is luck. `noise` is how much of it."""

    accounts: int = 60
    days: int = 110
    leavers: int = 24
    noise: float = 1.0
    seed: int = 1

    @property
    def first_day(self) -> int:
        """The first day with closes."""
        return day_of(to_us(END)) - self.days

    def left(self, account: int) -> dt.datetime | None:
        """When an account left, if it did."""
        if account > self.leavers:
            return None
        day = 30 + (account * 37) % (self.days - 35)
        return from_us((self.first_day + day) * DAY_US + DAY_US // 2)

    @property
    def churn_csv(self) -> str:
        """The outcomes as a file, by name."""
        ends = [f"Account {n},{self.left(n).isoformat()}" for n in range(1, self.leavers + 1)]  # type: ignore[union-attr]
        return "\n".join(["account,churned_at", *ends, "Somebody else,2026-05-01"]) + "\n"


async def write(database: Database, told: Grid, *, recorded_at: dt.datetime | None = None) -> None:
    """The accounts with their present scores, their revenue and all closes; recorded daily unless told otherwise."""
    async with database.writing() as tx:
        columns = await add_columns(tx, RULES.wanted())
        places = [columns.index(column) for column in COLUMNS]
        await _accounts(tx, told)
        values = _values(told)
        closes = [
            _close(told, day, n, _spread(values[day, n - 1].tolist(), places, len(columns)), recorded_at)
            for day in range(told.days)
            for n in _numbers(told)
        ]
        await record.add_history(tx, closes)


def _numbers(told: Grid) -> range:
    return range(1, told.accounts + 1)


def _values(told: Grid) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Day × account × column."""
    rng = np.random.default_rng(told.seed)
    values = np.full((told.days, told.accounts, len(COLUMNS)), np.nan)
    for n in _numbers(told):
        end = told.left(n)
        ahead = np.full(told.days, 400.0)
        if end is not None:
            ahead = (day_of(to_us(end)) - told.first_day) - np.arange(told.days)
        near = np.clip(1 - ahead / 90, 0, 1)
        values[:, n - 1, 0] = np.round(np.clip(2 + 14 * near + rng.normal(0, 3 * told.noise, told.days), 0, None))
        values[:, n - 1, 1] = rng.integers(0, 11) if rng.random() < 0.7 else np.nan
        values[:, n - 1, 2] = np.clip(0.4 - 0.35 * near + rng.normal(0, 0.1 * told.noise, told.days), 0, 1)
        values[:, n - 1, 4] = rng.normal(0, 0.1)
        values[:, n - 1, 3] = np.round(np.clip(2 * near + rng.normal(0, 0.5 * told.noise, told.days), 0, None))
    return values


def _spread(values: Sequence[float], places: Sequence[int], width: int) -> list[float | None]:
    """The values at their places among all columns."""
    spread: list[float | None] = [None] * width
    for place, value in zip(places, values, strict=True):
        spread[place] = None if np.isnan(value) else value
    return spread


def _close(told: Grid, day: int, n: int, values: list[float | None], recorded_at: dt.datetime | None) -> HistoryRow:
    at = from_us((told.first_day + day + 1) * DAY_US - 1)
    segment = SEGMENTS[n % 2]
    return HistoryRow(
        n, "close", at, recorded_at or at + dt.timedelta(minutes=1), MODEL.key, segment, 50, 50_000_000, 1_000_000,
        "at_risk", values, False,
    )  # fmt: skip


async def _accounts(tx: Writing, told: Grid) -> None:
    names = [(n, f"Account {n}", f"csm{n % 3}@example.com", END) for n in _numbers(told)]
    await tx.copy("accounts", ("id", "name", "crm_owner", "created_at"), names)
    facts = b"\x90"
    await scores.add(tx, [_present(n) for n in _numbers(told)], [facts] * told.accounts)
    began = from_us((told.first_day - 100) * DAY_US)
    moved = [(n, began, "s", "USD", "new", 100, b"e") for n in _numbers(told)]
    ended = [(n, told.left(n), "s", "USD", "churn", -100, b"e") for n in range(1, told.leavers + 1)]
    columns = ("account_id", "at", "subscription_id", "currency", "kind", "amount", "event_id")
    await tx.copy("mrr_movements", columns, [*moved, *ended])


def _present(n: int) -> Present:
    parts = [Contribution(watched.measure, None, None, 0) for watched in MODEL.read]
    assessment = Assessment(MODEL.key, SEGMENTS[n % 2], 50, 50_000_000, 1_000_000, "at_risk", parts, None, 0, 0)
    return Present(
        n, MODEL.key, SEGMENTS[n % 2], 50, 50_000_000, 1_000_000, "at_risk", encode(assessment), 1, END, END,
        END + dt.timedelta(days=1), day_of(to_us(END)) - 1, None, None, None, None, None, None,
        None, None, None, None, None, None, 0, 0, None, False,
    )  # fmt: skip
