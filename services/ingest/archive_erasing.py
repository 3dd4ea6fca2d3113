"""Whoever was forgotten leaves the archive too: files of days that name them are written anew, whoever asked for it, a
person or a CRM. Days of which the database has the events are written from there; files of what left it are veiled."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from services.ingest.archive_files import alone, rewrite_file, write_manifest
from services.ingest.archiving import At, Order, archive_day, shares_of
from services.ingest.store import archive as store
from services.ingest.store import forgotten
from services.ingest.store.archive import Kept, Share, Stale
from services.ingest.veil import Erased
from shared.archive import Archive
from shared.database import Database
from shared.parquet import Filed


async def clean(database: Database, archive: Archive, now: dt.datetime) -> int:
    """Writes files anew that may name somebody who was forgotten since; how many changed. The old ones are gone when
    this returns. A day at a time: what is left undone is done by the next. Raises Conflict while somebody is at the
    archive."""
    at = At(database, archive, Order(now, 0, 0))
    async with database.reading() as tx:
        waiting = await store.stale(tx)
    if not waiting:
        return 0
    changed = 0
    async with alone(database):
        shares = await shares_of(database)
        for one in waiting:
            changed += await _clean_day(at, one, shares)
            async with database.writing() as tx:
                await store.forget_stale(tx, one)
        if changed:
            await write_manifest(database, archive)
    return changed


async def _clean_day(at: At, one: Stale, shares: Sequence[Share]) -> int:
    async with at.database.reading() as tx:
        erased = await forgotten.load(tx)
        kept = [k for k in await store.files(tx) if (k.entry.kind, k.entry.day) == (one.kind, one.day.isoformat())]
    return await _write_anew(at, one, shares, kept) + await _veil_files(at, kept, erased)


async def _write_anew(at: At, one: Stale, shares: Sequence[Share], kept: Sequence[Kept]) -> int:
    here = [k.entry for k in kept if k.left_at is None]
    if not here:
        return 0
    of_kind = [share for share in shares if share.kind == one.kind]
    share = next((share for share in of_kind if _is_month_of(one.day, share)), None)
    share = share or next(share for share in of_kind if share.until is None)
    return int(await archive_day(at, share, one.day, kept) not in here)


def _is_month_of(day: dt.date, share: Share) -> bool:
    return share.since is not None and share.until is not None and share.since.date() <= day < share.until.date()


async def _veil_files(at: At, kept: Sequence[Kept], erased: Erased) -> int:
    changed = 0
    for k in kept:
        if k.left_at is not None:
            changed += await rewrite_file(at.database, at.archive, k.entry, partial(veil_filed, erased), at.order.now)
    return changed


def veil_filed(erased: Erased, filed: Filed) -> Filed:
    """An event of the archive without anything that names somebody who was forgotten; itself where nothing does."""
    key = (filed.account_source, filed.account_key)
    veiled = erased.veil_raw(filed.type, key, filed.payload, source=filed.source)
    if veiled is None:
        return filed
    (_, name), payload = veiled
    return filed._replace(account_key=name, payload=payload)
