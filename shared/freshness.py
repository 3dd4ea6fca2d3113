"""How long a source is usually silent, and when its silence means something. Pure.

Sources rest at night, and many over the weekend. So what counts is not the mean gap between two events but the longest
of each day: a silence is usual if as long a one ended on a tenth of the last days on which there was news.
"""

import datetime as dt
from collections.abc import Sequence

DAYS = 28
"""How many days' longest gaps are kept."""
LEAST_DAYS = 3
"""Days with news before anything is called usual."""
_SHARE = 0.9

UNKNOWN_GAP = dt.timedelta(days=1)
"""What is taken as usual before enough is known."""


def usual_gap(longest: Sequence[int]) -> int | None:
    """The silence, seconds, that nine in ten of the days' longest gaps do not exceed; None of too few days."""
    if len(longest) < LEAST_DAYS:
        return None
    ordered = sorted(longest)
    return ordered[min(int(_SHARE * len(ordered)), len(ordered) - 1)]


def with_gap(longest: Sequence[int], on: dt.date | None, ended_on: dt.date, gap: int) -> list[int]:
    """The longest gaps by day, the last of them on `on`, after one more of `gap` seconds has ended. Of days that are
    over already nothing more is learnt."""
    if on is None or ended_on > on:
        return [*longest, gap][-DAYS:]
    return [*longest[:-1], max(longest[-1], gap)] if ended_on == on else list(longest)


def is_quiet(
    now: dt.datetime,
    last: dt.datetime | None,
    usual: dt.timedelta | None,
    *,
    factor: float = 2.0,
    least: dt.timedelta = dt.timedelta(hours=1),
) -> bool:
    """Whether a source that was last heard at `last` has been silent for longer than `factor` times what is usual, and
    for at least `least`. What it told is stale then: no news is not zero. A source never heard is not quiet."""
    return last is not None and now - last > quiet_after(usual, factor=factor, least=least)


def quiet_after(
    usual: dt.timedelta | None, *, factor: float = 2.0, least: dt.timedelta = dt.timedelta(hours=1)
) -> dt.timedelta:
    """The silence after which a source is quiet."""
    return max((usual or UNKNOWN_GAP) * factor, least)
