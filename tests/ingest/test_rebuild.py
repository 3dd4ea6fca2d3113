"""What is known follows from what was told: told once more, it comes to the same bytes."""

import asyncio
import datetime as dt
import random
from pathlib import Path

import pytest

from services.cli.importing import load_mapping
from services.cli.pump import record_of
from services.cli.rebuild import beside
from services.ingest import archiving, recognising
from services.ingest.archiving import Order
from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.rebuilding import CHUNK, Places, Rebuilt, rebuild
from services.ingest.sources import translate
from services.sample import simulate
from shared.archive import Archive
from shared.broker import Outgoing, Partition, Record
from shared.clock import to_us
from shared.database import Database
from shared.settings import Settings
from tests.cast import NOW, acme_exists, told, used
from tests.import_.stories import imported, write
from tests.import_.test_flowstack import FILES
from tests.import_.test_mapping import EXAMPLE
from tests.ingest.identity_world import told as told_under

DAY = dt.timedelta(days=1)


def arrivals(*records: Outgoing, at: dt.datetime = NOW) -> list[Arrival]:
    """What records come to that arrive at an instant."""
    found = []
    for out in records:
        record = Record(Partition(out.topic, 0), 0, to_us(at) // 1000, out.key, out.value, out.headers)
        found += [Arrival(event, to_us(at)) for event in translate(record)]
    return found


async def accept(database: Database, some: list[Arrival], ingest: Ingest | None = None) -> None:
    async with database.writing() as tx:
        await (ingest or Ingest(Settings())).accept(tx, some, NOW)


async def rebuilt(database: Database, archive: Archive | None = None) -> Rebuilt:
    """A rebuild beside the live schema, which is gone afterwards."""
    async with beside(database, keep=False) as fresh:
        result = await rebuild(Places(database, fresh, archive), Settings(), NOW)
    async with database.reading() as tx:
        assert await tx.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuild'") == 0
    return result


async def the_sample_company(database: Database, accounts: int = 12, days: int = 60) -> int:
    """Its history, in chunks, some of it before the accounts are known; how many events."""
    events = list(simulate(until=NOW, accounts=accounts, days=days, seed=3).history())
    order = random.Random(5)
    ingest = Ingest(Settings())
    for start in range(0, len(events), 2_000):
        chunk = arrivals(*map(record_of, events[start : start + 2_000]))
        order.shuffle(chunk)
        await accept(database, chunk, ingest)
    applied = 1
    while applied:
        async with database.writing() as tx:
            applied = await ingest.apply_matched(tx, NOW)
    return len(events)


async def test_the_sample_company_told_again_is_what_is_live(database: Database) -> None:
    count = await the_sample_company(database)
    progress: list[tuple[int, int]] = []
    async with beside(database, keep=False) as fresh:
        places = Places(database, fresh, None)
        result = await rebuild(places, Settings(), NOW, lambda *told: progress.append(told))
    assert (result.events, result.accounts, result.waiting) == (count, 12, 0)
    assert result.differences == []
    assert result.equal
    assert progress[-1] == (count, count)


async def test_a_larger_company_with_all_that_can_befall_it_comes_to_the_same_bytes(database: Database) -> None:
    """Two are merged, one parted again, one deleted, a person forgotten, a contact moves, a key is taken off."""
    await the_sample_company(database, accounts=60, days=120)
    async with database.reading() as tx:
        rows = await tx.fetch("SELECT external_id FROM identities WHERE rule = 'own' ORDER BY external_id LIMIT 5")
        person = await tx.value("SELECT person_id FROM people WHERE email IS NOT NULL ORDER BY person_id LIMIT 1")
    one, two, three, four, five = (("native", row["external_id"]) for row in rows)
    befell = [
        told_under("account.merged", one, id="1", from_id=two[1]),
        told_under("account.merged", one, id="2", from_id=three[1]),
        told_under("account.unmerged", one, id="3", at=NOW + DAY, from_id=three[1]),
        told_under("account.deleted", four, id="4"),
        told_under("person.erased", five, id="5", person_id=person),
        told_under("person.moved", four, id="6", at=NOW - 2 * DAY, person_id="mover"),
        told_under("person.updated", four, id="7", at=NOW - 2 * DAY, person_id="mover", name="Mo", role="champion"),
        told_under("person.moved", five, id="8", at=NOW - DAY, person_id="mover"),
        told_under("identity.linked", five, id="9", source="zendesk", external_id="z"),
        told_under("cancel.requested", ("zendesk", "z"), id="10"),
        told_under("identity.unlinked", five, id="11", at=NOW + DAY, source="zendesk", external_id="z"),
    ]
    ingest = Ingest(Settings())
    for arrival in befell:
        await accept(database, [arrival], ingest)
    result = await rebuilt(database)
    assert (result.differences, result.accounts) == ([], 60)


async def test_an_import_told_again_is_what_is_live(database: Database, tmp_path: Path) -> None:
    write(tmp_path, **FILES)
    await imported(database, tmp_path, load_mapping(EXAMPLE), history=True)
    result = await rebuilt(database)
    assert result.equal
    assert result.accounts == 2


async def test_what_has_left_for_the_archive_is_told_from_there(database: Database, tmp_path: Path) -> None:
    count = await the_sample_company(database)
    archive = Archive(str(tmp_path))
    later = NOW + 300 * DAY
    done = await archiving.run(database, archive, Order(later, after_days=2, keep_days=220))
    assert done.left_days == 1
    async with database.reading() as tx:
        assert await tx.value("SELECT count(*) FROM activity") == 0
    result = await rebuilt(database, archive)
    assert (result.events, result.equal) == (count, True)


async def test_what_differs_is_named(database: Database) -> None:
    await accept(database, arrivals(acme_exists(), acme_exists("globex"), used(), used("ben", "globex")))
    async with database.writing() as tx:
        await tx.execute(
            "UPDATE facts SET facts = facts || '\\x00' WHERE account_id = (SELECT min(account_id) FROM facts)"
        )
        await tx.execute(
            "UPDATE presence SET last_day = last_day + 1 WHERE account_id = (SELECT max(id) FROM accounts)"
        )
    result = await rebuilt(database)
    assert not result.equal
    assert {what: count for what, count in result.differing.items() if count} == {"facts": 1, "presence": 1}
    assert {one.name for one in result.differences} == {"Acme", "Globex"}


@pytest.mark.parametrize(
    ("what", "meddling"),
    [
        ("people", "UPDATE people SET title = 'CFO'"),
        ("subscriptions", "UPDATE subscriptions SET seats = seats + 1"),
        ("mrr_movements", "UPDATE mrr_movements SET amount = amount + 0.000001"),
        ("mrr_movements", "DELETE FROM mrr_movements"),
    ],
)
async def test_a_row_of_a_list_that_differs_is_named(database: Database, what: str, meddling: str) -> None:
    mia = told("person.updated", "acme", person_id="mia", name="Mia", title="CEO")
    paid = told(
        "subscription.updated", "acme", subscription_id="s-1", status="active", amount=100, currency="USD", seats=5
    )
    await accept(database, arrivals(acme_exists(), acme_exists("globex"), mia, paid))
    assert (await rebuilt(database)).compared[what] == 1
    async with database.writing() as tx:
        assert await tx.execute(meddling) == 1
    assert [(one.what, one.name) for one in (await rebuilt(database)).differences] == [(what, "Acme")]


async def test_events_that_waited_for_their_account_find_it_again(database: Database) -> None:
    ingest = Ingest(Settings())
    await accept(database, arrivals(used(), used("ben"), at=NOW - DAY), ingest)
    await accept(database, arrivals(acme_exists()), ingest)
    async with database.writing() as tx:
        assert await ingest.apply_matched(tx, NOW) == 2
    result = await rebuilt(database)
    assert (result.events, result.waiting, result.equal) == (3, 0, True)


async def test_what_still_waits_is_no_difference(database: Database) -> None:
    await accept(database, arrivals(acme_exists(), used("mia", "nobody")))
    result = await rebuilt(database)
    assert (result.events, result.equal) == (1, True)


async def test_accounts_that_were_merged_are_merged_again(database: Database) -> None:
    ingest = Ingest(Settings())
    await accept(database, arrivals(acme_exists(), acme_exists("globex"), used(), used("ben", "globex")), ingest)
    await accept(database, arrivals(told("account.merged", "acme", from_id="globex")), ingest)
    await accept(database, arrivals(used("eve", "globex")), ingest)
    result = await rebuilt(database)
    assert result.differences == []


async def test_who_was_forgotten_does_not_come_back(database: Database) -> None:
    ingest = Ingest(Settings())
    mia = told("person.updated", "acme", person_id="mia-1", name="Mia Wong", email="mia@acme.example", role="champion")
    await accept(database, arrivals(acme_exists(), mia, used("mia-1"), used("ben-2")), ingest)
    await accept(database, arrivals(told("person.erased", "acme", person_id="mia-1", source="steward")), ingest)
    await accept(database, arrivals(used("mia-1", at=NOW - DAY)), ingest)
    async with beside(database, keep=False) as fresh:
        result = await rebuild(Places(database, fresh, None), Settings(), NOW)
        async with fresh.reading() as tx:
            told_again = await tx.fetch("SELECT payload FROM events")
            people = await tx.fetch("SELECT person_id, name, email FROM people")
    assert result.differences == []
    assert not any(b"mia" in row["payload"].lower() for row in told_again)
    assert not any("mia" in str(tuple(row)).lower() for row in people)


async def test_what_happens_meanwhile_is_no_difference(database: Database) -> None:
    await accept(database, arrivals(acme_exists(), *(used(f"p{number}") for number in range(CHUNK))))
    meanwhile: list[asyncio.Task[None]] = []

    def busy(*_: int) -> None:
        meanwhile.append(asyncio.create_task(accept(database, arrivals(used("late"), acme_exists("new")))))

    async with beside(database, keep=False) as fresh:
        result = await rebuild(Places(database, fresh, None), Settings(), NOW, busy)
        await asyncio.gather(*meanwhile)
    assert len(meanwhile) == 2
    assert (result.events, result.equal) == (CHUNK + 1, True)


async def test_the_mapping_of_ids_is_compared_too(database: Database) -> None:
    await accept(database, arrivals(acme_exists(external_ids={"stripe": "cus_1"})))
    async with database.writing() as tx:
        await tx.execute("DELETE FROM identities WHERE source = 'stripe'")
    result = await rebuilt(database)
    assert [(one.what, one.of) for one in result.differences] == [("identities", "stripe:cus_1")]


async def test_the_first_link_of_a_key_is_the_first_again_wherever_its_row_lies_by_now(database: Database) -> None:
    ingest = Ingest(Settings())
    for name in ("acme", "globex"):
        await accept(database, arrivals(acme_exists(name, external_ids={"stripe": "cus_1"})), ingest)
    async with database.writing() as tx:  # what a merge or an erasure does to rows
        await tx.execute("UPDATE telling_events SET payload = payload WHERE account_key = 'acme'")
    result = await rebuilt(database)
    assert result.differences == []


async def test_what_was_recognised_by_a_domain_is_so_again(database: Database) -> None:
    """Of October, before the account was known in November and another with the same domain in December."""
    ingest = Ingest(Settings(match_email_domains=True))
    await accept(database, [told_under("cancel.requested", ("domain", "acme.example"), id="1")], ingest)
    await accept(database, arrivals(acme_exists(domain="acme.example")), ingest)
    async with database.writing() as tx:
        assert await recognising.link_waiting(tx, NOW, domains=True) == 1
        assert await ingest.apply_matched(tx, NOW) == 1
    await accept(database, arrivals(acme_exists("globex", domain="acme.example")), ingest)
    result = await rebuilt(database)
    assert (result.differences, result.waiting) == ([], 0)


async def test_what_somebody_did_before_two_accounts_knew_them_stays_where_it_was(database: Database) -> None:
    ingest = Ingest(Settings())
    mia = {"person_id": "mia", "email": "mia@acme.example"}
    await accept(database, arrivals(acme_exists(), told("person.updated", **mia)), ingest)
    await accept(
        database, [told_under("usage.recorded", ("amplitude:person", mia["email"]), id="1", person_id="mia")], ingest
    )
    await accept(database, arrivals(acme_exists("globex"), told("person.updated", "globex", **mia)), ingest)
    result = await rebuilt(database)
    assert (result.events, result.differences, result.waiting) == (5, [], 0)
