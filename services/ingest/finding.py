"""Opens an event that somebody names, wherever it lies."""

import asyncio
from typing import Literal, NamedTuple

from services.ingest.store import archive as archive_store
from services.ingest.store import finding as store
from shared.archive import Archive
from shared.database import Database, Reading
from shared.errors import Invalid, NotFound
from shared.native import event_id
from shared.outbox import unpack_headers
from shared.parquet import Filed

Place = Literal["accepted", "waiting", "archive"]


class Found(NamedTuple):
    """An event and where it is; of the archive, in which file."""

    event: Filed
    place: Place
    path: str = ""


def id_of(text: str, source: str | None) -> bytes:
    """The id that is meant: as explanations write it, or as its source calls the event. Raises Invalid."""
    if source is not None:
        return event_id(source, text)
    try:
        id_ = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        id_ = b""
    if len(id_) != 16:
        words = f"{text} is no id of an event: 32 hexadecimal digits, as explanations write them"
        raise Invalid(words, "name its source, too, if this is what the source calls it: --source crm")
    return id_


async def find(database: Database, archive: Archive | None, id: bytes, account: int | None = None) -> Found:
    """The event. Quick for what tells something; a login or a use is quick with its account, and is looked for
    everywhere without. Raises NotFound, with the rejected record that it may be in."""
    async with database.reading() as tx:
        found = await _at_once(tx, id, account)
        if found is not None:
            return found
        parked = await _among_rejected(tx, id)
        if parked is not None:
            raise NotFound(
                f"it was not accepted: it is in rejected record {parked}", f"`steward rejected show {parked}`"
            )
        used = await store.activity(tx, id)
        left = [kept.entry for kept in await archive_store.files(tx) if kept.left_at is not None]
    if used is not None:
        return Found(used, "accepted")
    if archive is not None:
        for entry in reversed(left):
            filed = await asyncio.to_thread(archive.find, entry, id)
            if filed is not None:
                return Found(filed, "archive", entry.path)
    missing = "" if archive is not None or not left else "; the archive was not looked at"
    raise NotFound(
        f"there is no event {id.hex()}{missing}", "set STEWARD_ARCHIVE_URL as ingest has it" if missing else ""
    )


async def _at_once(tx: Reading, id: bytes, account: int | None) -> Found | None:
    found = await store.telling(tx, id)
    if found is None and account is not None:
        found = await store.of_account(tx, id, account)
    if found is not None:
        return Found(found, "accepted")
    waits = await store.waiting(tx, id)
    return None if waits is None else Found(waits, "waiting")


async def _among_rejected(tx: Reading, id: bytes) -> int | None:
    """The rejected record that carries a native event of this id in its headers."""
    async for row in store.rejected(tx):
        told = dict(unpack_headers(row["headers"]))
        source, own = told.get("ce_source"), told.get("ce_id")
        if source and own and event_id(source.decode("utf-8", "replace"), own.decode("utf-8", "replace")) == id:
            found: int = row["id"]
            return found
    return None
