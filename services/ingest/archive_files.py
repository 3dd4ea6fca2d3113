"""The archive's files, looked after: opened, listed, checked, tidied, and written anew where somebody is erased."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from services.ingest.store import archive as store
from shared.archive import Archive, Change, Damaged, Entry
from shared.database import Database
from shared.errors import Conflict, NotFound, Refused
from shared.settings import Settings

OnFile = Callable[[int, int], None]
"""Told (files done, files in all)."""


class Fault(NamedTuple):
    """A file that is not as it was listed."""

    path: str
    words: str


def opened(settings: Settings) -> Archive:
    """The archive that the settings name. Raises Refused where they name none."""
    if settings.archive_url is None:
        raise Refused("there is no archive: all events stay in the database", "set STEWARD_ARCHIVE_URL")
    return Archive(settings.archive_url)


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Nobody else archives, rebuilds or erases in the archive while the block runs. Raises Conflict if somebody is."""
    async with database.writing() as tx:
        if not await store.alone(tx):
            raise Conflict("somebody else is at the archive", "wait until they are done, then try again")
        yield


async def write_manifest(database: Database, archive: Archive) -> None:
    """The list of files, written beside them."""
    async with database.reading() as tx:
        entries = [kept.entry for kept in await store.files(tx)]
    await asyncio.to_thread(archive.write_manifest, entries)


async def verify(database: Database, archive: Archive, on_file: OnFile = lambda *_: None) -> list[Fault]:
    """Reads every file that is listed, whole; what is wrong, with files that nobody lists and a manifest that says
    otherwise."""
    async with database.reading() as tx:
        entries = [kept.entry for kept in await store.files(tx)]
    faults = []
    for number, entry in enumerate(entries, start=1):
        try:
            await asyncio.to_thread(archive.check, entry)
        except (Damaged, NotFound) as error:
            faults.append(Fault(entry.path, str(error)))
        on_file(number, len(entries))
    strays = await asyncio.to_thread(archive.strays, {entry.path for entry in entries})
    faults += [Fault(path, "is not listed: a process died while it wrote") for path in strays]
    return faults + await asyncio.to_thread(_compare_manifest, archive, entries)


def _compare_manifest(archive: Archive, entries: Sequence[Entry]) -> list[Fault]:
    try:
        told = archive.read_manifest()
    except NotFound as error:
        return [Fault("manifest.json", error.words)] if entries else []
    return [] if told == list(entries) else [Fault("manifest.json", "lists other files than the database")]


async def tidy(database: Database, archive: Archive) -> int:
    """Deletes files that nobody lists and writes the manifest anew; how many files."""
    async with alone(database):
        async with database.reading() as tx:
            entries = [kept.entry for kept in await store.files(tx)]
        strays = await asyncio.to_thread(archive.strays, {entry.path for entry in entries})
        for path in strays:
            await asyncio.to_thread(archive.delete, path)
        await asyncio.to_thread(archive.write_manifest, entries)
    return len(strays)


async def rewrite_file(database: Database, archive: Archive, old: Entry, change: Change, now: dt.datetime) -> bool:
    """Writes a file anew through `change`, where that changes anything; whether it did. The old one is gone when this
    returns. The caller is alone at the archive and writes the manifest."""
    new = await asyncio.to_thread(archive.rewrite, old, change)
    if new == old:
        return False
    async with database.writing() as tx:
        await (store.forget(tx, old) if new is None else store.keep(tx, new, now))
    await asyncio.to_thread(archive.delete, old.path)
    return True
