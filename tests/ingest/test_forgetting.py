"""An id is forgotten once no duplicate of its event can come any more: not while a record of it can be sent again."""

import datetime as dt

from services.ingest import parked
from services.ingest.forgetting import keep_ids
from services.ingest.handle import Ingest
from services.ingest.store import rejected
from shared.broker import Outgoing, Partition, Record
from shared.clock import to_us
from shared.database import Database
from shared.errors import Reason
from shared.parking import Parked, park
from shared.settings import Settings
from tests.cast import NOW, acme_exists, used

LATE = (NOW + dt.timedelta(days=93)).date()
A_WEEK = dt.timedelta(days=7)


def record(out: Outgoing) -> Record:
    return Record(Partition(out.topic, 0), 0, to_us(NOW) // 1000, out.key, out.value, out.headers)


async def a_use_accepted(database: Database) -> Outgoing:
    once = used()
    async with database.writing() as tx:
        await Ingest(Settings()).on_records(tx, [record(acme_exists()), record(once)], NOW)
    await keep_ids(database, Settings(), NOW.date())
    return once


async def test_a_duplicate_that_was_held_for_long_still_counts_once(database: Database) -> None:
    once = await a_use_accepted(database)
    async with database.writing() as tx:
        held = Parked(record(once), "product", Reason.HELD, "held", to_us(NOW))
        await park(tx, [held], NOW)
    assert await keep_ids(database, Settings(), LATE) == 1
    async with database.writing() as tx:
        await Ingest(Settings()).on_records(tx, [record(once)], NOW + dt.timedelta(days=93))
        assert await tx.value("SELECT count(*) FROM activity") == 1


async def test_once_it_is_given_up_its_id_is_forgotten_too(database: Database) -> None:
    broken = (await a_use_accepted(database))._replace(value=b"{")
    async with database.writing() as tx:
        await Ingest(Settings()).on_records(tx, [record(broken)], NOW)
    assert await keep_ids(database, Settings(), LATE) == 1
    async with database.writing() as tx:
        (row,) = await rejected.some(tx, source=None, reason=None, statuses=["parked"], after=0, most=9)
        await parked.discard(tx, [row["id"]])
    assert await keep_ids(database, Settings(), LATE + A_WEEK) == 0
    assert await keep_ids(database, Settings(), LATE + 15 * A_WEEK) == 1
