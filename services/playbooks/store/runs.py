"""`runs` and `decisions`. Rows are locked in the order of their ids."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.playbooks.nouns import Progress, Run, RunState
from shared.database import Reading, Row, Writing

_COLUMNS = """
    r.id, r.playbook, r.playbook_version, r.account_id, r.occasion_kind, r.occasion, r.state, r.words, r.started_at,
    r.ended_at, r.ended_because, r.next_due, r.looked_at, r.facts_version, r.score_as_of, r.progress::text AS progress
"""

_decode = msgspec.json.Decoder(Progress).decode
_encode = msgspec.json.Encoder().encode


class DecisionRow(NamedTuple):
    """One row of `decisions`, in the order of its columns."""

    occasion_id: str
    playbook: str
    account_id: int
    verdict: str
    words: str
    at: dt.datetime


async def lock_open(tx: Writing, accounts: Collection[int]) -> list[Run]:
    """The open runs of the accounts."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM runs r WHERE r.state = 'open' AND r.account_id = ANY($1::bigint[])"
        " ORDER BY r.id FOR UPDATE",
        sorted(accounts),
    )
    return [_run(row) for row in rows]


async def lock_woken(tx: Writing, now: dt.datetime, most: int) -> list[Run]:
    """Up to `most` open runs that may move: due by time, or with an account whose score has moved, that has told
    something or got another owner since the last look, or that was merged or deleted. Those that somebody else holds
    are left."""
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM runs r
         WHERE r.state = 'open' AND (
               r.next_due <= $1
               OR EXISTS (SELECT FROM accounts a WHERE a.id = r.account_id
                             AND (a.merged_into IS NOT NULL OR a.deleted_at IS NOT NULL))
               OR EXISTS (SELECT FROM scores s WHERE s.account_id = r.account_id
                             AND greatest(s.effective_at, s.episode_opened_at) IS DISTINCT FROM r.score_as_of)
               OR EXISTS (SELECT FROM assignments g WHERE g.account_id = r.account_id
                             AND greatest(g.assigned_at, g.ended_at) > r.looked_at)
               OR EXISTS (SELECT FROM telling_events e WHERE e.account_id = r.account_id AND e.version > r.facts_version
                             AND e.type IN ('reply.received', 'person.left', 'account.updated', 'subscription.updated')
                             AND e.type NOT IN ('usage.recorded', 'login.recorded')))
         ORDER BY r.next_due NULLS LAST, r.id LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        now,
        most,
    )
    return [_run(row) for row in rows]


async def lock_of_task(tx: Writing, task: UUID) -> Run | None:
    """The run that a task belongs to."""
    row = await tx.row(
        f"SELECT {_COLUMNS} FROM runs r WHERE r.id = (SELECT t.run_id FROM tasks t WHERE t.id = $1) FOR UPDATE", task
    )
    return _run(row) if row else None


async def add(tx: Writing, runs: Sequence[Run]) -> None:
    """New runs. Raises UniqueViolationError when the occasion has had its run, or another one is open."""
    await tx.execute(
        """
        INSERT INTO runs (id, playbook, playbook_version, account_id, occasion_kind, occasion, state, words, started_at,
                          ended_at, ended_because, next_due, looked_at, facts_version, score_as_of, progress)
        SELECT id, playbook, playbook_version, account_id, occasion_kind, occasion, state, words, started_at,
               ended_at, ended_because, next_due, looked_at, facts_version, score_as_of, progress::jsonb
          FROM unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
                      $9::timestamptz[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::timestamptz[],
                      $14::bigint[], $15::timestamptz[], $16::text[])
               AS new (id, playbook, playbook_version, account_id, occasion_kind, occasion, state, words, started_at,
                       ended_at, ended_because, next_due, looked_at, facts_version, score_as_of, progress)
        """,
        *_columns([_row(run) for run in runs], 16),
    )


async def save(tx: Writing, runs: Sequence[Run]) -> None:
    """What may change of runs that are locked."""
    await tx.execute(
        """
        UPDATE runs r
           SET state = new.state, ended_at = new.ended_at, ended_because = new.ended_because, next_due = new.next_due,
               looked_at = new.looked_at, facts_version = new.facts_version, score_as_of = new.score_as_of,
               progress = new.progress::jsonb
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                      $7::bigint[], $8::timestamptz[], $9::text[])
               AS new (id, state, ended_at, ended_because, next_due, looked_at, facts_version, score_as_of, progress)
         WHERE r.id = new.id
        """,
        *_columns([(row[0], row[6], *row[9:]) for row in map(_row, runs)], 9),
    )


async def had_run(reading: Reading, accounts: Collection[int], occasions: Collection[str]) -> set[tuple[str, int, str]]:
    """(playbook, account, occasion) of the runs that those occasions have had."""
    rows = await reading.fetch(
        "SELECT playbook, account_id, occasion FROM runs"
        " WHERE account_id = ANY($1::bigint[]) AND occasion = ANY($2::text[])",
        sorted(accounts),
        sorted(occasions),
    )
    return {(row["playbook"], row["account_id"], row["occasion"]) for row in rows}


async def last_ended(reading: Reading, accounts: Collection[int]) -> dict[tuple[int, str], dt.datetime]:
    """(account, playbook) → when the last run ended."""
    rows = await reading.fetch(
        "SELECT account_id, playbook, max(ended_at) AS ended_at FROM runs"
        " WHERE account_id = ANY($1::bigint[]) AND ended_at IS NOT NULL GROUP BY account_id, playbook",
        sorted(accounts),
    )
    return {(row["account_id"], row["playbook"]): row["ended_at"] for row in rows}


async def decided(reading: Reading, occasions: Collection[str]) -> set[tuple[str, str]]:
    """(occasion id, playbook) of what has been decided already."""
    rows = await reading.fetch(
        "SELECT occasion_id, playbook FROM decisions WHERE occasion_id = ANY($1::text[])", sorted(occasions)
    )
    return {(row["occasion_id"], row["playbook"]) for row in rows}


async def decisions_about(reading: Reading, account: int, playbook: str, most: int) -> list[Row]:
    """The newest decisions about an account and a playbook: at, verdict, words."""
    return await reading.fetch(
        """
        SELECT at, verdict, words FROM decisions WHERE account_id = $1 AND playbook = $2
         ORDER BY at DESC, occasion_id LIMIT $3
        """,
        account,
        playbook,
        most,
    )


async def add_decisions(tx: Writing, rows: Sequence[DecisionRow]) -> None:
    """Decisions, each for the first time."""
    await tx.copy("decisions", DecisionRow._fields, rows)


def _run(row: Row) -> Run:
    return Run(
        id=row["id"],
        playbook=row["playbook"],
        version=row["playbook_version"],
        account_id=row["account_id"],
        occasion_kind=row["occasion_kind"],
        occasion=row["occasion"],
        state=RunState(row["state"]),
        words=row["words"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        ended_because=row["ended_because"],
        next_due=row["next_due"],
        looked_at=row["looked_at"],
        facts_version=row["facts_version"],
        score_as_of=row["score_as_of"],
        progress=_decode(row["progress"]),
    )


def _row(run: Run) -> tuple[object, ...]:
    """A run in the order of `add`'s columns."""
    return (
        run.id, run.playbook, run.version, run.account_id, run.occasion_kind, run.occasion, run.state, run.words,
        run.started_at, run.ended_at, run.ended_because, run.next_due, run.looked_at, run.facts_version,
        run.score_as_of, _encode(run.progress).decode(),
    )  # fmt: skip


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]
