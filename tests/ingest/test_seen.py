"""An id that was seen is known for as long as was promised, whatever part it lies in, and no other is."""

import asyncio
import datetime as dt
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations.run import migrate
from services.ingest import filters, forgetting
from services.ingest.forgetting import keep_ids
from services.ingest.store import seen
from services.ingest.store.seen import Held
from shared.database import Database
from shared.settings import Settings

TODAY = dt.date(2026, 3, 4)
A_DAY = dt.timedelta(days=1)
HORIZON = Settings().horizon_days + 2
some_ids = st.lists(st.binary(min_size=16, max_size=16), max_size=60, unique=True)


async def remember(
    database: Database, ids: Iterable[bytes], held: Held, *, keep: bool = False, hopeful: bool = False
) -> set[bytes]:
    async with database.writing() as tx:
        return await seen.remember(tx, ids, held, keep=keep, hopeful=hopeful)


@given(some_ids)
def test_a_filter_holds_all_that_was_added(ids: list[bytes]) -> None:
    words = filters.empty(len(ids))
    for one in ids:
        filters.add(words, one)
    found = dict(filters.maybe({7: words}, b"".join(ids)))
    assert found.get(7, []) == list(range(len(ids)))


def test_of_other_ids_few_seem_to_be_in_a_filter() -> None:
    chance = random.Random(7)
    words = filters.empty(20_000)
    filters.add(words, chance.randbytes(16 * 20_000))
    found = dict(filters.maybe({1: words}, chance.randbytes(16 * 20_000)))
    assert len(found[1]) < 20_000 / 200


@pytest.mark.parametrize("seed", range(4))
async def test_an_id_is_known_until_it_may_be_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Two processes, restarts, parts that end at any time, imported ids, hope that is true or not: who is known is who
    was remembered."""
    monkeypatch.setattr(seen, "_MANY", 1)
    monkeypatch.setattr(forgetting, "_MANY", 30)
    monkeypatch.setattr(forgetting, "_CHUNK", 7)
    chance, today, first, last, kept = random.Random(seed), TODAY, dict[bytes, dt.date](), dict[bytes, dt.date](), set()
    pool = [chance.randbytes(16) for _ in range(150)]
    processes: list[Held] = [{}, {}]
    for _ in range(60):
        dice, held = chance.random(), chance.choice(processes)
        if dice < 0.1:
            held.clear()
        elif dice < 0.5:
            today += A_DAY * chance.choice([1, 1, 3, 30])
            await keep_ids(database, Settings(), today)
        else:
            ids, keep = set(chance.sample(pool, chance.choice([3, 40]))), chance.random() < 0.1
            known = await remember(database, ids, held, keep=keep, hopeful=chance.random() < 0.5)
            must = {i for i in ids if i in first and (i in kept or last[i] >= today - A_DAY * HORIZON)}
            assert must <= known <= first.keys()
            for one in ids - known:
                first[one], last[one] = today, today
                kept.discard(one)
            kept |= (ids - known) if keep else set()


async def test_who_adds_while_a_part_ends_is_not_missed(database: Database) -> None:
    """The first adds, the part is to end, the second adds the same: it waits, and finds the id in the part before."""
    id_, waiting = b"i" * 16, "SELECT count(*) FROM pg_locks WHERE relation = 'seen'::regclass AND NOT granted"

    async def wait_for(waiters: int) -> None:
        async with database.reading() as tx:
            while await tx.value(waiting) < waiters:
                pass

    async with database.writing() as tx:
        assert not await seen.remember(tx, [id_], {}, keep=False)
        (part,) = await seen.parts(tx)
        ending = asyncio.create_task(_end(database, part))
        await wait_for(1)
        second = asyncio.create_task(remember(database, [id_], {}))
        await wait_for(2)
    assert await ending
    assert await second == {id_}


async def _end(database: Database, part: seen.Part) -> bool:
    async with database.writing() as tx:
        return await seen.begin(tx, part, TODAY)


async def test_of_two_who_end_a_part_one_does(database: Database) -> None:
    await remember(database, [b"i" * 16], {})
    async with database.reading() as tx:
        (part,) = await seen.parts(tx)
    assert sorted(await asyncio.gather(_end(database, part), _end(database, part))) == [False, True]


async def test_a_filter_of_before_a_restore_is_not_believed(database: Database) -> None:
    many, late, held = {n.to_bytes(16) for n in range(30)}, b"l" * 16, Held()
    await remember(database, many, {})
    await keep_ids(database, Settings(), TODAY)
    assert await remember(database, many, held) == many
    async with database.writing() as tx:
        part = next(iter(held))[0]
        await tx.execute(f"INSERT INTO seen_{part} VALUES ($1, {part}, false)", late)  # it ended later, this time
        await tx.execute("UPDATE seen_parts SET filter = NULL, stamp = NULL")
    await keep_ids(database, Settings(), TODAY)
    assert await remember(database, {*many, late}, held) == {*many, late}


async def test_an_imported_id_outlives_its_part(database: Database) -> None:
    imported, other = b"i" * 16, b"o" * 16
    await remember(database, [imported], {}, keep=True)
    await remember(database, [other], {})
    await keep_ids(database, Settings(), TODAY)
    await remember(database, [imported], {})  # again, but live
    assert await keep_ids(database, Settings(), TODAY + A_DAY * (HORIZON + 1)) == 1
    await keep_ids(database, Settings(), TODAY + A_DAY * 3 * HORIZON)
    assert await remember(database, [imported, other], {}) == {imported}


async def test_a_part_is_over_after_a_week_or_with_many_ids_after_a_day(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_MANY", 2)

    async def parts_after(ids: list[bytes], day: int) -> int:
        await remember(database, ids, {})
        await keep_ids(database, Settings(), TODAY + A_DAY * day)
        async with database.reading() as tx:
            return len(await seen.parts(tx))

    assert await parts_after([b"a" * 16], 0) == 2  # nobody knows how old the first one is
    assert await parts_after([b"b" * 16], 6) == 2
    assert await parts_after([], 7) == 3
    assert await parts_after([b"c" * 16, b"d" * 16], 7) == 3
    assert await parts_after([], 8) == 4


async def test_ids_of_an_older_installation_are_known(database: Database, postgres_url: str) -> None:
    async with database.writing() as tx:
        await tx.execute("CREATE SCHEMA older")
    await migrate(postgres_url, "older", "0029")
    async with Database.open(f"{postgres_url}&search_path=older") as older:
        async with older.writing() as tx:
            await tx.execute(
                "INSERT INTO seen SELECT int8send(n) || int8send(n), $1, n = 1 FROM generate_series(1, 90) n", TODAY
            )
        await migrate(postgres_url, "older")
        old, held = {n.to_bytes(8) * 2 for n in range(1, 91)}, Held()
        assert await remember(older, old, held) == old
        await keep_ids(older, Settings(), TODAY)
        assert await remember(older, {*old, b"n" * 16}, held) == old
        assert len(held) == 1
    async with database.writing() as tx:
        await tx.execute("DROP SCHEMA older CASCADE")
