"""Events that wait because nobody knows whose they are, by the key that they came with; and claims not believed."""

from services.ingest.store.accounts import Key
from shared.database import Reading, Row, Writing


async def keys(tx: Reading, *, source: str | None, after: Key, most: int) -> list[Row]:
    """Keys that events wait under, in their order, after one: how many wait, since when, of which types, and of how
    many accounts a person of that id or address is."""
    return await tx.fetch(
        """
        SELECT w.*, (SELECT count(DISTINCT coalesce(a.survivor, a.id))
                       FROM person_keys p JOIN accounts a ON a.id = p.account_id
                      WHERE w.account_source LIKE '%:person' AND p.external_id IN (w.account_key, lower(w.account_key))
                        AND p.source IN (w.account_source, 'email')) AS accounts
          FROM (SELECT account_source, account_key, count(*) AS events, array_agg(DISTINCT type) AS types,
                       min(occurred_at) AS first_at, max(occurred_at) AS last_at, min(received_at) AS waiting_since
                  FROM unmatched
                 WHERE ($1::text IS NULL OR account_source = $1) AND (account_source, account_key) > ($2, $3)
                 GROUP BY account_source, account_key ORDER BY account_source, account_key LIMIT $4) w
         ORDER BY account_source, account_key
        """,
        source, *after, most,
    )  # fmt: skip


async def discard(tx: Writing, key: Key) -> int:
    """Drops the events that wait under a key; how many."""
    return await tx.execute("DELETE FROM unmatched WHERE account_source = $1 AND account_key = $2", *key)


async def conflicts(tx: Reading, *, after: tuple[str, str, int], most: int) -> list[Row]:
    """Claims that were not believed and are still in the way, in the order of their keys, after one."""
    return await tx.fetch(
        """
        SELECT c.source, c.external_id, c.claimed_by, c.linked_to, c.kind, c.event_id, c.first_at, c.last_at, c.times,
               claimer.name AS claimer, holder.name AS holder,
               i.rule
          FROM identity_conflicts c
          LEFT JOIN accounts claimer ON claimer.id = c.claimed_by LEFT JOIN accounts holder ON holder.id = c.linked_to
          LEFT JOIN identities i ON i.source = c.source AND i.external_id = c.external_id
          LEFT JOIN accounts now ON now.id = i.account_id
         WHERE (c.source, c.external_id, c.claimed_by) > ($1, $2, $3)
           AND coalesce(now.survivor, now.id, 0) <> coalesce(claimer.survivor, claimer.id, 0)
         ORDER BY c.source, c.external_id, c.claimed_by, c.kind LIMIT $4
        """,
        *after, most,
    )  # fmt: skip


async def own_key(tx: Reading, account: int) -> Key | None:
    """The key that an account was created under, else any that means it by itself."""
    row = await tx.row(
        """
        SELECT source, external_id FROM identities
         WHERE account_id = $1 AND source NOT LIKE '%:person' AND source <> 'domain'
         ORDER BY rule <> 'own', source <> 'native', source, external_id LIMIT 1
        """,
        account,
    )
    return (row["source"], row["external_id"]) if row else None


async def next_number(tx: Writing) -> int:
    """A number greater than any before: it orders decisions of one instant."""
    number: int = await tx.value("SELECT nextval(pg_get_serial_sequence('identity_changes', 'n'))")
    return number
