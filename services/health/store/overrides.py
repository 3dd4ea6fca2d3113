"""`overrides`: what people have set scores to. One is open per account; the rest is history."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.health.overrides import Override
from shared.clock import from_us, to_us
from shared.database import Reading, Row, Writing


async def add(tx: Writing, account: int, override: Override) -> None:
    """A new one, of an account that has no open one."""
    await tx.execute(
        """
        INSERT INTO overrides (id, account_id, value, author, reason, set_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        override.id, account, override.value, override.author, override.reason, from_us(override.since),
        from_us(override.until),
    )  # fmt: skip


async def end(tx: Writing, accounts: Collection[int], because: str, now: dt.datetime) -> None:
    """Ends what is open for the accounts: at its expiry where that has passed, else now, for the reason."""
    await tx.execute(
        """
        UPDATE overrides SET ended_at = least(expires_at, $3),
                             ended_because = CASE WHEN expires_at <= $3 THEN 'it expired' ELSE $2 END
         WHERE account_id = ANY($1::bigint[]) AND ended_at IS NULL
        """,
        list(accounts),
        because,
        now,
    )


async def lapse(tx: Writing, ids: Sequence[UUID]) -> None:
    """Notes that overrides have expired."""
    if ids:
        await tx.execute(
            "UPDATE overrides SET ended_at = expires_at, ended_because = 'it expired'"
            " WHERE id = ANY($1::uuid[]) AND ended_at IS NULL",
            list(ids),
        )


async def ever(reading: Reading, accounts: Collection[int]) -> Mapping[int, list[Override]]:
    """All overrides that the accounts ever had, each until it ended."""
    rows = await reading.fetch(
        """
        SELECT account_id, id, value, author, reason, set_at, coalesce(ended_at, expires_at) AS until
          FROM overrides WHERE account_id = ANY($1::bigint[]) ORDER BY account_id, set_at
        """,
        list(accounts),
    )
    found = defaultdict(list)
    for row in rows:
        found[row["account_id"]].append(
            Override(row["id"], row["value"], row["author"], row["reason"], to_us(row["set_at"]), to_us(row["until"]))
        )
    return found


async def listed(reading: Reading, account: int | None, now: dt.datetime, most: int) -> list[Row]:
    """The overrides of an account, or those in force of all, the newest first."""
    return await reading.fetch(
        """
        SELECT o.account_id, a.name, o.value, o.author, o.reason, o.set_at, o.expires_at, o.ended_at, o.ended_because
          FROM overrides o JOIN accounts a ON a.id = o.account_id
         WHERE ($1::bigint IS NULL AND o.ended_at IS NULL AND o.expires_at > $2) OR o.account_id = $1
         ORDER BY o.set_at DESC, o.id LIMIT $3
        """,
        account,
        now,
        most,
    )
