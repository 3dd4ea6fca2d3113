"""SEG-10: pools give accounts owners; a person's choice outranks the CRM, and the CRM outranks the pools."""

import asyncio
import datetime as dt
from collections import Counter

import pytest

from services.health.owners import choose_owner, forget_choice, share_out
from services.health.pools import Pool
from shared.database import Database
from tests.cast import NOW, told
from tests.health_io.stories import LATER
from tests.health_io.world import World, number

ADA, BOB, EVE = "ada@x.example", "bob@x.example", "eve@x.example"


def pool(*members: str, name: str = "p", **more: object) -> Pool:
    """A pool that takes what `more` says."""
    people = [{"email": one} for one in members]
    return Pool.model_validate({"name": name, "words": "", "choose": "fewest_accounts", "members": people, **more})


@pytest.fixture
async def world(database: Database) -> World:
    """Six accounts that the CRM gives to nobody."""
    world = World(database)
    await world.sweep()
    await world.wake(*(told("account.updated", f"a{n}", name=f"A{n}", arr=20_000, region="West") for n in range(6)))
    return world


async def owners(world: World) -> dict[str, tuple[str | None, str | None]]:
    """Account's name → its owner, and who says so."""
    rows = await world.rows(
        "SELECT a.name, o.owner, o.owner_from FROM account_owners o JOIN accounts a ON a.id = o.account_id"
    )
    return {row["name"]: (row["owner"], row["owner_from"]) for row in rows}


async def test_every_account_gets_an_owner_evenly_and_keeps_it(world: World) -> None:
    pools = [pool(ADA, BOB)]
    assert await share_out(world.database, pools, NOW) == 6
    given = await owners(world)
    assert Counter(given.values()) == {(ADA, "pool"): 3, (BOB, "pool"): 3}
    assert await share_out(world.database, pools, NOW, anew=True) == 0
    await world.wake(told("account.updated", "a9", name="A9", arr=20_000))
    assert await share_out(world.database, pools, NOW) == 1
    assert {name: owner for name, owner in (await owners(world)).items() if name != "A9"} == given


async def test_why_an_account_is_whose_is_kept(world: World) -> None:
    await share_out(world.database, [pool(ADA)], NOW)
    async with world.database.writing() as tx:
        await choose_owner(tx, number("a1"), EVE, "max", "knows them", NOW)
    rows = await world.rows(
        "SELECT owner, pool, given_by, left(words, 17), ended_because FROM assignments"
        " WHERE account_id = $1 ORDER BY id",
        number("a1"),
    )
    assert [tuple(row) for row in rows] == [
        (ADA, "p", "steward", "p: fewest account", "max chose eve@x.example"),
        (EVE, None, "max", "knows them", None),
    ]


async def test_a_person_outranks_the_crm_which_outranks_the_pool(world: World) -> None:
    pools = [pool(ADA)]
    await share_out(world.database, pools, NOW)
    await world.wake(told("account.updated", "a1", at=LATER, owner=BOB))
    await share_out(world.database, pools, NOW)
    assert (await owners(world))["A1"] == (BOB, "crm")
    async with world.database.writing() as tx:
        await choose_owner(tx, number("a1"), EVE, "max", "knows them", NOW)
    assert (await owners(world))["A1"] == (EVE, "person")
    async with world.database.writing() as tx:
        assert await forget_choice(tx, number("a1"), "max", NOW)
        assert not await forget_choice(tx, number("a1"), "max", NOW)
    assert (await owners(world))["A1"] == (BOB, "crm")


async def test_where_the_crm_falls_silent_the_pool_gives_again(world: World) -> None:
    await world.wake(told("account.updated", "a1", at=LATER, owner=BOB))
    await world.wake(told("account.updated", "a1", at=LATER + dt.timedelta(seconds=1), owner=None))
    await share_out(world.database, [pool(ADA)], NOW)
    assert (await owners(world))["A1"] == (ADA, "pool")


async def test_seg_9_an_account_that_grows_goes_to_the_dedicated_pool(world: World) -> None:
    pools = [pool(ADA, name="pooled", segments=["low_touch"]), pool(EVE, name="dedicated", segments=["high_touch"])]
    await share_out(world.database, pools, NOW)
    await world.wake(told("account.updated", "a1", at=LATER, arr=100_000))
    assert await share_out(world.database, pools, NOW) == 1
    assert (await owners(world))["A1"] == (EVE, "pool")


async def test_what_no_pool_takes_stands_on_the_list(world: World) -> None:
    pools = [pool(ADA, regions=["East"])]
    assert await share_out(world.database, pools, NOW) == 0
    assert set((await owners(world)).values()) == {(None, None)}
    await world.wake(told("account.updated", "a1", at=LATER, region="East"))
    assert await share_out(world.database, pools, NOW) == 1


async def test_two_who_share_out_at_once_give_each_account_once_and_evenly(world: World) -> None:
    pools = [pool(ADA, BOB, EVE)]
    given = await asyncio.gather(*(share_out(world.database, pools, NOW) for _ in range(4)))
    assert sum(given) == 6
    assert set(Counter((await owners(world)).values()).values()) == {2}


async def test_a_member_who_leaves_the_pool_hands_over(world: World) -> None:
    await share_out(world.database, [pool(ADA, BOB)], NOW)
    assert await share_out(world.database, [pool(BOB)], NOW, anew=True) == 3
    assert set((await owners(world)).values()) == {(BOB, "pool")}
