"""Questions that only the command line asks."""

import datetime as dt
from collections.abc import Sequence

from shared.database import Reading, Row


async def find_accounts(tx: Reading, text: str) -> list[Row]:
    """Accounts by what a person calls them: their id, a source's id (alone, or as we show it, `stripe:cus_1`), or their
    name; the best match alone when there is one. With the account that each is now, itself or where it was merged
    into. At most 20."""
    return await tx.fetch(
        """
        WITH matches AS (
            SELECT a.id, a.name, 1 AS how FROM accounts a WHERE a.id::text = $1
             UNION SELECT a.id, a.name, 2 FROM accounts a JOIN identities i ON i.account_id = a.id
                    WHERE i.external_id = $1 OR i.source || ':' || i.external_id = $1
             UNION SELECT a.id, a.name, 3 FROM accounts a WHERE lower(a.name) = lower($1)
             UNION SELECT a.id, a.name, 4 FROM accounts a WHERE strpos(lower(a.name), lower($1)) > 0
        )
        SELECT DISTINCT m.id, m.name, now.id AS now_id, now.name AS now_name,
               (SELECT array_agg(i.source || ':' || i.external_id ORDER BY 1) FROM identities i
                 WHERE i.account_id = m.id) AS keys
          FROM matches m JOIN accounts a ON a.id = m.id JOIN accounts now ON now.id = coalesce(a.survivor, a.id)
         WHERE m.how = (SELECT min(how) FROM matches) ORDER BY m.name, m.id LIMIT 20
        """,
        text,
    )


async def keys(tx: Reading) -> list[Row]:
    """API keys, oldest first; their secrets are not kept."""
    return await tx.fetch(
        "SELECT id, name, role, owner, created_at, revoked_at, last_used_on FROM api_keys ORDER BY created_at, id"
    )


async def schema_version(tx: Reading) -> str | None:
    """The migration that the database is at; None before the first."""
    if await tx.value("SELECT to_regclass('alembic_version')") is None:
        return None
    version: str | None = await tx.value("SELECT version_num FROM alembic_version")
    return version


async def scored(tx: Reading, accounts: Sequence[int] | None) -> Row:
    """Of these accounts (None: of all): how many have a score, how many are unknown, and between which coverages,
    millionths, those are."""
    row = await tx.row(
        """
        SELECT count(*) FILTER (WHERE score IS NOT NULL AND band <> 'unknown') AS known,
               count(*) FILTER (WHERE score IS NULL OR band = 'unknown') AS unknown,
               min(coverage) FILTER (WHERE score IS NULL OR band = 'unknown') AS least_coverage,
               max(coverage) FILTER (WHERE score IS NULL OR band = 'unknown') AS most_coverage
          FROM scores WHERE $1::bigint[] IS NULL OR account_id = ANY($1)
        """,
        None if accounts is None else list(accounts),
    )
    assert row is not None
    return row


async def outbox_backlog(tx: Reading) -> list[Row]:
    """Rows that wait to leave, by the service that owns them, and since when the oldest does."""
    return await tx.fetch(
        "SELECT owner, count(*) AS rows, min(created_at) AS oldest FROM outbox GROUP BY owner ORDER BY owner"
    )


async def overdue(tx: Reading, before: dt.datetime) -> dict[str, int]:
    """How much should have been done before an instant and was not, by service."""
    row = await tx.row(
        """
        SELECT (SELECT count(*) FROM scores WHERE next_due < $1) AS health,
               (SELECT count(*) FROM runs WHERE state = 'open' AND next_due < $1) AS playbooks
        """,
        before,
    )
    assert row is not None
    return dict(row)


async def connected(tx: Reading) -> list[str]:
    """The names under which processes are connected, each once."""
    rows = await tx.fetch(
        "SELECT DISTINCT application_name AS name FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'steward%' ORDER BY 1"
    )
    return [row["name"] for row in rows]


async def held_sources(tx: Reading) -> list[Row]:
    """Sources whose records are held, and since when."""
    return await tx.fetch("SELECT source, held_since FROM sources WHERE held_since IS NOT NULL ORDER BY source")


async def account_names(tx: Reading, accounts: Sequence[int]) -> dict[int, str]:
    """What people call accounts, by id."""
    rows = await tx.fetch("SELECT id, name FROM accounts WHERE id = ANY($1::bigint[])", list(accounts))
    return {row["id"]: row["name"] or str(row["id"]) for row in rows}


async def account_name(tx: Reading, account: int) -> str:
    """What people call an account."""
    name: str | None = await tx.value("SELECT name FROM accounts WHERE id = $1", account)
    return name or str(account)


async def unowned_accounts(tx: Reading, most: int) -> tuple[int, list[Row]]:
    """How many accounts nobody owns, and the largest of them: (id, name, segment, arr)."""
    total: int = await tx.value(
        "SELECT count(*) FROM accounts a JOIN account_owners o ON o.account_id = a.id"
        " WHERE o.owner IS NULL AND a.merged_into IS NULL AND a.deleted_at IS NULL"
    )
    rows = await tx.fetch(
        """
        SELECT a.id, a.name, s.segment, s.arr
          FROM accounts a JOIN account_owners o ON o.account_id = a.id LEFT JOIN scores s ON s.account_id = a.id
         WHERE o.owner IS NULL AND a.merged_into IS NULL AND a.deleted_at IS NULL
         ORDER BY s.arr DESC NULLS LAST, a.id LIMIT $1
        """,
        most,
    )
    return total, rows


async def assignments_of(tx: Reading, account: int) -> tuple[Row, list[Row]]:
    """(owner, owner_from) of an account that is there, and all that people chose and pools gave, the newest first."""
    owner = await tx.row("SELECT owner, owner_from FROM account_owners WHERE account_id = $1", account)
    assert owner is not None
    rows = await tx.fetch(
        "SELECT owner, given_by, words, assigned_at, ended_at, ended_because FROM assignments"
        " WHERE account_id = $1 ORDER BY id DESC",
        account,
    )
    return owner, rows
