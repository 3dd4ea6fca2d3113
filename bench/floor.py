"""The floors that the pipeline is measured against: the same runner and lanes, no product logic.

*Floor*: fetch, decode, dedupe, store the same bytes, move the position, commit. *Bare floor*: stores no bytes.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec

from shared.broker import Record
from shared.clock import from_us
from shared.database import Database, Writing

TABLES = """
CREATE TABLE IF NOT EXISTS floor_seen (id bytea PRIMARY KEY, seen_on date NOT NULL, keep boolean NOT NULL)
    PARTITION BY HASH (id);
CREATE TABLE IF NOT EXISTS floor_seen_0 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE IF NOT EXISTS floor_seen_1 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE IF NOT EXISTS floor_seen_2 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE IF NOT EXISTS floor_seen_3 PARTITION OF floor_seen FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE TABLE IF NOT EXISTS floor_events (
    id bytea NOT NULL, source text NOT NULL, type text NOT NULL, account_key text NOT NULL,
    occurred_at timestamptz NOT NULL, payload bytea NOT NULL)
"""


async def make_tables(database: Database) -> None:
    """The tables of the floors, empty."""
    async with database.writing() as tx:
        for statement in TABLES.split(";\n"):
            await tx.execute(statement)
        await tx.execute("TRUNCATE floor_seen, floor_events")
        await tx.execute("DELETE FROM positions WHERE \"group\" LIKE 'floor%'")


class Floor:
    """A handler that stores and understands nothing. `bare` stores no bytes either."""

    def __init__(self, *, bare: bool) -> None:
        self._bare = bare

    async def on_records(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        """Decodes, dedupes and stores a batch."""
        rows = {}
        for record in records:
            headers = dict(record.headers)
            msgspec.json.decode(record.value)
            identity = bytes.fromhex(headers["ce_id"].decode().replace("-", ""))
            rows[identity] = (
                identity, headers["ce_source"].decode(), headers["ce_type"].decode(), headers["ce_subject"].decode(),
                from_us(record.timestamp * 1000), record.value,
            )  # fmt: skip
        await tx.execute(
            "INSERT INTO floor_seen SELECT id, $2, false FROM unnest($1::bytea[]) AS id ON CONFLICT DO NOTHING",
            sorted(rows), now.date(),
        )  # fmt: skip
        if not self._bare:
            columns = ("id", "source", "type", "account_key", "occurred_at", "payload")
            await tx.copy("floor_events", columns, rows.values())
