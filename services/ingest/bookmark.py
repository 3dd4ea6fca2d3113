"""How far an import came, so that one that was broken off goes on where it stopped.

A bookmark is written in the transaction of each chunk and taken out when the whole import is done: it says exactly
what the database holds, whatever became of the process. It is of one file's bytes, one mapping and the tables that it
looks things up in; if any of them differs, the file is read from its first row, which doubles nothing either.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from services.ingest.import_report import FileReport
from services.ingest.reading import measure
from services.ingest.sources.mapping import FileMapping
from services.ingest.sources.mapping import Mapping as FilesMapping
from services.ingest.store import imports
from shared.database import Database, Reading, Writing

_COUNTED = ("skipped", "rejected", "parked")


class Bookmark(NamedTuple):
    """What an earlier import had done of a file, for an export of that instant."""

    report: FileReport
    exported_at: dt.datetime


def bookmark_ids(directory: Path, mapping: FilesMapping, *, history: bool) -> dict[str, bytes]:
    """Of each file by its path: 16 bytes that name its content and all that its events follow from, the instant of
    the export aside."""
    tables = [(name, table.path, measure(directory, table).digest) for name, table in sorted(mapping.tables.items())]
    whole = [mapping.source, mapping.time_zone, tables, history]
    return {file.path: _id(directory, file, whole) for file in mapping.files}


async def find_bookmarks(database: Database, ids: Mapping[str, bytes]) -> dict[str, Bookmark]:
    """The bookmarks that are there, by the file's path."""
    async with database.reading() as tx:
        found = await imports.told_before(tx, list(ids.values()))
    paths = {own: path for path, own in ids.items()}
    return {paths[own]: Bookmark(_unpacked(told), at) for own, (told, at) in found.items()}


async def find_bookmark(tx: Reading, own_id: bytes) -> Bookmark | None:
    """The bookmark of one file, if there is one."""
    found = (await imports.told_before(tx, [own_id])).get(own_id)
    return None if found is None else Bookmark(_unpacked(found[0]), found[1])


async def put_bookmark(tx: Writing, own_id: bytes, report: FileReport, exported_at: dt.datetime) -> None:
    """Notes that all rows that the report counts are in the database, with this very transaction."""
    await imports.note_reached(tx, own_id, json.dumps(vars(report)), exported_at)


async def take_out(database: Database, ids: Sequence[bytes]) -> None:
    """Takes bookmarks out: the import is done, and may be repeated from its first row."""
    async with database.writing() as tx:
        await imports.forget_reached(tx, ids)


def _id(directory: Path, file: FileMapping, whole: Sequence[object]) -> bytes:
    said = json.dumps([*whole, file.model_dump_json(), measure(directory, file).digest])
    return hashlib.blake2b(b"bookmark\x00" + said.encode(), digest_size=16).digest()


def _unpacked(told: str) -> FileReport:
    fields = json.loads(told)
    return FileReport(**fields | {name: Counter(fields[name]) for name in _COUNTED})
