"""Questions about signals: what was noticed, of whom, when."""

import datetime as dt
import json
from typing import NamedTuple

from services.api.cursors import RunAt, page, read_cursor, write_cursor
from services.api.queries.visible import listed_accounts, named_person, visible_accounts, who_is_meant
from services.api.roles import Caller
from services.api.schemas import Page, Signal
from shared.database import Reading, Row

_SIGNAL = f"""
    SELECT g.id, g.account_id, a.name AS account_name, g.kind, g.label, g.side, g.severity, g.about,
           {who_is_meant()} AS words, g.evidence, g.measures, g.window_days, g.at
    FROM signals g
    JOIN accounts a ON a.id = g.account_id
    {named_person()}
"""


class SignalFilter(NamedTuple):
    """Which signals are wanted; None does not ask."""

    account: int | None = None
    kind: str | None = None
    side: str | None = None
    severity: str | None = None
    since: dt.datetime | None = None


async def list_signals(
    tx: Reading, caller: Caller, wanted: SignalFilter, limit: int, cursor: str | None = None
) -> Page[Signal]:
    """Signals, the newest first."""
    after = read_cursor(cursor, RunAt)
    rows = await tx.fetch(
        f"""
        {_SIGNAL}
        WHERE {visible_accounts()}
          AND (g.account_id = $2 OR ($2::bigint IS NULL AND {listed_accounts()}))
          AND ($3::text IS NULL OR g.kind = $3)
          AND ($4::text IS NULL OR g.side = $4)
          AND ($5::text IS NULL OR g.severity = $5)
          AND ($6::timestamptz IS NULL OR g.at >= $6)
          AND ($7::timestamptz IS NULL OR (g.at, g.id) < ($7, $8::uuid))
        ORDER BY g.at DESC, g.id DESC
        LIMIT $9
        """,
        caller.book, *wanted, after and after.at, after and after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    next_ = last and write_cursor(RunAt(last["at"], last["id"]))
    return Page(data=[_signal(row) for row in found], next=next_)


async def signals_of(tx: Reading, account_id: int, most: int = 10) -> list[Signal]:
    """The newest signals of an account that the caller was seen to be allowed."""
    rows = await tx.fetch(f"{_SIGNAL} WHERE g.account_id = $1 ORDER BY g.at DESC, g.id DESC LIMIT $2", account_id, most)
    return [_signal(row) for row in rows]


def _signal(row: Row) -> Signal:
    told = dict(row)
    return Signal(**{**told, "evidence": json.loads(told["evidence"]), "measures": json.loads(told["measures"])})
