"""Tiers by rank: the whole base in order of revenue, cut into shares that add up to all of it (SEG-1). Pure."""

from collections.abc import Mapping
from itertools import chain, repeat

from services.health.scoring import share
from services.health.segments import Scheme

_FINE = 1_000_000  # shares of files are percent with up to six decimals


def counts(scheme: Scheme, accounts: int) -> dict[str, int]:
    """How many of so many accounts each segment takes: their sum is `accounts`. Half an account goes to the larger
    remainder, among equals to the higher segment (ERR-12: 12.5 / 30 / 57.5 of 200 are 25 / 60 / 115)."""
    shares = [round((segment.share or 0) * _FINE) for segment in scheme.segments]
    taken = share([part * accounts for part in shares], sum(shares))
    return {segment.name: count for segment, count in zip(scheme.segments, taken, strict=True)}


def ranked(scheme: Scheme, revenue: Mapping[int, int | None]) -> dict[int, str]:
    """Account → its segment, by annual recurring revenue in millionths. The largest comes first, of equals the one
    with the smaller id; unknown revenue comes last."""
    order = sorted(revenue, key=lambda account: (revenue[account] is None, -(revenue[account] or 0), account))
    names = chain.from_iterable(repeat(name, count) for name, count in counts(scheme, len(order)).items())
    return dict(zip(order, names, strict=True))
