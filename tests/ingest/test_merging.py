"""Accounts are merged and parted by folding anew: apart again, they are what they were if they had never met."""

import asyncio
import datetime as dt
import itertools
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.rebuild import beside
from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.rebuilding import Places, rebuild
from services.ingest.store import lists as lists_store
from services.ingest.store import refold
from services.ingest.store.accounts import Key, account_id
from shared.database import Database
from shared.facts import decode
from shared.settings import Settings
from tests.cast import NOW
from tests.conftest import empty
from tests.deploy.checkout import ROOT
from tests.ingest.identity_world import ACME, GLOBEX, World, told

A, G = account_id(ACME), account_id(GLOBEX)
HOUR = dt.timedelta(hours=1)
LISTS = (
    "people", "subscriptions", "subscription_states", "mrr_movements", "invoices", "tickets", "presence",
    "interactions", "opportunities", "surveys",
)  # fmt: skip
ELSEWHERE = {
    "activity", "facts", "corrections", "identities", "identity_decisions", "person_keys",
}  # fmt: skip
"""Tables of ingest that know an account, and are moved or kept when it is told anew."""


def acme(id: str = "a") -> Arrival:
    return told("account.updated", id=id, name="Acme", domain="acme.example")


def globex(id: str = "g") -> Arrival:
    return told("account.updated", GLOBEX, id=id, name="Globex")


def merged(id: str = "m", at: dt.datetime = NOW) -> Arrival:
    return told("account.merged", id=id, at=at, from_id="globex", reason="bought")


def parted(id: str = "u", at: dt.datetime = NOW + HOUR) -> Arrival:
    return told("account.unmerged", id=id, at=at, from_id="globex")


def used(key: Key, id: str, person: str = "mia", **data: Any) -> Arrival:
    return told("usage.recorded", key, id=id, person_id=person, **data)


async def lists(world: World) -> dict[str, list[tuple[object, ...]]]:
    """What the tables for reading say."""
    return {table: sorted(await world.rows(f"SELECT * FROM {table}"), key=repr) for table in LISTS}


async def test_a_merged_account_s_events_count_for_the_survivor_before_and_after(database: Database) -> None:
    world = World(database)
    await world.hear(acme(), globex(), used(GLOBEX, "1"), used(ACME, "2", "noor"))
    await world.hear(told("ticket.updated", GLOBEX, id="3", ticket_id="t", status="open", opened_at=NOW))
    await world.hear(merged())
    await world.hear(used(GLOBEX, "4", "ola"))
    assert [await world.place(n) for n in "1234"] == [A] * 4
    facts = decode(await world.facts())
    assert (facts.active_people[0], facts.events, list(facts.tickets)) == (3, 6, ["t"])
    assert decode(await world.facts(GLOBEX)).events == 0
    assert await world.rows("SELECT account_id, ticket_id FROM tickets") == [(A, "t")]
    assert await world.value("SELECT merged_into FROM accounts WHERE id = $1", G) == A
    assert {row[0] for row in await world.rows("SELECT account_id FROM presence")} == {A}


async def test_a_merge_keeps_the_key_that_each_event_came_with(database: Database) -> None:
    world = World(database)
    await world.hear(acme(), globex(), used(GLOBEX, "1"))
    await world.hear(merged())
    assert ("globex",) in await world.rows("SELECT account_key FROM events WHERE type = 'usage.recorded'")


async def test_health_is_told_of_both_accounts(database: Database) -> None:
    world = World(database)
    await world.hear(acme(), globex())
    async with database.writing() as tx:
        await tx.execute("DELETE FROM outbox")
    await world.hear(merged())
    told_of = " ".join(bytes(row[0]).decode() for row in await world.rows("SELECT value FROM outbox"))
    assert str(A) in told_of
    assert str(G) in told_of


async def test_another_process_does_not_believe_what_it_remembers(database: Database) -> None:
    one, other = World(database), World(database, Ingest(Settings()))
    await one.hear(acme(), globex())
    await other.hear(used(GLOBEX, "1"))
    await one.hear(merged())
    await other.hear(used(GLOBEX, "2"))
    assert await other.place("2") == A
    assert decode(await one.facts()).events == 4


async def test_a_batch_on_its_way_is_waited_for_and_goes_to_the_survivor(database: Database) -> None:
    one, other = World(database), World(database, Ingest(Settings()))
    await one.hear(acme(), globex())
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with database.writing() as tx:
        await one.ingest.accept(tx, [used(GLOBEX, "1")], NOW)
        merging = asyncio.create_task(other.hear(merged()))
        while not await tx.value(waits):
            pass
    await merging
    assert await one.place("1") == A


async def test_decisions_about_one_pair_may_arrive_in_any_order(database: Database) -> None:
    world = World(database)
    await world.hear(acme(), globex())
    await world.hear(parted())
    await world.hear(merged())
    assert await world.value("SELECT merged_into FROM accounts WHERE id = $1", G) is None


async def test_a_merge_of_an_unknown_account_sends_what_comes_to_the_survivor_and_can_be_undone(
    database: Database,
) -> None:
    world = World(database)
    await world.hear(acme())
    await world.hear(merged())
    await world.hear(globex(), used(GLOBEX, "1"))
    assert await world.place("1") == A
    await world.hear(parted())
    assert await world.place("1") == G
    assert decode(await world.facts(GLOBEX)).field("name") == "Globex"
    assert await world.rows("SELECT id, name FROM accounts ORDER BY name") == [(A, "Acme"), (G, "Globex")]


async def test_a_circle_of_merges_is_a_conflict_and_changes_nothing(database: Database) -> None:
    world = World(database)
    await world.hear(acme(), globex())
    await world.hear(merged())
    await world.hear(told("account.merged", GLOBEX, id="2", from_id="acme", at=NOW + HOUR))
    assert await world.value("SELECT kind FROM identity_conflicts") == "circle"
    assert await world.value("SELECT merged_into FROM accounts WHERE id = $1", A) is None


async def test_a_chain_of_merges_ends_at_its_last_survivor_and_parts_in_the_middle(database: Database) -> None:
    world, initech = World(database), ("native", "initech")
    await world.hear(acme(), globex(), told("account.updated", initech, id="i", name="Initech"))
    await world.hear(told("account.merged", GLOBEX, id="1", from_id="initech"))
    await world.hear(merged())
    await world.hear(used(initech, "2"))
    assert await world.place("2") == A
    await world.hear(parted())
    assert await world.place("2") == G


def test_every_list_of_an_account_is_emptied_before_it_is_told_anew() -> None:
    """A new table for reading must be in `lists.TABLES`, or an un-merge would leave rows of the other account."""
    owned = {
        table
        for path in (ROOT / "migrations" / "versions").glob("0*.py")
        for table, columns in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", path.read_text("utf-8"), re.S)
        if "account_id bigint" in columns and path.name[:4] in {"0002", "0006", "0007", "0008", "0009"}
    } - {"events"}
    assert owned == ELSEWHERE | {"presence", *refold.REVENUE, *lists_store.TABLES}


# --- as if they had never met ---------------------------------------------------------------------

KEYS = st.sampled_from([ACME, GLOBEX, ("zendesk", "z1"), ("stripe", "cus_1")])
STORIES = st.lists(
    st.tuples(
        KEYS,
        st.one_of(
            st.tuples(st.just("usage.recorded"), st.fixed_dictionaries(
                {"person_id": st.sampled_from("abc"), "actions": st.integers(0, 9)},
                optional={"feature": st.sampled_from("xy")})),
            st.tuples(st.just("login.recorded"), st.fixed_dictionaries({"person_id": st.sampled_from("abc")})),
            st.tuples(st.just("person.updated"), st.fixed_dictionaries(
                {"person_id": st.sampled_from("abc"), "name": st.sampled_from(["Mia", "Noor"])})),
            st.tuples(st.just("ticket.updated"), st.fixed_dictionaries(
                {"ticket_id": st.sampled_from("tu"), "status": st.sampled_from(["open", "solved"]),
                 "opened_at": st.just("2026-01-01T00:00:00Z")})),
            st.tuples(st.just("subscription.updated"), st.fixed_dictionaries(
                {"subscription_id": st.sampled_from("st"), "status": st.just("active"),
                 "amount": st.sampled_from(["10", "20"])})),
        ),
        st.integers(0, 80),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STORIES, st.data())
async def test_apart_again_both_are_what_they_were_if_they_had_never_met(
    database: Database, story: list[tuple[Key, tuple[str, dict[str, Any]], int]], data: st.DataObject
) -> None:
    """To the byte, with every list; wherever merge and un-merge come between the events, and however often."""
    linked = [
        told("account.updated", id="a", name="Acme", external_ids={"zendesk": "z1"}),
        told("account.updated", GLOBEX, id="g", name="Globex", external_ids={"stripe": "cus_1"}),
    ]
    events = [
        told(kind, key, id=str(n), at=NOW - dt.timedelta(days=day), **body)
        for n, (key, (kind, body), day) in enumerate(story)
    ]
    meetings = [merged("m1", NOW), parted("u1", NOW + HOUR), merged("m2", NOW + 2 * HOUR), parted("u2", NOW + 3 * HOUR)]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), min_size=4, max_size=4)))

    alone = World(database)
    await empty(database)
    await alone.hear(*linked)
    await alone.hear(*events)
    never_met = (await alone.facts(), await alone.facts(GLOBEX), await lists(alone))

    await empty(database)
    met = World(database)
    await met.hear(*linked)
    for start, end, meeting in zip([0, *cuts], [*cuts, len(events)], [*meetings, None], strict=True):
        if events[start:end]:
            await met.hear(*events[start:end])
        if meeting is not None:
            await met.hear(meeting)
    assert (await met.facts(), await met.facts(GLOBEX), await lists(met)) == never_met
    names = await met.rows("SELECT name, merged_into, survivor FROM accounts ORDER BY name")
    assert names == [("Acme", None, None), ("Globex", None, None)]


async def test_the_survivor_is_what_it_would_be_if_both_had_been_one_from_the_start(database: Database) -> None:
    told_ = [acme(), used(ACME, "1"), used(GLOBEX, "2"), used(GLOBEX, "3", "noor", feature="x")]
    outcomes = set()
    for order in itertools.permutations([merged(), *told_[1:]]):
        await empty(database)
        world = World(database)
        await world.hear(acme(), globex())
        for one in order:
            await world.hear(one)
        outcomes.add(await world.facts())
    assert len(outcomes) == 1


async def test_a_rebuild_decides_the_same(database: Database) -> None:
    world, initech = World(database), ("native", "initech")
    await world.hear(acme(), globex(), told("account.updated", initech, id="i", name="Initech"))
    await world.hear(told("person.updated", GLOBEX, id="p", person_id="mia", name="Mia", email="mia@acme.example"))
    await world.hear(used(GLOBEX, "1"), used(initech, "2"), used(("segment:person", "mia@acme.example"), "3"))
    await world.hear(merged(), told("account.merged", GLOBEX, id="m2", from_id="initech"))
    await world.hear(used(GLOBEX, "4", "noor"), used(initech, "5"))
    await world.hear(told("account.unmerged", GLOBEX, id="u2", from_id="initech", at=NOW + HOUR))
    await world.hear(told("person.erased", GLOBEX, id="e", person_id="mia", at=NOW + HOUR))
    await world.hear(used(GLOBEX, "6"), used(initech, "7", "ola"))
    async with beside(database, keep=False) as fresh:
        rebuilt = await rebuild(Places(database, fresh, None), Settings(), NOW)
    assert (rebuilt.equal, rebuilt.waiting) == (True, 0), rebuilt.differences
