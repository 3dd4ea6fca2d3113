"""`scores`: what stands for each account now. Rows are locked in id order before they are read."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.health.present import Kept, Moved, Present
from shared.database import Reading, Writing

_COLUMNS = ", ".join(Present._fields)


class Known(NamedTuple):
    """An account's facts in some version, encoded, and which of their areas changed when, as ingest packs it."""

    version: int
    facts: bytes
    changed: bytes = b""


async def lock(tx: Writing, accounts: Collection[int]) -> list[Present]:
    """Those of the accounts that have a score, by id, locked until the transaction ends."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM scores WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE",
        list(accounts),
    )
    return [Present(*row) for row in rows]


class Standing(NamedTuple):
    """A row of `scores`: its version in the table, what stands, and the facts it was assessed on."""

    row: int
    before: Present
    facts: bytes


async def standing_after(reading: Reading, after: int, most: int) -> list[Standing]:
    """Up to `most` accounts with ids above `after`, by id."""
    rows = await reading.fetch(
        f"""
        SELECT xmin::text::bigint, facts, {_COLUMNS} FROM scores
         WHERE account_id > $1 ORDER BY account_id LIMIT $2
        """,
        after,
        most,
    )
    return [Standing(row[0], Present(*row[2:]), row[1]) for row in rows]


async def count(reading: Reading) -> int:
    """How many accounts have a score."""
    number: int = await reading.value("SELECT count(*) FROM scores")
    return number


async def by_model(reading: Reading) -> dict[str, int]:
    """Model → accounts that it scores."""
    return dict(map(tuple, await reading.fetch("SELECT model, count(*) FROM scores GROUP BY model")))


async def lock_all(tx: Writing) -> None:
    """Makes everybody wait who wants to assess, until the transaction ends."""
    await tx.execute("LOCK TABLE scores IN EXCLUSIVE MODE")


async def row_versions(tx: Writing, closed_through: int) -> dict[int, int]:
    """Account → version of its row in the table; -1 where that day's close is missing."""
    rows = await tx.fetch(
        "SELECT account_id, CASE WHEN closed_through >= $1 THEN xmin::text::bigint ELSE -1 END FROM scores",
        closed_through,
    )
    return dict(map(tuple, rows))


async def lock_due(tx: Writing, now: dt.datetime, closed_through: int, most: int) -> list[Present]:
    """Up to `most` accounts whose score can have changed by itself, the longest due first. Those that are locked or
    not yet closed through that day are left."""
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM scores
         WHERE next_due <= $1 AND closed_through >= $2
         ORDER BY next_due LIMIT $3 FOR UPDATE SKIP LOCKED
        """,
        now,
        closed_through,
        most,
    )
    return [Present(*row) for row in rows]


async def lock_unclosed(tx: Writing, day: int, after: int, most: int) -> list[Present]:
    """Up to `most` accounts with ids above `after` that lack the close of `day`, by id; locked ones are left."""
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM scores
         WHERE account_id > $2 AND closed_through < $1
         ORDER BY account_id LIMIT $3 FOR UPDATE SKIP LOCKED
        """,
        day,
        after,
        most,
    )
    return [Present(*row) for row in rows]


async def facts_now(tx: Reading, accounts: Collection[int]) -> dict[int, Known]:
    """What ingest knows of the accounts now."""
    rows = await tx.fetch(
        "SELECT account_id, version, facts, changed FROM facts WHERE account_id = ANY($1::bigint[])", list(accounts)
    )
    return {row[0]: Known(row[1], row[2], row[3]) for row in rows}


async def merged(tx: Reading, accounts: Collection[int]) -> set[int]:
    """Those of the accounts that were merged into another."""
    rows = await tx.fetch(
        "SELECT id FROM accounts WHERE id = ANY($1::bigint[]) AND merged_into IS NOT NULL", list(accounts)
    )
    return {row["id"] for row in rows}


async def with_facts(reading: Reading, accounts: Collection[int] | None) -> list[int]:
    """Those of the accounts (of all when None) that anything is known of and that stand by themselves, by id."""
    rows = await reading.fetch(
        """
        SELECT account_id FROM facts
         WHERE version > 0 AND ($1::bigint[] IS NULL OR account_id = ANY($1))
           AND account_id NOT IN (SELECT id FROM accounts WHERE merged_into IS NOT NULL)
         ORDER BY account_id
        """,
        None if accounts is None else list(accounts),
    )
    return [row["account_id"] for row in rows]


async def newer_facts(tx: Reading, accounts: Collection[int]) -> dict[int, Known]:
    """The same, of those accounts that have changed since they were last assessed."""
    rows = await tx.fetch(
        """
        SELECT f.account_id, f.version, f.facts
          FROM scores s JOIN facts f ON f.account_id = s.account_id AND f.version > s.facts_version
         WHERE s.account_id = ANY($1::bigint[])
        """,
        list(accounts),
    )
    return {account: Known(version, facts) for account, version, facts in rows}


async def facts_assessed(tx: Reading, accounts: Collection[int]) -> dict[int, bytes]:
    """The facts that the accounts were last assessed on."""
    rows = await tx.fetch("SELECT account_id, facts FROM scores WHERE account_id = ANY($1::bigint[])", list(accounts))
    return dict(map(tuple, rows))


async def add(tx: Writing, rows: Sequence[Present], facts: Sequence[bytes]) -> None:
    """First scores. Raises UniqueViolationError, for another try, where somebody else has just written one."""
    if rows:
        await tx.copy("scores", (*Present._fields, "facts"), map(_with, rows, facts))


async def drop(tx: Writing, accounts: Collection[int]) -> None:
    """Ends the scores of accounts whose rows are locked. Their history stays."""
    await tx.execute("DELETE FROM scores WHERE account_id = ANY($1::bigint[])", list(accounts))


async def change(tx: Writing, rows: Sequence[Present], facts: Sequence[bytes]) -> None:
    """Writes rows that are locked, with the facts they were assessed on."""
    await _write(tx, (*Present._fields, "facts"), list(map(_with, rows, facts)))


async def age(tx: Writing, rows: Sequence[Present]) -> None:
    """Writes rows that are locked, whose facts are the same as before."""
    await _write(tx, Present._fields, rows)


async def move(tx: Writing, rows: Sequence[Moved], facts: Sequence[bytes], now: dt.datetime, yesterday: int) -> None:
    """Writes assessments that moved the score alone, with their facts; the rows are locked."""
    await _write(tx, (*Moved._fields, "facts"), list(map(_with, rows, facts)), _KEPT, now, yesterday)


async def move_aged(tx: Writing, rows: Sequence[Moved], now: dt.datetime, yesterday: int) -> None:
    """The same, where the facts are those that were assessed before."""
    await _write(tx, Moved._fields, rows, _KEPT, now, yesterday)


async def keep(tx: Writing, rows: Sequence[Kept], facts: Sequence[bytes], now: dt.datetime, yesterday: int) -> None:
    """Writes assessments that moved nothing, with their facts; the rows are locked."""
    await _write(tx, (*Kept._fields, "facts"), list(map(_with, rows, facts)), _KEPT, now, yesterday)


async def keep_aged(tx: Writing, rows: Sequence[Kept], now: dt.datetime, yesterday: int) -> None:
    """The same, where the facts are those that were assessed before."""
    await _write(tx, Kept._fields, rows, _KEPT, now, yesterday)


_KEPT = ", assessed_at = $1, closed_through = greatest(s.closed_through, $2)"


async def _write(
    tx: Writing, names: Sequence[str], rows: Sequence[Sequence[object]], more: str = "", *values: object
) -> None:
    if rows:
        staged = await tx.stage("scores", names, rows)
        settings = ", ".join(f"{name} = new.{name}" for name in names[1:])
        where = "WHERE s.account_id = new.account_id"
        await tx.execute(f"UPDATE scores AS s SET {settings}{more} FROM {staged} AS new {where}", *values)


def _with(row: Present | Moved | Kept, facts: bytes) -> tuple[object, ...]:
    return (*row, facts)


async def set_closed(tx: Writing, accounts: Collection[int], day: int) -> None:
    """Notes that the accounts' closes are written through `day`."""
    await tx.execute(
        "UPDATE scores SET closed_through = greatest(closed_through, $2) WHERE account_id = ANY($1::bigint[])",
        list(accounts),
        day,
    )


async def next_due(reading: Reading) -> dt.datetime | None:
    """When the next score can change by itself."""
    found: dt.datetime | None = await reading.value("SELECT min(next_due) FROM scores")
    return found


async def least_closed(reading: Reading) -> int | None:
    """The day through which all accounts are closed; None without accounts."""
    day: int | None = await reading.value("SELECT min(closed_through) FROM scores")
    return day
