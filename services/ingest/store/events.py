"""Accepted events, events that wait for their account, and corrections of the past."""

import datetime as dt
from collections.abc import Mapping, Sequence

from services.ingest.nouns import Arrival
from shared.clock import from_us
from shared.database import Row, Writing

_COLUMNS = (
    "id", "source", "type", "account_id", "account_source", "account_key",
    "occurred_at", "received_at", "sequence", "version", "payload",
)  # fmt: skip


async def keep(tx: Writing, accepted: Mapping[int, Sequence[Arrival]], versions: Mapping[int, int]) -> None:
    """Keeps accepted events, by account, with the facts version that each was folded into."""
    instants: dict[int, dt.datetime] = {}
    rows = []
    for account, arrivals in accepted.items():
        version = versions[account]
        for event, received in arrivals:
            id_, source, kind, (space, key), occurred_at, sequence, _, raw = event
            at = instants.get(received)
            if at is None:
                at = instants[received] = from_us(received)
            rows.append((id_, source, kind, account, space, key, from_us(occurred_at), at, sequence, version, raw))
    await tx.copy("events", _COLUMNS, rows)


async def wait(tx: Writing, arrivals: Sequence[Arrival]) -> None:
    """Keeps events whose account is not known yet."""
    await tx.copy(
        "unmatched",
        ("id", "source", "type", "account_source", "account_key", "occurred_at", "received_at", "sequence", "payload"),
        [
            (e.id, e.source, e.type, *e.account, from_us(e.occurred_at), from_us(received), e.sequence, e.raw)
            for e, received in arrivals
        ],
    )


async def take_matched(tx: Writing, most: int) -> list[Row]:
    """Takes events whose key is known by now off the waiting list, each to one taker only."""
    return await tx.fetch(
        """
        DELETE FROM unmatched WHERE id IN (
            SELECT u.id FROM unmatched u
              JOIN identities i ON i.source = u.account_source AND i.external_id = u.account_key
             LIMIT $1 FOR UPDATE OF u SKIP LOCKED)
        RETURNING id, source, type, account_source, account_key, occurred_at, received_at, sequence, payload
        """,
        most,
    )


async def correct(tx: Writing, from_day: Mapping[int, tuple[int, int]]) -> None:
    """Notes which accounts' past has changed: account → (facts version, first changed day since 1970)."""
    if from_day:
        await tx.execute(
            """
            INSERT INTO corrections (account_id, version, from_day)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[]) ON CONFLICT DO NOTHING
            """,
            list(from_day), [v for v, _ in from_day.values()], [d for _, d in from_day.values()],
        )  # fmt: skip


async def make_partition(tx: Writing, month: dt.date) -> None:
    """Makes the partition of events for the month that begins on `month`, unless it is there."""
    following = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    name = f"events_{month:%Y_%m}"
    if await tx.value("SELECT to_regclass($1)", name) is None:
        await tx.execute(
            f"CREATE TABLE {name} PARTITION OF events FOR VALUES FROM ('{month} 00:00+00') TO ('{following} 00:00+00')"
        )
