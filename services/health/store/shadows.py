"""`shadow_scores`: what the models in the shadow say now."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from services.health.shadows import Shadow
from shared.database import Reading, Writing


class Compared(NamedTuple):
    """How many accounts of a segment are in one band by the model in force, and in another by its shadow."""

    segment: str
    model: str
    shadow: str
    band: str
    shadow_band: str
    accounts: int


async def put(tx: Writing, rows: Sequence[Shadow], now: dt.datetime) -> None:
    """Writes what shadows say now; the accounts' scores are locked."""
    if rows:
        await tx.execute(
            """
            INSERT INTO shadow_scores AS s (account_id, model, score, raw, coverage, band, assessed_at)
            SELECT new.*, $7
              FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::int[], $6::text[]) AS new
            ON CONFLICT (account_id) DO UPDATE SET model = excluded.model, score = excluded.score, raw = excluded.raw,
                   coverage = excluded.coverage, band = excluded.band, assessed_at = excluded.assessed_at
             WHERE (s.model, s.raw, s.score, s.band) IS DISTINCT FROM
                   (excluded.model, excluded.raw, excluded.score, excluded.band)
            """,
            *map(list, zip(*rows, strict=True)),
            now,
        )


async def compared(reading: Reading) -> list[Compared]:
    """The accounts by both bands, for every segment that has a shadow; those whose band a
    person has set are left out."""
    rows = await reading.fetch(
        """
        SELECT s.segment, s.model, w.model AS shadow, s.band, w.band AS shadow_band, count(*)::int AS accounts
          FROM shadow_scores w JOIN scores s USING (account_id) WHERE s.override = ''
         GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        """
    )
    return [Compared(*row) for row in rows]


async def forget(tx: Writing, models: Sequence[str]) -> None:
    """Forgets what shadows said that are none any more; `models` still are."""
    await tx.execute("DELETE FROM shadow_scores WHERE model <> ALL($1::text[])", list(models))
