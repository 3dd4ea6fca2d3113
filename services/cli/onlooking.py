"""Questions of the demo's onlooker. All of them read."""

import datetime as dt
from collections.abc import Sequence

from shared.database import Reading, Row

_SAMPLE_SOURCES = ["crm", "product", "billing", "support"]


async def crossings(tx: Reading, since: dt.datetime) -> list[Row]:
    """Crossings from an instant on, with the account's name; the oldest first."""
    return await tx.fetch(
        """
        SELECT c.id, c.at, a.name, c.from_band, c.to_band, c.direction, c.score, c.previous_score,
               c.causes::text AS causes
          FROM crossings c JOIN accounts a ON a.id = c.account_id
         WHERE c.at >= $1 ORDER BY c.at, c.id
        """,
        since,
    )


async def runs(tx: Reading, since: dt.datetime) -> list[Row]:
    """Runs that started from an instant on, with the account's name, how many tasks are open and which comes first."""
    return await tx.fetch(
        """
        SELECT r.id, r.started_at, r.playbook, a.name, t.tasks, t.first_task, t.first_due
          FROM runs r JOIN accounts a ON a.id = r.account_id
         CROSS JOIN LATERAL (
               SELECT count(*) AS tasks, (array_agg(title ORDER BY due_on, position))[1] AS first_task,
                      min(due_on) AS first_due
                 FROM tasks WHERE run_id = r.id AND status = 'open') t
         WHERE r.started_at >= $1 ORDER BY r.started_at, r.id
        """,
        since,
    )


async def lowest_of(tx: Reading, keys: Sequence[str], at_least: int) -> str | None:
    """Of these accounts, by their own ids, the one with the lowest score that is high enough."""
    key: str | None = await tx.value(
        """
        SELECT i.external_id FROM identities i JOIN scores s ON s.account_id = i.account_id
         WHERE i.source = 'native' AND i.external_id = ANY($1::text[]) AND s.score >= $2
         ORDER BY s.score, i.external_id LIMIT 1
        """,
        list(keys),
        at_least,
    )
    return key


async def told_between(tx: Reading) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last instant of which the sample company's sources have told; None before they have."""
    row = await tx.row(
        "SELECT min(occurred_at) AS first, max(occurred_at) AS last FROM events WHERE source = ANY($1::text[])",
        _SAMPLE_SOURCES,
    )
    return None if row is None or row["first"] is None else (row["first"], row["last"])
