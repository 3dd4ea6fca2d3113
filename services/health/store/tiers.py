"""Tiers in `scores`, and the days whose ranking is done."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import accumulate

from shared.database import Reading, Row, Writing


async def ranked_at(reading: Reading, day: int, scheme: str) -> dt.datetime | None:
    """When accounts were last ranked on that day; None if they were not."""
    at: dt.datetime | None = await reading.value(
        "SELECT ranked_at FROM tier_days WHERE day = $1 AND scheme = $2", day, scheme
    )
    return at


async def any_unranked(reading: Reading) -> bool:
    """Whether there are accounts without a tier."""
    return bool(await reading.value("SELECT EXISTS (SELECT FROM scores WHERE tier IS NULL)"))


async def set_ranked(tx: Writing, day: int, scheme: str, accounts: int, now: dt.datetime) -> None:
    """Notes that accounts have been ranked on that day."""
    await tx.execute(
        "INSERT INTO tier_days (day, scheme, accounts, ranked_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (day, scheme) DO UPDATE SET accounts = excluded.accounts, ranked_at = excluded.ranked_at",
        day, scheme, accounts, now,
    )  # fmt: skip


async def count(reading: Reading) -> int:
    """How many accounts are ranked."""
    accounts: int = await reading.value("SELECT count(*) FROM scores")
    return accounts


async def displaced(reading: Reading, counts: Mapping[str, int], *, only_new: bool) -> list[Row]:
    """(account_id, tier, wanted) of those whose tier is not what their rank asks for, by id; `only_new`: of those
    without any. `counts`: how many each tier takes, from the highest. Ordered as by `services.health.tiers.ranked`."""
    return await reading.fetch(
        """
        SELECT account_id, tier, wanted
          FROM (SELECT account_id, tier, ($1::text[])[1 + (SELECT count(*) FROM unnest($2::int[]) b WHERE place > b)]
                       AS wanted
                  FROM (SELECT account_id, tier, row_number() OVER (ORDER BY arr DESC NULLS LAST, account_id) AS place
                          FROM scores) placed) ranked
         WHERE tier IS DISTINCT FROM wanted AND (tier IS NULL OR NOT $3) ORDER BY account_id
        """,
        list(counts),
        list(accumulate(counts.values())),
        only_new,
    )


async def move(tx: Writing, rows: Sequence[Row]) -> list[Row]:
    """Gives accounts their tiers, locked by id; (account_id, tier, wanted) of those that are still there and had
    another."""
    accounts = [row["account_id"] for row in rows]
    await tx.fetch(
        "SELECT account_id FROM scores WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE", accounts
    )
    return await tx.fetch(
        """
        UPDATE scores s SET tier = new.wanted
          FROM unnest($1::bigint[], $2::text[]) AS new(account_id, wanted),
               (SELECT account_id, tier FROM scores WHERE account_id = ANY($1::bigint[])) AS old
         WHERE s.account_id = new.account_id AND old.account_id = new.account_id
           AND s.tier IS DISTINCT FROM new.wanted
        RETURNING s.account_id, old.tier, s.tier AS wanted
        """,
        accounts,
        [row["wanted"] for row in rows],
    )
