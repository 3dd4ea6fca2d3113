"""Questions of somebody who tries a draft: which accounts, and what they are called."""

from collections.abc import Collection
from typing import NamedTuple

from services.api.queries.visible import listed_accounts, owner_of, visible_accounts
from services.api.roles import Caller
from shared.database import Reading


class Called(NamedTuple):
    """What people call an account, who owns it, and where its days end."""

    name: str
    owner: str | None
    zone: str | None


async def scored_accounts(tx: Reading, caller: Caller, most: int | None) -> list[int]:
    """The accounts with a score that the caller may see, by id; at most so many. Ids say nothing of an account, so the
    first ones are as good a sample as any."""
    rows = await tx.fetch(
        f"""
        SELECT a.id FROM accounts a JOIN scores s ON s.account_id = a.id
         WHERE {visible_accounts()} AND {listed_accounts()} ORDER BY a.id LIMIT $2
        """,
        caller.book,
        most,
    )
    return [row["id"] for row in rows]


async def called(tx: Reading, accounts: Collection[int]) -> dict[int, Called]:
    """Account → what it is called."""
    rows = await tx.fetch(
        f"SELECT a.id, a.name, {owner_of()} AS owner, a.time_zone FROM accounts a WHERE a.id = ANY($1::bigint[])",
        list(accounts),
    )
    return {row["id"]: Called(row["name"], row["owner"], row["time_zone"]) for row in rows}
