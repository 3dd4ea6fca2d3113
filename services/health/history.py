"""The past of a score, for whoever reads: what was in effect when, as known when."""

import datetime as dt

from services.health.present import HistoryRow
from services.health.store import record
from shared.database import Reading


async def as_of(
    reading: Reading, account: int, at: dt.datetime, known_at: dt.datetime | None = None
) -> HistoryRow | None:
    """What was in effect at `at`, as known now; with `known_at`, as known then. None before the first score."""
    return await record.as_of(reading, account, at, known_at)


async def history(reading: Reading, account: int, since: dt.datetime, until: dt.datetime) -> list[HistoryRow]:
    """What was in effect from each stored instant on, from `since` to before `until`: ascending, as known now.
    Its rows are the moves of the score and the close of every UTC day, with the values of all measures."""
    return await record.history(reading, account, since, until)
