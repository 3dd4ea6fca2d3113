"""The day grid: peers' references and the days that are closed for all accounts. What is written stays."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from services.health.assess import Quartiles
from shared.database import Reading, Writing

References = Mapping[str, Mapping[str, Quartiles]]
"""Segment → column → how it is distributed there."""


async def newest_day(reading: Reading, before: int) -> int | None:
    """The newest grid day before `before`."""
    day: int | None = await reading.value("SELECT max(day) FROM grid_days WHERE day < $1", before)
    return day


async def has_day(reading: Reading, day: int) -> bool:
    """Whether `day` is closed for all accounts."""
    return bool(await reading.value("SELECT EXISTS (SELECT FROM grid_days WHERE day = $1)", day))


async def references(reading: Reading, day: int) -> References:
    """The reference taken at the close of `day`."""
    found: dict[str, dict[str, Quartiles]] = defaultdict(dict)
    for row in await reading.fetch(
        "SELECT segment, measure, lower_quartile, median, upper_quartile, accounts FROM peer_references WHERE day = $1",
        day,
    ):
        found[row[0]][row[1]] = Quartiles(row[2], row[3], row[4], row[5])
    return found


async def add_day(tx: Writing, day: int, taken: References, at: dt.datetime) -> bool:
    """Notes that `day` is closed for all, with its references. False, and nothing written, if it was already."""
    if not await tx.execute("INSERT INTO grid_days (day, closed_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", day, at):
        return False
    rows = [
        (day, segment, measure, q.accounts, q.lower, q.median, q.upper)
        for segment, by_measure in taken.items()
        for measure, q in by_measure.items()
    ]
    columns = ("day", "segment", "measure", "accounts", "lower_quartile", "median", "upper_quartile")
    await tx.copy("peer_references", columns, rows)
    return True


async def complete(tx: Writing, day: int, taken: References) -> None:
    """Adds what the reference of a closed day lacks."""
    rows = [
        (segment, column, q.accounts, q.lower, q.median, q.upper)
        for segment, by_column in taken.items()
        for column, q in by_column.items()
    ]
    await tx.execute(
        """
        INSERT INTO peer_references (day, segment, measure, accounts, lower_quartile, median, upper_quartile)
        SELECT d.day, new.*
          FROM unnest($2::text[], $3::text[], $4::int[], $5::float8[], $6::float8[], $7::float8[]) AS new
          JOIN grid_days d ON d.day = $1
        ON CONFLICT DO NOTHING
        """,
        day, *([row[i] for row in rows] for i in range(6)),
    )  # fmt: skip


async def values_at(
    reading: Reading, day_end: dt.datetime, places: Collection[int], without: Sequence[int] = ()
) -> list[tuple[str, list[float | None]]]:
    """(segment, values of the columns at these places) of every account's close of one day, as known now."""
    picked = ", ".join(f"measures[{place + 1}]" for place in places)
    rows = await reading.fetch(
        f"""
        SELECT h.segment, h.picked
          FROM scores s CROSS JOIN LATERAL (
               SELECT segment, ARRAY[{picked}]::float8[] AS picked FROM score_history
                WHERE account_id = s.account_id AND effective_at = $1 AND kind = 'close'
                ORDER BY recorded_at DESC, id DESC LIMIT 1) h
         WHERE s.account_id <> ALL($2::bigint[])
        """,
        day_end,
        list(without),
    )
    return [(row[0], row[1]) for row in rows]


async def serving(reading: Reading, day: int) -> References:
    """The reference that serves `day`: the newest that was taken before it."""
    newest = await newest_day(reading, day)
    return {} if newest is None else await references(reading, newest)
