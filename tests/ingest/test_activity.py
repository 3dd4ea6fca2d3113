"""Usage and logins lie side by side in few rows, and the view of all events gives back what came, to the byte."""

import json

import pytest

from services.ingest.handle import Ingest
from services.ingest.store import events
from shared.broker import Record
from shared.clock import from_us
from shared.database import Database
from shared.settings import Settings
from tests.ingest.stories import START, as_text, record

NOW = from_us(START)
PAYLOADS = [
    b'{"person_id":"mia"}',
    b' { "person_id" : "m\xc3\xafa" ,\n "feature": "a\tb"}'.replace(b"\t", b" "),
    b'{"actions": 3, "person_id": "\\"quoted\\" \\u00e9"}',
    '{"person_id":"مرحبا 🙂"}'.encode(),
]


def used(number: int, payload: bytes, **headers: object) -> Record:
    kind = headers.pop("kind", "usage.recorded")
    told = {"ce_id": str(number), "ce_time": as_text(START - number * 1_000_001), **headers}
    return record(str(kind), None, value=payload, **told)


async def accepted(database: Database, records: list[Record]) -> list[tuple[object, ...]]:
    """What the view tells of the records, by the source's order of ids."""
    ingest = Ingest(Settings())
    async with database.writing() as tx:
        await ingest.on_records(tx, [record("account.updated", {"name": "Acme"}, ce_id="a"), *records], NOW)
    async with database.reading() as reading:
        rows = await reading.fetch(
            "SELECT source, type, account_key, occurred_at, received_at, sequence, version, payload FROM events"
            " WHERE type <> 'account.updated' ORDER BY occurred_at DESC, source"
        )
        assert await reading.value("SELECT count(*) FROM telling_events") == 1
    return [tuple(row) for row in rows]


async def test_the_view_gives_back_what_came(database: Database) -> None:
    told = await accepted(database, [used(n, payload) for n, payload in enumerate(PAYLOADS)])
    assert [row[:7] for row in told] == [
        ("app", "usage.recorded", "acme", from_us(START - n * 1_000_001), NOW, 0, 1) for n in range(len(PAYLOADS))
    ]
    assert [json.loads(bytes(row[7])) for row in told] == [json.loads(payload) for payload in PAYLOADS]
    assert [bytes(row[7]) for row in told][::3] == PAYLOADS[::3]


async def test_sources_types_and_sequences_are_kept_apart(database: Database) -> None:
    records = [
        used(1, PAYLOADS[0], ce_sequence="7"), used(2, PAYLOADS[0], ce_source="shop"),
        used(3, PAYLOADS[0], kind="login.recorded"), used(4, PAYLOADS[0]),
    ]  # fmt: skip
    told = await accepted(database, records)
    assert [(row[0], row[1], row[5]) for row in told] == [
        ("app", "usage.recorded", 7), ("shop", "usage.recorded", 0), ("app", "login.recorded", 0),
        ("app", "usage.recorded", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [events._MOST_IN_A_ROW, events._MOST_IN_A_ROW + 1])
async def test_many_events_are_few_rows_and_none_is_lost(database: Database, count: int) -> None:
    assert len(await accepted(database, [used(n, PAYLOADS[0]) for n in range(count)])) == count
    async with database.reading() as reading:
        rows = await reading.value("SELECT count(*) FROM activity")
    assert rows == -(-count // events._MOST_IN_A_ROW)


async def test_each_event_keeps_its_own_arrival(database: Database) -> None:
    early = used(5, PAYLOADS[0])
    late = used(6, PAYLOADS[0])._replace(timestamp=START // 1000 - 4_000)
    told = await accepted(database, [early, late])
    assert [row[4] for row in told] == [NOW, from_us(START - 4_000_000)]
