"""How each source is doing: when it was last heard, how long it is usually silent, whether it is held."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from shared.database import Reading, Row, Writing


class Source(NamedTuple):
    """A source as it is to be written: `accepted` and `skewed` are added to what is there, the rest takes its place;
    times that are not known leave it."""

    source: str
    accepted: int
    skewed: int
    last_event_at: dt.datetime | None
    last_received_at: dt.datetime | None
    longest_gaps: list[int]
    gaps_on: dt.date | None
    usual_gap_s: int | None


async def lock(tx: Writing, names: Sequence[str]) -> dict[str, Row]:
    """What is known of sources, locked until the commit."""
    rows = await tx.fetch(
        """
        SELECT source, last_event_at, last_received_at, longest_gaps, gaps_on FROM sources
         WHERE source = ANY($1::text[]) ORDER BY source FOR UPDATE
        """,
        sorted(names),
    )
    return {row["source"]: row for row in rows}


async def save(tx: Writing, sources: Sequence[Source]) -> None:
    """Writes how sources are doing; those that were there are locked."""
    for one in sorted(sources):  # a statement each: arrays of arrays of different lengths are none
        await tx.execute(
            """
            INSERT INTO sources AS s (source, accepted, skewed, last_event_at, last_received_at, longest_gaps, gaps_on,
                                      usual_gap_s)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (source) DO UPDATE
               SET accepted = s.accepted + excluded.accepted, skewed = s.skewed + excluded.skewed,
                   last_event_at = greatest(s.last_event_at, excluded.last_event_at),
                   last_received_at = greatest(s.last_received_at, excluded.last_received_at),
                   longest_gaps = excluded.longest_gaps, gaps_on = excluded.gaps_on,
                   usual_gap_s = excluded.usual_gap_s
            """,
            *one,
        )


async def add_types(tx: Writing, told: Collection[tuple[str, str]]) -> None:
    """Notes that sources tell of types of events: (source, type)."""
    if told:
        await tx.execute(
            """
            INSERT INTO source_types (source, type) SELECT * FROM unnest($1::text[], $2::text[])
            ON CONFLICT DO NOTHING
            """,
            [source for source, _ in sorted(told)], [type_ for _, type_ in sorted(told)],
        )  # fmt: skip


async def every(tx: Reading) -> list[Row]:
    """Every source that was ever heard or is held."""
    return await tx.fetch(
        "SELECT source, last_event_at, last_received_at, usual_gap_s, held_since FROM sources ORDER BY source"
    )
