"""`transitions` and `moments`: what moved beside the score."""

from collections.abc import Sequence

from services.health.moments import Mark
from services.health.transitions import TransitionRow
from shared.clock import from_us
from shared.database import Writing


async def add(tx: Writing, rows: Sequence[TransitionRow]) -> None:
    """New transitions."""
    if rows:
        await tx.copy("transitions", TransitionRow._fields, rows)


async def mark(tx: Writing, marks: Sequence[tuple[int, Mark]]) -> None:
    """Marks moments of accounts; of two instants of one the earlier stays."""
    rows = [(account, one.moment, one.thing, from_us(one.at), one.event or None) for account, one in marks]
    if rows:
        await tx.execute(
            """
            INSERT INTO moments (account_id, moment, thing, at, event_id)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::bytea[])
            ON CONFLICT (account_id, moment, thing) DO UPDATE SET at = excluded.at, event_id = excluded.event_id
             WHERE moments.at > excluded.at
            """,
            *map(list, zip(*rows, strict=True)),
        )
