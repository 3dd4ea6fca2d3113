"""What is in store for an account: its hidden strain, the hazard that follows, and what of it can be seen.

The day axis counts from the first day of the history. Leaving is drawn from the hazard, once a day; behaviour
is drawn from `seen`, which is the strain late, weakened and through noise, and knows nothing of the draw, but for
the weeks of notice after it. Accounts that leave without a sign show the calm of their archetype to the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.sample.archetypes import CHANNELS
from services.sample.cast import Account

Days = NDArray[np.float64]

STEEP = 7.0
"""A strain of 1 multiplies the hazard by e to this power: a thousandfold."""
SILENT_SHARE = 0.15
NEVER = 1_000_000


@dataclass(frozen=True)
class Fate:
    """One account's days. `joined` is negative for those who were customers before the history."""

    account: Account
    joined: int
    decided: int
    """Day on which it decided to leave, or NEVER."""
    left: int
    """Day on which its subscription ends, or NEVER."""
    silent: bool
    shaken: int
    """Day on which the champion leaves, or NEVER."""
    strain: Days
    hazard: Days
    seen: dict[str, Days]
    moves: tuple[tuple[int, float], ...]
    """Days on which the subscription grows or shrinks, and by what factor."""

    def sees(self, channel: str, day: int) -> float:
        """What shows of the strain, 0 to 1. Beyond the planned days the last one stays."""
        days = self.seen[channel]
        return float(days[min(max(day, 0), len(days) - 1)])

    def sees_over(self, channel: str, days: NDArray[Any]) -> Days:
        """The same for many days at once."""
        seen = self.seen[channel]
        shown: Days = seen[np.clip(days, 0, len(seen) - 1)]
        return shown


def draw(accounts: Sequence[Account], days: int, horizon: int, seed: int) -> list[Fate]:
    """A fate for each account over `horizon` days, of which the first `days` are history."""
    fates = [_fate(account, days, horizon, np.random.default_rng((seed, 1, account.number))) for account in accounts]
    return _silence(fates, seed)


def _fate(account: Account, days: int, horizon: int, rng: np.random.Generator) -> Fate:
    joins = account.archetype.joins
    joined = int(rng.uniform(0.3, 0.92) * days) if joins else -int(rng.uniform(45, 1400))
    strain, shaken = _strain(account, days, horizon, rng)
    hazard = account.touch.hazard * np.exp(STEEP * strain)
    hazard[: max(joined + 30, 0)] = 0.0
    decided = _first(rng.random(horizon) < hazard) if not account.archetype.stays else NEVER
    left = decided + int(rng.integers(20, 76)) if decided != NEVER else NEVER
    seen = {channel: _seen(channel, account, strain, decided, rng) for channel in CHANNELS}
    moves = _moves(account, strain, max(joined, 0), days, rng)
    return Fate(account, joined, decided, left, False, shaken, strain, hazard, seen, moves)


def _strain(account: Account, days: int, horizon: int, rng: np.random.Generator) -> tuple[Days, int]:
    kind = account.archetype
    calm = rng.uniform(*kind.calm)
    strain: Days = calm + _noise(horizon, 0.045, rng)
    shaken = NEVER
    if kind.peak is not None:
        rise = int(rng.integers(*kind.slide_days))
        onset = int(rng.uniform(-0.25, 0.8) * days)
        height = rng.uniform(*kind.peak) - calm
        strain += height * _slope(horizon, onset, rise)
        shaken = onset if kind.champion_leaves and onset > 0 else NEVER
        if kind.recovers:
            strain -= height * _slope(horizon, onset + rise + int(rng.integers(10, 40)), 45)
    return np.clip(strain, 0.0, 1.0), shaken


def _slope(horizon: int, start: int, length: int) -> Days:
    """From 0 to 1 over `length` days, smoothly."""
    x = np.clip((np.arange(horizon) - start) / length, 0.0, 1.0)
    smooth: Days = x * x * (3 - 2 * x)
    return smooth


def _noise(horizon: int, size: float, rng: np.random.Generator, memory: int = 25) -> Days:
    """A wandering of about `size` that forgets itself within `memory` days."""
    kernel = np.exp(-np.arange(3 * memory) / memory)
    kernel /= np.sqrt((kernel**2).sum())
    white = rng.standard_normal(horizon + 3 * memory)
    wander: Days = size * np.convolve(white, kernel, mode="valid")[:horizon]
    return wander


def _seen(channel: str, account: Account, strain: Days, decided: int, rng: np.random.Generator) -> Days:
    lag, gain = int(rng.integers(2, 20)), float(np.clip(rng.normal(1.05, 0.22), 0.3, 1.4))
    noise = rng.normal(0, 0.05) + _noise(len(strain), 0.06, rng)
    hidden = account.archetype.hidden
    if hidden:
        return strain * (channel not in hidden)
    late = np.concatenate([np.full(lag, strain[0]), strain])[: len(strain)]
    seen: Days = np.clip(gain * late + noise, 0.0, 1.0)
    if decided != NEVER and channel in {"usage", "relations"}:
        seen[decided:] = np.maximum(seen[decided:], 0.75)
    return seen


def _moves(
    account: Account, strain: Days, start: int, days: int, rng: np.random.Generator
) -> tuple[tuple[int, float], ...]:
    """Expansions come with growth and calm, contractions with strain; never two within sixty days. Where all strain
    but that of usage is hidden, the account has even bought more lately."""
    if account.archetype.hidden:
        return ((days - 40, 1.15),)
    luck = rng.random(len(strain))
    size = rng.uniform(0.08, 0.35, len(strain))
    grows = luck < account.archetype.growth / 30 * (1 - strain)
    shrinks = luck > 1 - 0.006 * np.clip(strain - 0.35, 0, 1)
    moves: list[tuple[int, float]] = []
    for day in np.flatnonzero(grows | shrinks).tolist():
        if day >= start + 30 and (not moves or day >= moves[-1][0] + 60):
            moves.append((day, float(1 + size[day] if grows[day] else 1 - size[day])))
    return tuple(moves)


def _first(days: NDArray[Any]) -> int:
    found = np.flatnonzero(days)
    return int(found[0]) if len(found) else NEVER


def _silence(fates: list[Fate], seed: int) -> list[Fate]:
    """Of those that leave, in the order in which they do, every seventh or so leaves without a sign: 15 %."""
    leaving = sorted((f for f in fates if f.left != NEVER), key=lambda f: (f.left, f.account.number))
    silent = {
        f.account.number for n, f in enumerate(leaving) if round((n + 1) * SILENT_SHARE) > round(n * SILENT_SHARE)
    }
    return [_silent(f, seed) if f.account.number in silent else f for f in fates]


def _silent(fate: Fate, seed: int) -> Fate:
    rng = np.random.default_rng((seed, 3, fate.account.number))
    calm = np.full_like(fate.strain, min(fate.account.archetype.calm[0], 0.2))
    seen = {channel: _seen(channel, fate.account, calm, NEVER, rng) for channel in CHANNELS}
    shrinking = tuple(move for move in fate.moves if move[1] > 1)
    return replace(fate, silent=True, seen=seen, shaken=NEVER, moves=shrinking)
