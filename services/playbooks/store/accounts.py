"""What playbooks read about accounts: present values named as the fields of conditions, and what has moved."""

import datetime as dt
from collections.abc import Collection, Sequence

from shared.conditions import Condition, predicate
from shared.database import Reading, Row
from shared.fields import FIELDS, Value

_READINGS = """
    SELECT a.id, a.name, o.owner, a.time_zone, s.score, s.band, s.episode_band, s.segment,
           coalesce(s.served_as, s.segment) AS served_as, s.tier, s.size,
           s.stage, ($1::timestamptz)::date - s.stage_since::date AS stage_days,
           s.coverage / 10000.0 AS coverage,
           renewal.day AS renews_on, renewal.day - ($1::timestamptz)::date AS days_to_renewal,
           (SELECT count(*) FROM people p WHERE p.account_id = a.id AND p.left_at <= $1
               AND p.left_at > $1::timestamptz - interval '30 days') AS stakeholders_left,
           greatest(s.effective_at, s.episode_opened_at) AS score_as_of, coalesce(f.version, 0) AS facts_version,
           CASE WHEN a.merged_into IS NOT NULL
                THEN 'merged into ' || (SELECT m.name FROM accounts m WHERE m.id = a.merged_into)
                WHEN a.deleted_at IS NOT NULL THEN 'deleted in its source' END AS gone
      FROM accounts a
      LEFT JOIN account_owners o ON o.account_id = a.id
      LEFT JOIN scores s ON s.account_id = a.id
      LEFT JOIN facts f ON f.account_id = a.id
      LEFT JOIN LATERAL (
           SELECT min(CASE WHEN u.cancels THEN coalesce(u.ends_at, u.renews_at)
                           ELSE coalesce(u.renews_at, u.ends_at) END)::date AS day
             FROM subscriptions u
            WHERE u.account_id = a.id AND u.status IN ('active', 'past_due', 'paused')
              AND coalesce(u.renews_at, u.ends_at) >= $1
           ) AS renewal ON true
"""

_STORED = tuple(name for name, field in FIELDS.items() if field.stored)


def values_of(row: Row) -> dict[str, Value | None]:
    """The stored fields of a reading."""
    return {name: float(row[name]) if name == "coverage" and row[name] is not None else row[name] for name in _STORED}


async def readings(reading: Reading, accounts: Collection[int], now: dt.datetime) -> dict[int, Row]:
    """Account → its present values, time zone, renewal date, how new they are, and what has become of it where it is no
    account of ours any more."""
    rows = await reading.fetch(f"{_READINGS} WHERE a.id = ANY($2::bigint[])", now, sorted(accounts))
    return {row["id"]: row for row in rows}


async def count_matching(reading: Reading, condition: Condition, now: dt.datetime) -> int:
    """How many accounts satisfy the condition now, without those that were merged or deleted. Raises Invalid for
    fields of one run or crossing."""
    asked = predicate(condition, first=2)
    count: int = await reading.value(
        f"SELECT count(*) FROM ({_READINGS}) AS readings WHERE gone IS NULL AND ({asked.text})",
        now,
        *asked.values,
    )
    return count


async def replied(reading: Reading, accounts: Sequence[int], since: Sequence[dt.datetime]) -> list[bool]:
    """For each account and instant: whether the account has answered since."""
    rows = await reading.fetch(
        """
        SELECT EXISTS (SELECT FROM telling_events e WHERE e.account_id = wanted.account_id AND e.type = 'reply.received'
                          AND e.type NOT IN ('usage.recorded', 'login.recorded')
                          AND e.occurred_at >= wanted.since) AS replied
          FROM unnest($1::bigint[], $2::timestamptz[]) WITH ORDINALITY AS wanted (account_id, since, n)
         ORDER BY n
        """,
        accounts,
        since,
    )
    return [row["replied"] for row in rows]


async def moves(reading: Reading, accounts: Sequence[int], since: Sequence[dt.datetime | None]) -> list[list[Row]]:
    """For each account and instant: the moves of its score after it, oldest first; none where the instant is not
    known. Corrections of the past do not count."""
    rows = await reading.fetch(
        """
        SELECT wanted.n, h.effective_at, h.score, h.band
          FROM unnest($1::bigint[], $2::timestamptz[]) WITH ORDINALITY AS wanted (account_id, since, n)
          JOIN score_history h ON h.account_id = wanted.account_id AND h.effective_at > wanted.since
         WHERE h.kind = 'move' AND NOT h.corrects
         ORDER BY wanted.n, h.effective_at
        """,
        accounts,
        since,
    )
    found: list[list[Row]] = [[] for _ in accounts]
    for row in rows:
        found[row["n"] - 1].append(row)
    return found


async def closed_episodes(reading: Reading, episodes: Collection[str]) -> set[str]:
    """Those of the episodes that have closed."""
    rows = await reading.fetch(
        "SELECT id::text AS id FROM episodes WHERE id = ANY($1::uuid[]) AND closed_at IS NOT NULL", sorted(episodes)
    )
    return {row["id"] for row in rows}


async def latest_occasions(reading: Reading, account: int) -> tuple[Row | None, Row | None]:
    """The crossing that opened the open episode, and the newest signal."""
    crossing = await reading.row(
        """
        SELECT c.id, c.account_id, c.episode_id, c.model, c.from_band, c.to_band, c.direction, c.score,
               c.previous_score, c.at, c.causes
          FROM crossings c JOIN episodes e ON e.id = c.episode_id AND e.closed_at IS NULL
         WHERE c.account_id = $1 ORDER BY c.at DESC LIMIT 1
        """,
        account,
    )
    signal = await reading.row(
        """
        SELECT id, account_id, kind, severity, words, evidence, at FROM signals
         WHERE account_id = $1 ORDER BY at DESC LIMIT 1
        """,
        account,
    )
    return crossing, signal
