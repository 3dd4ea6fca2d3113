"""Who was forgotten is neither in the archive nor in what is kept raw, whoever asked and whatever comes later."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from services.ingest import archive_erasing, archiving
from services.ingest.archive_files import verify
from services.ingest.archiving import Order
from services.ingest.holding import SourceState
from services.ingest.sources import hubspot
from services.ingest.store import archive as archive_store
from services.ingest.store import holding
from shared.archive import Archive
from shared.broker import Outgoing, Partition, Record
from shared.clock import to_us
from shared.database import Database
from tests import cast
from tests.cast import NOW
from tests.import_.stories import accounts_file, imported, mapping, write
from tests.ingest.identity_world import World, told

MAIL, NAME, ID = "mia@acme.example", "Mia Chen", "77001"
CONTACT = ("hubspot", "9")


async def a_company_with_mia(database: Database) -> World:
    """HubSpot knows her; a colleague's note names her; she uses the product."""
    world = World(database)
    await world.hear(
        told("account.updated", CONTACT, id="a", name="Acme", external_ids={"native": "acme"}),
        told("person.updated", CONTACT, id="1", person_id=ID, name=NAME, email=MAIL),
        told("note.added", id="2", note_id="n", text=f"{NAME} wants more"),
        told("usage.recorded", CONTACT, id="3", person_id=ID),
        told("usage.recorded", CONTACT, id="4", person_id="noor"),
    )
    return world


async def forget(world: World) -> None:
    await world.hear(told("person.erased", ("hubspot:person", ID), id="e", at=NOW + dt.timedelta(1), person_id=ID))


async def take(world: World, *records: Outgoing) -> None:
    some = [Record(Partition(out.topic, 0), n, to_us(NOW) // 1000, out.key, out.value, out.headers)
            for n, out in enumerate(records)]  # fmt: skip
    async with world.database.writing() as tx:
        await world.ingest.on_records(tx, some, NOW)


async def named(world: World) -> list[str]:
    """Which of her names are still anywhere."""
    text = await world.everything()
    return [word for word in (MAIL, NAME) if word in text]


def filed(archive: Archive, kept: list[archive_store.Kept]) -> str:
    return "\n".join(f"{one.account_key} {one.payload.decode()}" for k in kept
                     for batch in archive.read(k.entry) for one in batch)  # fmt: skip


async def files(database: Database) -> list[archive_store.Kept]:
    async with database.reading() as tx:
        return await archive_store.files(tx)


@pytest.mark.parametrize("leave_after", [220, 5])
async def test_a_crm_s_request_reaches_the_archive_wherever_the_day_is(
    database: Database, tmp_path: Path, leave_after: int
) -> None:
    world, archive = await a_company_with_mia(database), Archive(str(tmp_path))
    late = NOW + dt.timedelta(days=9)
    await archiving.run(database, archive, Order(late, after_days=2, keep_days=leave_after))
    assert NAME in filed(archive, await files(database))
    await forget(world)
    assert await archive_erasing.clean(database, archive, late) == 2
    text = filed(archive, await files(database))
    assert [word for word in (MAIL, NAME, ID) if word in text] == []
    assert "noor" in text
    assert await verify(database, archive) == []
    assert await archive_erasing.clean(database, archive, late) == 0


async def test_somebody_forgotten_while_a_day_is_written_anew_is_looked_for_again(database: Database) -> None:
    async with database.writing() as tx:
        await archive_store.note_stale(tx, "telling", {NOW.date()})
        (before,) = await archive_store.stale(tx)
        await archive_store.note_stale(tx, "telling", {NOW.date()})
        await archive_store.forget_stale(tx, before)
        assert len(await archive_store.stale(tx)) == 1


def contact(**fields: Any) -> Outgoing:
    """What HubSpot says of her, in our own terms, of an account of ours."""
    return cast.told("person.updated", "acme", person_id=ID, source="shop", **fields)


async def test_a_rejected_record_that_names_somebody_forgotten_is_emptied(database: Database) -> None:
    world = await a_company_with_mia(database)
    await forget(world)
    await take(
        world,
        contact(name=NAME, email=MAIL, at=NOW - dt.timedelta(days=99)),
        cast.told("person.updated", "acme", person_id="x" * 300, name=NAME, email=MAIL),
        cast.told("person.updated", "acme", person_id="x" * 300, name="Noor"),
    )
    rows = await world.rows("SELECT reason, status, value FROM rejected ORDER BY id")
    assert [row[:2] for row in rows] == [
        ("too_old", "discarded"), ("invalid_payload", "discarded"), ("invalid_payload", "parked"),
    ]  # fmt: skip
    assert await named(world) == []


async def test_a_rejected_record_whose_envelope_alone_says_the_account_is_emptied_too(database: Database) -> None:
    world = await a_company_with_mia(database)
    await forget(world)
    await take(world, cast.told("person.updated", "acme", person_id=ID, name=NAME, email=5))
    assert await world.rows("SELECT status, length(value) FROM rejected") == [("discarded", 0)]


async def test_a_held_record_that_names_somebody_forgotten_is_taken_without_them(database: Database) -> None:
    world = await a_company_with_mia(database)
    await forget(world)
    async with database.writing() as tx:
        await holding.save_states(tx, {"shop": SourceState(9, to_us(NOW))})
    other = cast.told("note.added", "acme", note_id="n2", text="all is well", source="shop")
    await take(world, contact(name=NAME, email=MAIL), other)
    assert await world.rows("SELECT status, value FROM rejected") == [("held", other.value)]
    assert await world.value("SELECT count(*) FROM events WHERE source = 'shop'") == 1
    assert await named(world) == []


async def test_a_raw_body_that_names_her_by_the_source_s_own_id_is_emptied(database: Database) -> None:
    world = await a_company_with_mia(database)
    await forget(world)
    body = {"objectId": int(ID), "subscriptionType": "contact.propertyChange", "propertyName": "firstname",
            "propertyValue": NAME, "occurredAt": "soon", "eventId": 1}  # fmt: skip
    raw = Outgoing(str(hubspot.SOURCE.topic), None, json.dumps(body).encode(),
                   [("ce_type", hubspot.SOURCE.record.encode()), ("ce_source", b"hubspot")])  # fmt: skip
    await take(world, raw)
    assert await world.rows("SELECT status, value FROM rejected") == [("discarded", b"")]


async def test_a_row_of_a_file_that_names_her_is_not_kept(database: Database, tmp_path: Path) -> None:
    world = await a_company_with_mia(database)
    await forget(world)
    write(tmp_path, accounts=f"id,name,since,owner\n2,{NAME} Ltd,soon,{MAIL}\n3,Noor Ltd,soon,noor@n.example\n")
    await imported(database, tmp_path, mapping(accounts_file()))
    rows = await world.rows("SELECT status, value <> '' FROM rejected ORDER BY id")
    assert rows == [("discarded", False), ("parked", True)]
    assert await named(world) == []
