"""A proof that what is known follows from what was told: every event, from the archive and the database, is accepted
once more in an empty schema beside the live one, by the use case that accepted it first; then digests are compared.

The live system goes on meanwhile: its events and its facts are read in one snapshot. Two things are taken over, because
events alone do not tell them: digests of people who were forgotten, and which keys of people and domains were
recognised, which depends on the moment at which somebody looked.
"""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from services.ingest.archive_files import alone
from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store import archive as archive_store
from services.ingest.store import rebuild as store
from services.ingest.store.archive import Kept
from shared.archive import Archive
from shared.database import Database, Reading
from shared.errors import Refused
from shared.facts import Event
from shared.native import decode_body
from shared.parquet import Filed
from shared.settings import Settings

CHUNK = 5_000
"""Events of one transaction."""
MOST_NAMED = 100
"""Differences that are named; all are counted."""

OnProgress = Callable[[int, int], None]
"""Told (events done, events in all)."""


class Difference(NamedTuple):
    """What live and rebuilt do not agree on; `of` is an account's id or a key."""

    what: str
    of: str
    name: str


class Rebuilt(NamedTuple):
    """What came of it. `seconds` count the telling alone. `waiting` events found no account in the rebuild."""

    events: int
    accounts: int
    seconds: float
    waiting: int
    compared: dict[str, int]
    differing: dict[str, int]
    differences: list[Difference]

    @property
    def equal(self) -> bool:
        """Whether everything is as it is live."""
        return not any(self.differing.values())


class Places(NamedTuple):
    """The live database, the same with the empty schema, and where events that left it are."""

    live: Database
    fresh: Database
    archive: Archive | None


async def rebuild(
    places: Places, settings: Settings, now: dt.datetime, on_progress: OnProgress = lambda *_: None
) -> Rebuilt:
    """Tells everything to the empty schema, and compares. Raises Refused where events have left for an
    archive that the settings do not name, and what the archive raises where a file is missing or damaged."""
    live, fresh, archive = places
    async with alone(live), live.reading() as tx:
        await archive_store.take_time(tx)
        left = [kept for kept in await archive_store.files(tx) if kept.left_at is not None]
        if left and archive is None:
            raise Refused("some events are in the archive alone", "set STEWARD_ARCHIVE_URL as ingest has it")
        total = await store.count(tx) + sum(kept.entry.rows for kept in left)
        async with fresh.writing() as to:
            await store.keep_forgotten(to, *await store.forgotten(tx))
            await store.keep_recognised(to, await store.recognised(tx))
        began = time.monotonic()
        told = await _tell(
            fresh, _everything(tx, archive, left), Ingest(settings), now, lambda n: on_progress(n, total)
        )
        seconds = time.monotonic() - began
        return await _compare(tx, fresh, told, seconds)


async def _everything(tx: Reading, archive: Archive | None, left: Sequence[Kept]) -> AsyncIterator[Filed]:
    """What tells something comes first: then accounts are known before anybody is active in them."""
    async for one in store.telling(tx):
        yield one
    if archive is not None:
        for kept in left:
            await asyncio.to_thread(archive.check, kept.entry)
            for batch in archive.read(kept.entry):
                for one in batch:
                    yield one
    async for one in store.activity(tx):
        yield one
    async for one in store.unlinked(tx):
        yield one


async def _tell(
    fresh: Database, events: AsyncIterator[Filed], ingest: Ingest, now: dt.datetime, on_progress: Callable[[int], None]
) -> int:
    """Accepts the events, chunk by chunk; how many there were."""
    told, chunk = 0, list[Arrival]()
    async for one in events:
        chunk.append(arrival_of(one))
        if len(chunk) >= CHUNK:
            told += await _accept(fresh, chunk, ingest, now)
            chunk = []
            on_progress(told)
    told += await _accept(fresh, chunk, ingest, now)
    on_progress(told)
    applied = 1
    while applied:
        async with fresh.writing() as tx:
            applied = await ingest.apply_matched(tx, now)
    return told


async def _accept(fresh: Database, chunk: list[Arrival], ingest: Ingest, now: dt.datetime) -> int:
    if chunk:
        async with fresh.writing() as tx:
            await ingest.accept(tx, chunk, now, imported=True, rebase=True)
            await store.recognise(tx)
    return len(chunk)


def arrival_of(one: Filed) -> Arrival:
    """An event as it was accepted."""
    key, body = (one.account_source, one.account_key), decode_body(one.type, one.payload)
    event = Event(one.id, one.source, one.type, key, one.occurred_at, one.sequence, body, one.payload)
    return Arrival(event, one.received_at)


# --- comparing ----------------------------------------------------------------------------------------


async def _compare(live: Reading, fresh: Database, told: int, seconds: float) -> Rebuilt:
    async with fresh.reading() as tx:
        compared, differing = dict[str, int](), dict[str, int]()
        named = list[tuple[str, str]]()
        for what in store.COMPARED:
            there, here = await store.digests(live, what), await store.digests(tx, what)
            other = sorted(of for of in there.keys() | here.keys() if there.get(of) != here.get(of))
            compared[what], differing[what] = len(there.keys() | here.keys()), len(other)
            named += [(what, of) for of in other[: MOST_NAMED - len(named)]]
        waiting = await store.waiting(tx)
    names = await store.names(live, [int(of) for what, of in named if what != "identities"])
    differences = [Difference(what, of, "" if what == "identities" else names.get(int(of), "")) for what, of in named]
    return Rebuilt(told, compared["facts"], seconds, waiting, compared, differing, differences)
