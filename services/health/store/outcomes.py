"""Who left when, as the record has it; and whose a file's names are."""

from collections.abc import Sequence

from services.health.backtest.outcomes import Movement
from shared.clock import to_us
from shared.database import Reading


async def movements(reading: Reading) -> list[Movement]:
    """How the recurring revenue of every account that stands by itself has moved, ascending within each account."""
    rows = await reading.fetch(
        """
        SELECT m.account_id, m.at, m.currency, m.amount FROM mrr_movements m JOIN accounts a ON a.id = m.account_id
         WHERE a.merged_into IS NULL ORDER BY m.account_id, m.at, m.amount DESC
        """
    )
    return [Movement(row[0], to_us(row[1]), row[2], row[3]) for row in rows]


async def meant(reading: Reading, names: Sequence[str]) -> dict[str, int]:
    """Name → the one account that it means, as it stands now: Steward's id, else a source's id of it, else its name.
    Those that mean none, or several, are left out."""
    rows = await reading.fetch(
        """
        WITH wanted AS (SELECT DISTINCT unnest($1::text[]) AS name),
        found AS (
            SELECT w.name, a.id, 1 AS how FROM wanted w JOIN accounts a ON a.id::text = w.name
             UNION SELECT w.name, i.account_id, 2 FROM wanted w JOIN identities i ON i.external_id = w.name
             UNION SELECT w.name, a.id, 3 FROM wanted w JOIN accounts a ON lower(a.name) = lower(w.name)
        )
        SELECT f.name, min(coalesce(a.survivor, a.id)) AS id
          FROM found f JOIN accounts a ON a.id = f.id
         WHERE f.how = (SELECT min(how) FROM found WHERE name = f.name)
         GROUP BY f.name HAVING count(DISTINCT coalesce(a.survivor, a.id)) = 1
        """,
        list(names),
    )
    return {row["name"]: row["id"] for row in rows}
