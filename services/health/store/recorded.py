"""What was recorded, in bulk: closes of many accounts as bytes that numpy reads, and what stands for all of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.health.assess import Quartiles
from services.health.store.grid import References
from shared.database import Reading, Row

HEAD, EACH = 20, 12
"""Bytes before the values of an array as PostgreSQL sends it, and of each: four for its length, eight for itself."""

LATE = dt.timedelta(days=2)
"""A close that was recorded longer after its day tells of imported history."""


class Standing(NamedTuple):
    """What stands for an account: a row of `scores`, without the facts."""

    account: int
    model: str
    segment: str
    score: int | None
    band: str
    assessment: bytes
    override: bytes


async def standing(reading: Reading, after: int, most: int, only: Sequence[int] | None) -> list[Standing]:
    """Up to `most` accounts with a score and ids above `after` (those of `only`, unless None), by id."""
    rows = await reading.fetch(
        """
        SELECT account_id, model, segment, score, band, assessment, override FROM scores
         WHERE account_id > $1 AND ($3::bigint[] IS NULL OR account_id = ANY($3)) ORDER BY account_id LIMIT $2
        """,
        after,
        most,
        only,
    )
    return [Standing(*row) for row in rows]


async def with_score(reading: Reading, only: Sequence[int] | None = None) -> list[int]:
    """The accounts that have a score, by id; those of `only`, unless None."""
    rows = await reading.fetch(
        "SELECT account_id FROM scores WHERE $1::bigint[] IS NULL OR account_id = ANY($1) ORDER BY account_id", only
    )
    return [row["account_id"] for row in rows]


async def first_close(reading: Reading) -> dt.datetime | None:
    """The earliest close there is."""
    found: dt.datetime | None = await reading.value(
        """
        SELECT min(first.at) FROM scores s CROSS JOIN LATERAL (
            SELECT effective_at AS at FROM score_history WHERE account_id = s.account_id AND kind = 'close'
             ORDER BY effective_at LIMIT 1) AS first
        """
    )
    return found


async def closes(
    reading: Reading,
    accounts: Collection[int],
    days: tuple[dt.datetime, dt.datetime],
    places: Sequence[int],
    *,
    as_first_known: bool,
) -> list[Row]:
    """(account, day since 1970, segment, how many columns were recorded, recorded late, values) of the accounts' closes
    from the first instant to before the second: by account and day, as known now, or as each was first known.
    `values` are those at the places, as an array sent by PostgreSQL, NaN where there is none."""
    picked = ", ".join(f"coalesce(h.measures[{place + 1}], 'NaN')" for place in places)
    newest = "" if as_first_known else "DESC"
    return await reading.fetch(
        f"""
        SELECT a.account_id, h.day, h.segment, h.width, h.late, h.picked
          FROM unnest($1::bigint[]) AS a(account_id) CROSS JOIN LATERAL (
               SELECT DISTINCT ON (h.effective_at) floor(extract(epoch FROM h.effective_at) / 86400)::int AS day,
                      h.segment, cardinality(h.measures) AS width, h.recorded_at - h.effective_at > $4 AS late,
                      array_send(ARRAY[{picked}]::float8[]) AS picked
                 FROM score_history h
                WHERE h.account_id = a.account_id AND h.kind = 'close'
                  AND h.effective_at >= $2 AND h.effective_at < $3
                ORDER BY h.effective_at, h.recorded_at {newest}, h.id {newest}) AS h
        """,
        list(accounts),
        *days,
        LATE,
    )


async def references(reading: Reading, first_day: int, last_day: int) -> dict[int, References]:
    """Day → the reference taken at its close, of the days from the first to the last."""
    found: dict[int, dict[str, dict[str, Quartiles]]] = defaultdict(lambda: defaultdict(dict))
    for row in await reading.fetch(
        """
        SELECT day, segment, measure, lower_quartile, median, upper_quartile, accounts FROM peer_references
         WHERE day BETWEEN $1 AND $2
        """,
        first_day,
        last_day,
    ):
        found[row[0]][row[1]][row[2]] = Quartiles(*row[3:])
    return dict(found)
