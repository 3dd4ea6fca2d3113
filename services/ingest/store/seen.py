"""Which events were seen before: ids in parts, each begun when the one before it was over.

Ids are added to the last part alone, so that what is written stays small however long the history. Whoever adds holds a
lock on the table until the commit, under which no part is begun: of two who add the same id at once one waits for the
other, and ids of the parts that are over are all there to be read. Those never change. `filters` say of nearly all ids
that they are in none of them.
"""

import datetime as dt
import random
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from services.ingest import filters
from services.ingest.filters import ID, Words
from shared.database import Reading, Writing

Held = dict[tuple[int, int], Words]
"""The filters that this process has, by part and stamp. What is over never changes, so they stay true; a database
that was restored may end a part once more, with another stamp."""

_FEW = 20
"""So few ids are looked up in all parts, without a filter."""

_MANY = 500
"""So many ids are worth a savepoint."""


class Part(NamedTuple):
    """A part: its number, the stamp of its filter, the days of its first and its last id; None where they are not
    known, or not yet."""

    number: int
    stamp: int | None
    began_on: dt.date | None
    ended_on: dt.date | None


async def parts(tx: Reading) -> list[Part]:
    """All parts, oldest first; the last one is being filled."""
    rows = await tx.fetch("SELECT part, stamp, began_on, ended_on FROM seen_parts ORDER BY part")
    return [Part(*row) for row in rows]


async def enter(tx: Writing) -> None:
    """Holds off whoever would end a part, until the commit. Whoever passes the gate as well does so afterwards."""
    await tx.execute("LOCK TABLE ONLY seen IN ROW EXCLUSIVE MODE")


async def remember(tx: Writing, ids: Iterable[bytes], held: Held, *, keep: bool, hopeful: bool = False) -> set[bytes]:
    """Records distinct ids, in sorted order so that workers with common duplicates do not deadlock; those that were
    known before. `held` is brought up to date. `hopeful`: probably none was known; where that is true it costs little
    more than half."""
    await enter(tx)  # before its parts are read, or one might be over
    *over, last = await parts(tx)
    ordered = sorted(ids)
    joined = b"".join(ordered)
    insert = f"""
        INSERT INTO seen_{last.number} (id, part, keep)
        SELECT substring($1::bytea FROM start FOR {ID}), {last.number}, $3
          FROM generate_series(1, $2::int, {ID}) AS start
        """
    known = set[bytes]()
    if not (hopeful and len(ordered) >= _MANY and await tx.execute_unless_known(insert, joined, len(joined), keep)):
        new = await tx.execute(f"{insert} ON CONFLICT DO NOTHING", joined, len(joined), keep)
        known = await _not_ours(tx, last.number, ordered) if new < len(ordered) else known
    return known | await _known_in(tx, over, ordered, joined, held) if over and ordered else known


async def _not_ours(tx: Reading, part: int, ids: Sequence[bytes]) -> set[bytes]:
    """Those of the ids of a part that are not of this transaction."""
    rows = await tx.fetch(
        f"SELECT id FROM seen_{part} WHERE id = ANY($1::bytea[]) AND xmin = pg_current_xact_id()::xid", ids
    )
    return set(ids).difference([row["id"] for row in rows])


async def _known_in(tx: Reading, over: Sequence[Part], ids: Sequence[bytes], joined: bytes, held: Held) -> set[bytes]:
    """Those of the ids that are in parts that are over."""
    asked = over
    pairs: list[tuple[int, bytes]] = []
    if len(ids) > _FEW:
        await _hold(tx, {(part.number, part.stamp) for part in over if part.stamp is not None}, held)
        asked = [part for part in over if part.stamp is None]
        pairs = [(part, ids[n]) for (part, _), places in filters.maybe(held, joined) for n in places]
    pairs += [(part.number, one) for part in asked for one in ids]
    if not pairs:
        return set()
    rows = await tx.fetch(
        """
        SELECT k.id FROM unnest($1::int[], $2::bytea[]) AS k(part, id)
         CROSS JOIN LATERAL (SELECT FROM seen s WHERE s.part = k.part AND s.id = k.id OFFSET 0) AS found
        """,
        [part for part, _ in pairs], [one for _, one in pairs],
    )  # fmt: skip
    return {row["id"] for row in rows}


async def _hold(tx: Reading, wanted: Collection[tuple[int, int]], held: Held) -> None:
    """Completes the filters, and lets those go whose part is gone."""
    for one in held.keys() - wanted:
        del held[one]
    missing = [part for part, stamp in wanted if (part, stamp) not in held]
    if missing:
        rows = await tx.fetch("SELECT part, stamp, filter FROM seen_parts WHERE part = ANY($1::int[])", missing)
        held.update({(row["part"], row["stamp"]): np.frombuffer(row["filter"], np.uint64) for row in rows})


async def known(tx: Reading, ids: Sequence[bytes]) -> set[bytes]:
    """Those of a few ids that are known."""
    rows = await tx.fetch("SELECT id FROM seen WHERE id = ANY($1::bytea[])", list(ids))
    return {row["id"] for row in rows}


# --- how parts end --------------------------------------------------------------------------------


async def count(tx: Reading, part: int) -> int:
    """How many ids a part has."""
    found: int = await tx.value(f"SELECT count(*) FROM seen_{part}")
    return found


async def begin(tx: Writing, ending: Part, today: dt.date) -> bool:
    """Ends the last part and begins another, once nobody adds; whether `ending` was still the last one."""
    await tx.execute("LOCK TABLE ONLY seen IN ACCESS EXCLUSIVE MODE")
    if (await parts(tx))[-1] != ending:
        return False
    part = ending.number + 1
    await tx.execute(f"CREATE TABLE seen_{part} PARTITION OF seen (PRIMARY KEY (id)) FOR VALUES IN ({part})")
    await tx.execute("UPDATE seen_parts SET ended_on = $2 WHERE part = $1", ending.number, today)
    await tx.execute("INSERT INTO seen_parts (part, began_on) VALUES ($1, $2)", part, today)
    return True


async def some_ids(tx: Reading, part: int, after: bytes, most: int) -> bytes:
    """The ids of a part that follow `after`, side by side, in order."""
    found: bytes | None = await tx.value(
        f"SELECT string_agg(id, '') FROM (SELECT id FROM seen_{part} WHERE id > $1 ORDER BY id LIMIT $2)", after, most
    )
    return found or b""


async def save_filter(tx: Writing, part: int, words: Words) -> None:
    """Keeps the filter of a part that is over."""
    await tx.execute(
        "UPDATE seen_parts SET filter = $2, stamp = $3 WHERE part = $1", part, words.tobytes(), random.getrandbits(63)
    )


async def carry_over(
    tx: Writing, part: int, after: bytes, spared: Collection[bytes], most: int
) -> tuple[bytes | None, int]:
    """Adds to the last part those of the next ids of a part that must not be forgotten with it: imported ones, those of
    events that wait, and the `spared`. (the id to go on after, None at the end; how many were added)."""
    await enter(tx)
    last = (await parts(tx))[-1].number
    found = await tx.row(
        f"""
        WITH next AS (SELECT id, keep FROM seen_{part} WHERE id > $1 ORDER BY id LIMIT $2),
             carried AS (
                INSERT INTO seen_{last} AS there (id, part, keep)
                SELECT id, {last}, keep FROM next n
                 WHERE keep OR EXISTS (SELECT FROM unmatched u WHERE u.id = n.id) OR n.id = ANY($3::bytea[])
                 ORDER BY id
                    ON CONFLICT (id) DO UPDATE SET keep = there.keep OR excluded.keep RETURNING 1)
        SELECT (SELECT max(id) FROM next), (SELECT count(*) FROM carried)
        """,
        after, most, list(spared),
    )  # fmt: skip
    return (found[0], found[1]) if found else (None, 0)


async def drop(tx: Writing, part: int) -> None:
    """A part goes, with all its ids, once nobody adds."""
    await tx.execute("LOCK TABLE ONLY seen IN ACCESS EXCLUSIVE MODE")
    await tx.execute(f"DROP TABLE IF EXISTS seen_{part}")
    await tx.execute("DELETE FROM seen_parts WHERE part = $1", part)
