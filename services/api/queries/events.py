"""Questions about events: what was received and folded."""

import datetime as dt
from typing import NamedTuple

import msgspec

from services.api.cursors import EventAt, page, read_cursor, write_cursor
from services.api.queries.visible import visible_accounts
from services.api.roles import Caller
from services.api.schemas import Page, StoredEvent
from shared.clock import is_skewed, to_us
from shared.database import Reading, Row
from shared.errors import NotFound

EVENT = "e.id, e.source, e.type, e.account_id, e.occurred_at, e.received_at, e.version, e.payload"


class EventFilter(NamedTuple):
    """Which events of an account are wanted; None does not ask."""

    type: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


async def list_events(
    tx: Reading, account_id: int, wanted: EventFilter, limit: int, cursor: str | None = None
) -> Page[StoredEvent]:
    """An account's events, last received first; `since` and `until` are about when they occurred."""
    after = read_cursor(cursor, EventAt)
    rows = await tx.fetch(
        f"""
        SELECT {EVENT}
        FROM events e
        WHERE e.account_id = $1
          AND ($2::text IS NULL OR e.type = $2)
          AND ($3::timestamptz IS NULL OR e.occurred_at >= $3)
          AND ($4::timestamptz IS NULL OR e.occurred_at < $4)
          AND ($5::timestamptz IS NULL OR (e.received_at, e.id) < ($5, $6::bytea))
        ORDER BY e.received_at DESC, e.id DESC
        LIMIT $7
        """,
        account_id, *wanted, after and after.at, after and after.id, limit + 1,
    )  # fmt: skip
    return _page_of(rows, limit)


def _page_of(rows: list[Row], limit: int) -> Page[StoredEvent]:
    found, last = page(rows, limit)
    next_ = last and write_cursor(EventAt(last["received_at"], last["id"]))
    return Page(data=[event_of(row) for row in found], next=next_)


async def list_telling(
    tx: Reading, caller: Caller, wanted: EventFilter, limit: int, cursor: str | None = None
) -> Page[StoredEvent]:
    """Events of all accounts that the caller may see, last received first, but for usage and logins."""
    after = read_cursor(cursor, EventAt)
    rows = await tx.fetch(
        f"""
        SELECT {EVENT}
        FROM telling_events e JOIN accounts a ON a.id = e.account_id
        WHERE {visible_accounts()} AND e.type NOT IN ('usage.recorded', 'login.recorded')
          AND ($2::text IS NULL OR e.type = $2)
          AND ($3::timestamptz IS NULL OR e.occurred_at >= $3)
          AND ($4::timestamptz IS NULL OR e.occurred_at < $4)
          AND ($5::timestamptz IS NULL OR (e.received_at, e.id) < ($5, $6::bytea))
        ORDER BY e.received_at DESC, e.id DESC
        LIMIT $7
        """,
        caller.book, *wanted, after and after.at, after and after.id, limit + 1,
    )  # fmt: skip
    return _page_of(rows, limit)


async def one_event(tx: Reading, caller: Caller, event_id: str, account: int | None) -> StoredEvent:
    """An event by its id. Usage and logins are many and have no index by id: they are found with `account`.

    Raises NotFound, also for an event of an account that the caller may not see.
    """
    row = await tx.row(
        f"""
        SELECT {EVENT} FROM telling_events e JOIN accounts a ON a.id = e.account_id
        WHERE {visible_accounts()} AND e.id = $2 AND e.type NOT IN ('usage.recorded', 'login.recorded')
        """,
        caller.book, bytes.fromhex(event_id),
    ) or await tx.row(
        f"""
        SELECT {EVENT} FROM events e JOIN accounts a ON a.id = e.account_id
        WHERE {visible_accounts()} AND e.account_id = (SELECT coalesce(survivor, id) FROM accounts WHERE id = $3)
          AND e.id = $2
        """,
        caller.book, bytes.fromhex(event_id), account,
    )  # fmt: skip
    if row is None:
        hint = "" if account else "If it is a login or a use of the product, name its `account` too."
        raise NotFound(f"There is no event {event_id} that you may see.", hint)
    return event_of(row)


def event_of(row: Row) -> StoredEvent:
    """A row of events."""
    return StoredEvent(
        **{name: row[name] for name in ("source", "type", "account_id", "occurred_at", "received_at", "version")},
        id=row["id"].hex(),
        skewed=is_skewed(to_us(row["occurred_at"]), to_us(row["received_at"])),
        data=msgspec.json.decode(row["payload"]),
    )
