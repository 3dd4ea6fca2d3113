"""What names people: events, events that wait, rejected records. Found, shown, written over."""

import datetime as dt
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any

from services.ingest.shielding import GIVEN_UP
from shared.database import Reading, Row, Writing
from shared.outbox import pack_headers

_ACTIVITY = (
    "account_id", "version", "received_at", "source", "type", "account_source", "account_key",
    "ids", "occurred", "received", "sequences", "payloads",
)  # fmt: skip


# --- events ---------------------------------------------------------------------------------------


async def telling(tx: Reading, accounts: Collection[int]) -> AsyncIterator[Row]:
    """The events of accounts that tell more than activity: id, source, type, key, times and payload."""
    async for row in tx.stream(
        """
        SELECT id, source, type, account_id, account_source, account_key, occurred_at, received_at, payload
          FROM telling_events WHERE account_id = ANY($1::bigint[]) ORDER BY occurred_at, id
        """,
        list(accounts),
    ):
        yield row


async def rewrite_telling(
    tx: Writing, accounts: Collection[int], changed: Mapping[bytes, tuple[str, bytes]]
) -> set[dt.date]:
    """Writes payloads and keys of events over: id → (account key, payload). The UTC days on which they had arrived."""
    rows = await tx.fetch(
        """
        UPDATE telling_events e SET account_key = n.key, payload = n.payload
          FROM unnest($2::bytea[], $3::text[], $4::bytea[]) AS n(id, key, payload)
         WHERE e.account_id = ANY($1::bigint[]) AND e.id = n.id
        RETURNING (e.received_at AT TIME ZONE 'UTC')::date AS day
        """,
        list(accounts), list(changed), [key for key, _ in changed.values()], [raw for _, raw in changed.values()],
    )  # fmt: skip
    return {row["day"] for row in rows}


async def take_activity(tx: Writing, accounts: Collection[int], needles: Collection[bytes]) -> list[dict[str, Any]]:
    """Takes rows of activity out whose payloads hold one of the needles, or that have a person's key."""
    rows = await tx.fetch(
        f"""
        DELETE FROM activity WHERE account_id = ANY($1::bigint[])
           AND (account_source LIKE '%:person'
                OR EXISTS (SELECT FROM unnest($2::bytea[]) AS n WHERE position(n IN payloads) > 0))
        RETURNING {", ".join(_ACTIVITY)}
        """,
        list(accounts), list(needles),
    )  # fmt: skip
    return [dict(row) for row in rows]


async def put_activity(tx: Writing, rows: Iterable[Mapping[str, Any]]) -> None:
    """Puts rows of activity back."""
    await tx.copy("activity", _ACTIVITY, [tuple(row[name] for name in _ACTIVITY) for row in rows])


async def count_activity(tx: Reading, accounts: Collection[int], needles: Collection[bytes]) -> list[Row]:
    """How many uses and sign-ins hold one of the needles, by account, type and UTC day."""
    return await tx.fetch(
        """
        SELECT e.account_id, e.type, (e.occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM events e
         WHERE e.account_id = ANY($1::bigint[]) AND e.type IN ('usage.recorded', 'login.recorded')
           AND EXISTS (SELECT FROM unnest($2::bytea[]) AS n WHERE position(n IN e.payload) > 0)
         GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
        """,
        list(accounts), list(needles),
    )  # fmt: skip


# --- what waits or was rejected -------------------------------------------------------------------


async def waiting(tx: Reading, needles: Collection[str]) -> list[Row]:
    """Events that wait and hold one of the needles (in small letters) in key or payload."""
    return await tx.fetch(
        """
        SELECT id, source, type, account_source, account_key, occurred_at, received_at, payload FROM unmatched u
         WHERE EXISTS (SELECT FROM unnest($1::text[]) AS n
                        WHERE strpos(lower(u.account_key), n) > 0
                           OR strpos(lower(convert_from(u.payload, 'UTF8')), n) > 0)
        """,
        list(needles),
    )


async def rewrite_waiting(tx: Writing, changed: Mapping[bytes, tuple[str, bytes]]) -> None:
    """Writes payloads and keys of waiting events over: id → (account key, payload)."""
    if changed:
        await tx.execute(
            """
            UPDATE unmatched u SET account_key = n.key, payload = n.payload
              FROM unnest($1::bytea[], $2::text[], $3::bytea[]) AS n(id, key, payload) WHERE u.id = n.id
            """,
            list(changed), [key for key, _ in changed.values()], [raw for _, raw in changed.values()],
        )  # fmt: skip


async def rejected(tx: Reading, needles: Collection[bytes]) -> AsyncIterator[Row]:
    """Rejected records that hold one of the needles, in whatever case, in key, headers or body: id, source, reason,
    rejected_at, and all three."""
    async for row in tx.stream(
        """
        SELECT id, source, reason, rejected_at, key, headers, value FROM rejected r
         WHERE EXISTS (SELECT FROM unnest($1::bytea[]) AS n
                        WHERE strpos(lower(encode(r.value, 'escape')), lower(encode(n, 'escape'))) > 0
                           OR position(n IN r.headers) > 0 OR position(n IN coalesce(r.key, '')) > 0)
         ORDER BY id
        """,
        list(needles), prefetch=100,
    ):  # fmt: skip
        yield row


async def blank_rejected(tx: Writing, ids: Sequence[int]) -> int:
    """Empties rejected records and gives them up; how many."""
    return await tx.execute(
        """
        UPDATE rejected SET status = 'discarded', words = $2, headers = $3, key = convert_to(id::text, 'UTF8'),
               value = ''
         WHERE id = ANY($1::bigint[])
        """,
        list(ids), GIVEN_UP, pack_headers([]),
    )  # fmt: skip
