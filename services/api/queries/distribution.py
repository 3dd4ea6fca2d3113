"""Questions about all accounts over time: how many were in which band."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from services.api.queries.visible import standing_accounts, visible_accounts
from services.api.roles import Caller
from services.api.schemas.whole import BandDay, BandSeries
from services.health.past import day_end
from shared.clock import day_of as day_number
from shared.clock import from_us, to_us
from shared.database import Reading, Row
from shared.errors import Invalid

By = Literal["segment", "owner", "all"]
MOST_DAYS = 60
"""Days of one answer."""

_KEYS: dict[By, str] = {"segment": "segment", "owner": "owner", "all": "'all'"}


class Days(NamedTuple):
    """The days that are asked for: from `first` to `last`, every so many, the last one among them."""

    first: dt.date
    last: dt.date
    every: int

    def ends(self) -> list[dt.datetime]:
        """The last instant of each, ascending. Raises Invalid for none, and for too many."""
        first, last = (day_number(to_us(dt.datetime.combine(day, dt.time(), dt.UTC))) for day in self[:2])
        days = range(last, first - 1, -self.every)
        if not days:
            raise Invalid(
                "There is no day in between.", "`since` lies before `until`, which is yesterday at the latest."
            )
        if len(days) > MOST_DAYS:
            raise Invalid(
                f"That are {len(days)} days.", f"Ask for {MOST_DAYS} at most: a shorter time, or `every` more."
            )
        return [from_us(day_end(day)) for day in reversed(days)]


def days(today: dt.date, since: dt.date | None, until: dt.date | None, every: int) -> Days:
    """The days that are asked for; by default the 90 up to yesterday."""
    yesterday = today - dt.timedelta(1)
    last = min(until or yesterday, yesterday)
    return Days(since or last - dt.timedelta(90), last, every)


async def distribution(tx: Reading, caller: Caller, by: By, days: Days) -> list[BandSeries]:
    """Bands by the segment that an account was in then, by its present owner, or of all, at the closes of the days, as
    known now. Accounts that a source has deleted count until then, those that were merged do not."""
    rows = await tx.fetch(
        f"""
        WITH ours AS MATERIALIZED (
            SELECT a.id, a.deleted_at, lower(o.owner) AS owner
              FROM accounts a JOIN account_owners o ON o.account_id = a.id
             WHERE {visible_accounts()} AND {standing_accounts()}),
        known AS (
            SELECT DISTINCT ON (h.account_id, h.effective_at) h.account_id, h.effective_at, h.segment, h.band, h.score,
                   ours.owner, ours.deleted_at
              FROM ours JOIN score_history h ON h.account_id = ours.id
             WHERE h.kind = 'close' AND h.effective_at = ANY($2::timestamptz[])
             ORDER BY h.account_id, h.effective_at, h.recorded_at DESC, h.id DESC)
        SELECT {_KEYS[by]} AS key, effective_at AS at, band, count(*) AS accounts,
               coalesce(sum(score), 0)::bigint AS points, count(score) AS scored
          FROM known WHERE deleted_at IS NULL OR deleted_at > effective_at
         GROUP BY 1, 2, 3 ORDER BY 1 NULLS LAST, 2, 3
        """,
        caller.book,
        days.ends(),
    )
    series: dict[str | None, dict[dt.datetime, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        series[row["key"]][row["at"]].append(row)
    return [BandSeries(key=key, days=[_day(at, some) for at, some in by_day.items()]) for key, by_day in series.items()]


def _day(at: dt.datetime, rows: Sequence[Row]) -> BandDay:
    scored = sum(row["scored"] for row in rows)
    return BandDay(
        day=at.date(),
        accounts=sum(row["accounts"] for row in rows),
        score=round(sum(row["points"] for row in rows) / scored, 1) if scored else None,
        bands={row["band"]: row["accounts"] for row in rows},
    )
