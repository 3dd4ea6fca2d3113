"""`deliveries`: pending until sent, failed or suppressed. Claimed with a lease, never held open while sending."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from shared.database import Writing


class DeliveryRow(NamedTuple):
    """A new row of `deliveries`. `payload` is JSON."""

    id: UUID
    run_id: UUID
    account_id: int
    step: str
    channel: str
    address: str
    payload: str
    words: str
    status: str
    last_error: str | None
    next_attempt_at: dt.datetime
    created_at: dt.datetime


class Claimed(NamedTuple):
    """A delivery that is ours for the length of the lease. `attempt` counts from 1."""

    id: UUID
    account_id: int
    channel: str
    payload: str
    words: str
    attempt: int


async def add(tx: Writing, rows: Sequence[DeliveryRow]) -> None:
    """New deliveries."""
    await tx.copy("deliveries", DeliveryRow._fields, rows)


async def claim(tx: Writing, now: dt.datetime, lease: dt.timedelta) -> Claimed | None:
    """The delivery that has been due for longest. That counts as one attempt; whoever does not record its outcome
    within the lease leaves it to the next."""
    row = await tx.row(
        """
        WITH due AS (
            SELECT id FROM deliveries WHERE status = 'pending' AND next_attempt_at <= $1
             ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        UPDATE deliveries d SET attempts = d.attempts + 1, next_attempt_at = $1::timestamptz + $2::interval
          FROM due
         WHERE d.id = due.id
        RETURNING d.id, d.account_id, d.channel, d.payload::text, d.words, d.attempts
        """,
        now,
        lease,
    )
    return Claimed(*row) if row else None


async def record(
    tx: Writing, claimed: Claimed, *, status: str, error: str | None, at: dt.datetime, again_at: dt.datetime | None
) -> bool:
    """What became of an attempt; False when somebody else has attempted it since."""
    touched = await tx.execute(
        """
        UPDATE deliveries SET status = $3, last_error = $4, next_attempt_at = coalesce($5, next_attempt_at),
               sent_at = CASE WHEN $3 = 'sent' THEN $6::timestamptz END
         WHERE id = $1 AND attempts = $2 AND status = 'pending'
        """,
        claimed.id,
        claimed.attempt,
        status,
        error,
        again_at,
        at,
    )
    return touched == 1
