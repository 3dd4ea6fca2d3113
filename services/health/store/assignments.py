"""`assignments`: owners that people chose, and owners that pools gave. One is open per account; the rest is history."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from services.health.pools import Given, Kept, Load
from shared.database import Reading, Writing

_LOCK = 0x5357_4F57  # one sharing out at a time, so that everybody's load is known


async def any_given(reading: Reading) -> bool:
    """Whether any account has an owner out of a pool."""
    return bool(
        await reading.value("SELECT EXISTS (SELECT FROM assignments WHERE ended_at IS NULL AND pool IS NOT NULL)")
    )


async def lock_unshared(tx: Writing, most: int) -> list[int]:
    """Up to `most` accounts that pools are to look at, by id, locked; nobody else shares out meanwhile."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    rows = await tx.fetch("SELECT account_id FROM scores WHERE unshared ORDER BY account_id LIMIT $1 FOR UPDATE", most)
    return [row["account_id"] for row in rows]


async def lock_after(tx: Writing, after: int, most: int) -> list[int]:
    """Up to `most` accounts with ids above `after`, by id. Nobody else shares out meanwhile."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    rows = await tx.fetch(
        "SELECT account_id FROM scores WHERE account_id > $1 ORDER BY account_id LIMIT $2", after, most
    )
    return [row["account_id"] for row in rows]


async def set_shared(tx: Writing, accounts: Collection[int]) -> None:
    """Notes that pools have looked at the accounts."""
    await tx.execute("UPDATE scores SET unshared = false WHERE account_id = ANY($1::bigint[])", list(accounts))


async def unshare(tx: Writing, account: int) -> None:
    """Lets pools look at an account again."""
    await tx.execute("UPDATE scores SET unshared = true WHERE account_id = $1", account)


async def kept(reading: Reading, accounts: Collection[int]) -> list[Kept]:
    """Those of the accounts that are a pool's business: nobody has chosen an owner and the CRM names none."""
    rows = await reading.fetch(
        """
        SELECT s.account_id, s.segment, a.region, a.country, a.industry, coalesce(s.arr, 0), g.pool, g.owner
          FROM scores s JOIN accounts a ON a.id = s.account_id
          LEFT JOIN assignments g ON g.account_id = s.account_id AND g.ended_at IS NULL
         WHERE s.account_id = ANY($1::bigint[]) AND a.crm_owner IS NULL
           AND a.merged_into IS NULL AND a.deleted_at IS NULL
           AND (g.id IS NULL OR g.pool IS NOT NULL)
         ORDER BY s.account_id
        """,
        list(accounts),
    )
    return [Kept(*row) for row in rows]


async def loads(reading: Reading, people: Collection[str]) -> dict[str, Load]:
    """What each of the people (lower-case addresses) has, whoever gave it."""
    rows = await reading.fetch(
        """
        SELECT lower(o.owner) AS owner, count(*) AS accounts, coalesce(sum(s.arr), 0)::bigint AS arr
          FROM account_owners o JOIN accounts a ON a.id = o.account_id LEFT JOIN scores s ON s.account_id = a.id
         WHERE a.merged_into IS NULL AND a.deleted_at IS NULL AND lower(o.owner) = ANY($1::text[])
         GROUP BY 1
        """,
        list(people),
    )
    return {row["owner"]: Load(row["accounts"], row["arr"]) for row in rows}


async def last_given(reading: Reading) -> Mapping[str, str]:
    """Pool → who was given an account last."""
    rows = await reading.fetch(
        "SELECT DISTINCT ON (pool) pool, owner FROM assignments WHERE pool IS NOT NULL ORDER BY pool, id DESC"
    )
    return {row["pool"]: row["owner"] for row in rows}


async def end_outranked(tx: Writing, accounts: Collection[int], now: dt.datetime) -> None:
    """Ends what pools gave where the CRM now names an owner."""
    await tx.execute(
        """
        UPDATE assignments g SET ended_at = $2, ended_because = 'the CRM names an owner' FROM accounts a
         WHERE a.id = g.account_id AND g.ended_at IS NULL AND g.account_id = ANY($1::bigint[])
           AND g.pool IS NOT NULL AND a.crm_owner IS NOT NULL
        """,
        list(accounts),
        now,
    )


async def give(tx: Writing, changes: Sequence[Given], now: dt.datetime) -> None:
    """Ends what was open for the accounts, and gives them what pools give."""
    await end(tx, [one.account for one in changes], [one.words for one in changes], now)
    given = [(one.account, one.owner, one.pool, one.words) for one in changes if one.owner]
    if given:
        await tx.execute(
            """
            INSERT INTO assignments (account_id, owner, pool, given_by, words, assigned_at)
            SELECT account_id, owner, pool, 'steward', words, $5
              FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS new(account_id, owner, pool, words)
            """,
            *map(list, zip(*given, strict=True)),
            now,
        )


async def end(tx: Writing, accounts: Sequence[int], because: Sequence[str], now: dt.datetime) -> int:
    """Ends what is open for the accounts, each for its reason; how many were."""
    return await tx.execute(
        """
        UPDATE assignments g SET ended_at = $3, ended_because = new.because
          FROM unnest($1::bigint[], $2::text[]) AS new(account_id, because)
         WHERE g.account_id = new.account_id AND g.ended_at IS NULL
        """,
        list(accounts),
        list(because),
        now,
    )


async def choose(tx: Writing, account: int, owner: str, by: str, words: str, now: dt.datetime) -> None:  # noqa: PLR0917
    """Notes a person's choice, of an account for which nothing is open."""
    await tx.execute(
        "INSERT INTO assignments (account_id, owner, given_by, words, assigned_at) VALUES ($1, $2, $3, $4, $5)",
        account, owner, by, words, now,
    )  # fmt: skip


async def is_chosen(tx: Reading, account: int) -> bool:
    """Whether a person has chosen the account's owner."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM assignments WHERE account_id = $1 AND ended_at IS NULL AND pool IS NULL)",
            account,
        )
    )
