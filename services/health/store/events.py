"""Events, read to explain a change or to fold the past again. Ingest writes them; health only reads."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.health.past import People
from services.health.present import Span
from shared.clock import to_us
from shared.contracts import NATIVE
from shared.database import Reading, Row
from shared.facts import Event
from shared.native import decode_body

_FOLDED = list(NATIVE)
_NOBODY = ("", "")
_EVENT = "account_id, id, type, occurred_at, sequence, payload"


class Brief(NamedTuple):
    """An event as an explanation needs it."""

    id: bytes
    type: str
    occurred_at: dt.datetime


async def telling(reading: Reading, spans: Sequence[Span]) -> dict[int, list[Brief]]:
    """The events of the spans that tell more than that somebody was active, by account, oldest first."""
    found: dict[int, list[Brief]] = defaultdict(list)
    for row in await _telling(reading, "e.account_id, e.id, e.type, e.occurred_at", spans):
        found[row[0]].append(Brief(row[1], row[2], row[3]))
    return found


async def telling_events(reading: Reading, spans: Sequence[Span]) -> dict[int, list[Event]]:
    """The same, whole, to be folded."""
    columns = ", ".join(f"e.{name}" for name in _EVENT.split(", "))
    found: dict[int, list[Event]] = defaultdict(list)
    for row in await _telling(reading, columns, spans):
        if row["type"] in NATIVE:
            found[row["account_id"]].append(_event(*row)[1])
    return found


async def _telling(reading: Reading, columns: str, spans: Sequence[Span]) -> list[Row]:
    """One look into the index that leaves usage out, for all spans."""
    return await reading.fetch(
        f"""
        SELECT {columns}
          FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS span(account_id, after, upto)
          JOIN telling_events e ON e.account_id = span.account_id AND e.version > span.after AND e.version <= span.upto
           AND e.type NOT IN ('usage.recorded', 'login.recorded')
         ORDER BY e.account_id, e.occurred_at, e.id
        """,
        [span.account for span in spans],
        [span.after for span in spans],
        [span.upto for span in spans],
    )


async def of_account(reading: Reading, account: int) -> list[tuple[Event, int]]:
    """All events of an account with their arrivals (µs), in no order."""
    rows = await reading.fetch(
        f"SELECT {_EVENT}, received_at FROM events WHERE account_id = $1 AND type = ANY($2)", account, _FOLDED
    )
    return [(_event(*row[:6])[1], to_us(row["received_at"])) for row in rows]


async def count_by_day(reading: Reading, accounts: Collection[int] | None, before: dt.datetime) -> dict[int, int]:
    """How many events occurred on each UTC day before an instant; of all accounts when None."""
    rows = await reading.fetch(
        """
        SELECT floor(extract(epoch FROM occurred_at) / 86400)::int AS day, count(*) AS events
          FROM events WHERE ($1::bigint[] IS NULL OR account_id = ANY($1)) AND occurred_at < $2
         GROUP BY day
        """,
        None if accounts is None else list(accounts),
        before,
    )
    return {row["day"]: row["events"] for row in rows}


async def between(
    reading: Reading, accounts: Collection[int] | None, since: dt.datetime, until: dt.datetime
) -> list[tuple[int, Event]]:
    """(account, event) of all that occurred from `since` to before `until`, in no order."""
    rows = await reading.fetch(
        f"""
        SELECT {_EVENT} FROM events
         WHERE ($1::bigint[] IS NULL OR account_id = ANY($1)) AND occurred_at >= $2 AND occurred_at < $3
           AND type = ANY($4)
        """,
        None if accounts is None else list(accounts),
        since,
        until,
        _FOLDED,
    )
    return [_event(*row) for row in rows]


async def people(reading: Reading, accounts: Collection[int]) -> dict[int, People]:
    """On which days everybody at the accounts was active."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in await reading.fetch(
        "SELECT account_id, last_day, mask FROM presence WHERE account_id = ANY($1::bigint[])", list(accounts)
    ):
        found[row[0]].append((row[1], int.from_bytes(row[2], "little")))
    return dict(found)


def _event(  # noqa: PLR0917
    account: int, id: bytes, type: str, occurred_at: dt.datetime, sequence: int, payload: bytes
) -> tuple[int, Event]:
    """A row as far as the fold reads it: the account is told apart, the source is left out."""
    return account, Event(id, "", type, _NOBODY, to_us(occurred_at), sequence, decode_body(type, payload), b"")
