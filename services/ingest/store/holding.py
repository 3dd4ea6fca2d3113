"""How each source is doing: what of it was rejected lately, and whether it is held."""

from collections.abc import Mapping

from services.ingest.holding import SourceState
from shared.clock import from_us, to_us
from shared.database import Writing


async def troubled_sources(tx: Writing) -> dict[str, SourceState]:
    """The sources whose latest records were rejected, or whose records are held."""
    rows = await tx.fetch(
        "SELECT source, rejects_in_a_row, held_since FROM sources WHERE rejects_in_a_row > 0 OR held_since IS NOT NULL"
    )
    return {
        row["source"]: SourceState(row["rejects_in_a_row"], to_us(row["held_since"]) if row["held_since"] else None)
        for row in rows
    }


async def save_states(tx: Writing, states: Mapping[str, SourceState]) -> None:
    """Writes how sources are doing. The last statement of a batch, so that lanes hardly wait for each other."""
    ordered = sorted(states)
    await tx.execute(
        """
        INSERT INTO sources (source, rejects_in_a_row, held_since)
        SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[])
        ON CONFLICT (source) DO UPDATE
           SET rejects_in_a_row = excluded.rejects_in_a_row, held_since = excluded.held_since
        """,
        ordered,
        [states[s].rejects_in_a_row for s in ordered],
        [None if states[s].held_since is None else from_us(states[s].held_since or 0) for s in ordered],
    )
