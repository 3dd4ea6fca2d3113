"""Who tells us things, and who has fallen silent, by REST."""

import datetime as dt

from shared import positions
from shared.broker import Partition, Record
from shared.clock import to_us
from shared.database import Database
from shared.errors import Reason
from shared.parking import Parked, park
from shared.positions import Trouble
from tests.api import company
from tests.api.conftest import Client

NOW = company.NOW
HOUR = dt.timedelta(hours=1)


async def know(database: Database, source: str, heard: dt.datetime | None, gap: int | None, held: bool = False) -> None:
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO sources (source, accepted, last_event_at, last_received_at, usual_gap_s, held_since)"
            " VALUES ($1, 7, $2, $2, $3, $4)",
            source, heard, gap, NOW if held else None,
        )  # fmt: skip


async def test_a_source_that_is_silent_for_longer_than_usual_is_quiet(database: Database, manager: Client) -> None:
    await know(database, "busy", NOW - 2 * HOUR, 60)
    await know(database, "nightly", NOW - 20 * HOUR, 86_400)
    await know(database, "new", NOW - 20 * HOUR, None)
    found = {one["source"]: one for one in (await manager.get("/v1/sources")).json()["data"]}
    assert {name: one["quiet"] for name, one in found.items()} == {"busy": True, "nightly": False, "new": False}
    assert [found[name]["quiet_after_seconds"] for name in ("busy", "nightly", "new")] == [3_600, 172_800, 172_800]
    assert found["busy"]["accepted"] == 7


async def test_what_is_parked_of_a_source_is_counted_by_reason(database: Database, manager: Client) -> None:
    await know(database, "crm", None, None, held=True)
    records = [
        Parked(Record(Partition("crm.events", 0), n, 0, None, b"{", []), "crm", reason, "why", to_us(NOW))
        for n, reason in enumerate([Reason.NOT_JSON, Reason.HELD, Reason.HELD])
    ]
    async with database.writing() as tx:
        await park(tx, records, NOW)
    (one,) = (await manager.get("/v1/sources")).json()["data"]
    assert [(p["reason"], p["status"], p["records"]) for p in one["problems"]] == [
        ("held", "held", 2), ("not_json", "parked", 1),
    ]  # fmt: skip
    assert (one["held_since"] is not None, one["quiet"], one["last_received_at"]) == (True, False, None)


async def test_events_that_wait_for_their_account_are_counted(database: Database, manager: Client) -> None:
    await know(database, "stripe", NOW, 60)
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO unmatched (id, source, type, account_source, account_key, occurred_at, received_at, sequence,"
            " payload) VALUES ('\\x01', 'stripe', 'invoice.updated', 'stripe', 'cus_1', $1, $1, 0, '{}')",
            NOW,
        )
    (one,) = (await manager.get("/v1/sources")).json()["data"]
    assert one["waiting"] == 1


async def test_a_partition_that_does_not_go_on_is_told_to_whoever_may_send_by_it(
    database: Database, manager: Client
) -> None:
    for source in ("stripe", "zendesk", "shop.example.com"):
        await know(database, source, NOW, 60)
    await block(database, "ingest", Partition("billing.events", 3))
    await block(database, "health", Partition("account.changes", 1))
    found = {one["source"]: one["blocked"] for one in (await manager.get("/v1/sources")).json()["data"]}
    (blocked,) = found["stripe"]
    assert (blocked["topic"], blocked["partition"], blocked["remedy"]) == ("billing.events", 3, "mend it")
    assert blocked["error"] == "the record at 4 fails"
    assert (found["zendesk"], found["shop.example.com"]) == ([], [blocked])


async def block(database: Database, group: str, place: Partition) -> None:
    async with database.writing() as tx:
        claimed = await positions.claim(tx, group, place, 0, f"{group}-0")
        await positions.note(tx, group, place, claimed.epoch, Trouble("the record at 4 fails", "mend it"))
