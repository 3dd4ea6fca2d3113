"""Corrections: from which day on an account's past is to be told anew, and its stored instants."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from services.health.present import HistoryRow, Span
from shared.database import Reading, Writing

_HISTORY = ", ".join(f"h.{name}" for name in HistoryRow._fields)


async def within(reading: Reading, spans: Sequence[Span]) -> dict[int, int]:
    """The accounts whose past was changed by versions within their spans, and from which day on."""
    rows = await reading.fetch(
        """
        SELECT c.account_id, min(c.from_day) AS from_day
          FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS span(account_id, after, upto)
          JOIN corrections c ON c.account_id = span.account_id AND c.version > span.after AND c.version <= span.upto
         GROUP BY c.account_id
        """,
        [span.account for span in spans],
        [span.after for span in spans],
        [span.upto for span in spans],
    )
    return {row["account_id"]: row["from_day"] for row in rows}


async def ask(tx: Writing, from_days: Mapping[int, int]) -> None:
    """Asks for the past of accounts to be told anew, each from a day on."""
    if from_days:
        await tx.execute(
            """
            UPDATE scores s SET correct_from = least(s.correct_from, asked.day)
              FROM unnest($1::bigint[], $2::int[]) AS asked(account_id, day) WHERE s.account_id = asked.account_id
            """,
            list(from_days),
            list(from_days.values()),
        )


async def ask_of_moves(
    tx: Writing, accounts: Collection[int], since: dt.datetime, until: dt.datetime, from_day: int
) -> None:
    """Asks for the past from a day on to be told anew, of those accounts whose score moved in the given time."""
    await tx.execute(
        """
        UPDATE scores s SET correct_from = least(s.correct_from, $4)
         WHERE s.account_id = ANY($1::bigint[])
           AND EXISTS (SELECT FROM score_history h
                        WHERE h.account_id = s.account_id AND h.kind = 'move'
                          AND h.effective_at >= $2 AND h.effective_at < $3)
        """,
        list(accounts),
        since,
        until,
        from_day,
    )


async def lock_waiting(tx: Writing, most: int) -> dict[int, int]:
    """Up to `most` accounts whose past is to be told anew, and from which day on; those locked by others are left."""
    rows = await tx.fetch(
        """
        SELECT account_id, correct_from FROM scores WHERE correct_from IS NOT NULL
         ORDER BY account_id LIMIT $1 FOR UPDATE SKIP LOCKED
        """,
        most,
    )
    return {row["account_id"]: row["correct_from"] for row in rows}


async def stored_since(reading: Reading, account: int, since: dt.datetime) -> list[HistoryRow]:
    """Every stored instant of the account from `since` on, as known now, ascending."""
    rows = await reading.fetch(
        f"""
        SELECT DISTINCT ON (h.effective_at, h.kind) {_HISTORY} FROM score_history h
         WHERE h.account_id = $1 AND h.effective_at >= $2
         ORDER BY h.effective_at, h.kind, h.recorded_at DESC, h.id DESC
        """,
        account,
        since,
    )
    return [HistoryRow(*row) for row in rows]


async def done(tx: Writing, accounts: Collection[int]) -> None:
    """Notes that the accounts' past has been told anew."""
    await tx.execute("UPDATE scores SET correct_from = NULL WHERE account_id = ANY($1::bigint[])", list(accounts))
