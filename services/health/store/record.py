"""What a change of a score leaves behind: history, changes, episodes, crossings, signals. All append only."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.health.present import ChangeRow, CrossingRow, EpisodeRow, HistoryRow, SignalRow
from services.health.store.packing import packed
from shared.database import Reading, Row, Writing

_HISTORY = ", ".join(HistoryRow._fields)


async def add_history(tx: Writing, rows: Sequence[HistoryRow]) -> None:
    """Rows of `score_history`."""
    if rows:
        await tx.copy_packed("score_history", HistoryRow._fields, packed(rows))


async def add_changes(tx: Writing, rows: Sequence[ChangeRow]) -> None:
    """Rows of `score_changes`."""
    if rows:
        await tx.copy("score_changes", ChangeRow._fields, rows)


async def close_episodes(tx: Writing, ids: Collection[UUID], at: dt.datetime) -> None:
    """Ends open episodes. Comes before new ones are opened: an account has at most one."""
    if ids:
        await tx.execute(
            "UPDATE episodes SET closed_at = $2 WHERE id = ANY($1::uuid[]) AND closed_at IS NULL", list(ids), at
        )


async def open_episodes(tx: Writing, rows: Sequence[EpisodeRow]) -> None:
    """New episodes."""
    if rows:
        await tx.copy("episodes", EpisodeRow._fields, rows)


async def suspend_episodes(tx: Writing, ids: Collection[UUID], at: dt.datetime | None) -> None:
    """Suspends episodes at an instant, or resumes them with None."""
    if ids:
        await tx.execute("UPDATE episodes SET suspended_at = $2 WHERE id = ANY($1::uuid[])", list(ids), at)


async def add_crossings(tx: Writing, rows: Sequence[CrossingRow]) -> None:
    """New crossings; their episodes are there already."""
    if rows:
        await tx.copy("crossings", CrossingRow._fields, rows)


async def add_signals(tx: Writing, rows: Sequence[SignalRow]) -> set[UUID]:
    """New signals; the ids of those that were not there yet."""
    if not rows:
        return set()
    found = await tx.fetch(
        """
        INSERT INTO signals (id, account_id, kind, label, side, severity, about, words, evidence, measures,
                             window_days, at)
        SELECT id, account_id, kind, label, side, severity, about, words, evidence::jsonb, measures::jsonb,
               window_days, at
          FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                      $9::text[], $10::text[], $11::int[], $12::timestamptz[])
               AS new(id, account_id, kind, label, side, severity, about, words, evidence, measures, window_days, at)
        ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        *map(list, zip(*rows, strict=True)),
    )
    return {row["id"] for row in found}


async def signals(
    reading: Reading, *, account: int | None, kind: str | None, since: dt.datetime | None, most: int
) -> list[Row]:
    """Signals with the names of their accounts and of the people that they are about, the newest first."""
    return await reading.fetch(
        """
        SELECT s.at, a.name, s.kind, s.severity,
               coalesce(coalesce(p.name, p.person_id) || ': ' || s.words, s.words) AS words
          FROM signals s
          JOIN accounts a ON a.id = s.account_id
          LEFT JOIN people p ON p.account_id = s.account_id AND p.person_id = s.about AND strpos(s.words, s.about) = 0
         WHERE ($1::bigint IS NULL OR s.account_id = $1) AND ($2::text IS NULL OR s.kind = $2)
           AND ($3::timestamptz IS NULL OR s.at >= $3)
         ORDER BY s.at DESC, s.id DESC LIMIT $4
        """,
        account,
        kind,
        since,
        most,
    )


async def extremes(reading: Reading, models: Mapping[int, str], since: dt.datetime) -> dict[int, tuple[int, int]]:
    """Account → (least, greatest) computed score since an instant, by closes and moves of its model, as known now."""
    rows = await reading.fetch(
        """
        SELECT account_id, min(score), max(score)
          FROM (SELECT DISTINCT ON (h.account_id, h.effective_at, h.kind) h.account_id, h.model,
                       (h.raw + 500000) / 1000000 AS score
                  FROM score_history h WHERE h.account_id = ANY($1::bigint[]) AND h.effective_at >= $3
                 ORDER BY h.account_id, h.effective_at, h.kind, h.recorded_at DESC, h.id DESC) known
          JOIN unnest($1::bigint[], $2::text[]) AS asked(account_id, model) USING (account_id, model)
         WHERE score IS NOT NULL GROUP BY account_id
        """,
        list(models),
        list(models.values()),
        since,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def as_of(
    reading: Reading, account: int, at: dt.datetime, known_at: dt.datetime | None = None
) -> HistoryRow | None:
    """What was in effect at `at`, as known at `known_at` or now."""
    row = await reading.row(
        f"""
        SELECT {_HISTORY} FROM score_history
         WHERE account_id = $1 AND effective_at <= $2 AND ($3::timestamptz IS NULL OR recorded_at <= $3)
         ORDER BY effective_at DESC, recorded_at DESC, id DESC LIMIT 1
        """,
        account,
        at,
        known_at,
    )
    return HistoryRow(*row) if row else None


async def history(reading: Reading, account: int, since: dt.datetime, until: dt.datetime) -> list[HistoryRow]:
    """What was in effect from each stored instant on, from `since` to before `until`, ascending, as known now."""
    rows = await reading.fetch(
        f"""
        SELECT DISTINCT ON (effective_at) {_HISTORY} FROM score_history
         WHERE account_id = $1 AND effective_at >= $2 AND effective_at < $3
         ORDER BY effective_at, recorded_at DESC, id DESC
        """,
        account,
        since,
        until,
    )
    return [HistoryRow(*row) for row in rows]


async def closes(reading: Reading, accounts: Collection[int], day_end: dt.datetime) -> dict[int, HistoryRow]:
    """The accounts' closes of one day, as known now."""
    rows = await reading.fetch(
        f"""
        SELECT DISTINCT ON (account_id) {_HISTORY} FROM score_history
         WHERE account_id = ANY($1::bigint[]) AND effective_at = $2 AND kind = 'close'
         ORDER BY account_id, recorded_at DESC, id DESC
        """,
        list(accounts),
        day_end,
    )
    return {row["account_id"]: HistoryRow(*row) for row in rows}


async def with_closes(reading: Reading, accounts: Collection[int], since: dt.datetime) -> list[int]:
    """Those of the accounts that have closes since an instant."""
    rows = await reading.fetch(
        """
        SELECT a.account_id FROM unnest($1::bigint[]) AS a(account_id)
         WHERE EXISTS (SELECT FROM score_history h
                        WHERE h.account_id = a.account_id AND h.kind = 'close' AND h.effective_at >= $2)
        """,
        list(accounts),
        since,
    )
    return [row["account_id"] for row in rows]
