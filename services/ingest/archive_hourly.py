"""The archive's housekeeping: what somebody's erasure left in it, days that are due, activity that may leave."""

import contextlib
import datetime as dt

from services.ingest import archive_erasing, archiving
from services.ingest.archive_files import opened
from shared.database import Database
from shared.errors import Conflict
from shared.logs import log
from shared.metrics import ARCHIVE_FAILED
from shared.settings import Settings


async def run_erasures(database: Database, settings: Settings, now: dt.datetime) -> None:
    """Whoever was forgotten leaves the archive, at once rather than within the hour. Left to the next time while
    somebody else is at the archive."""
    with contextlib.suppress(Conflict):
        cleaned = await archive_erasing.clean(database, opened(settings), now)
        if cleaned:
            log.info("archive_cleaned", files=cleaned)


async def run_hourly(database: Database, settings: Settings, now: dt.datetime) -> None:
    """What goes wrong is counted, logged and tried again in an hour."""
    try:
        archive = opened(settings)
        cleaned = await archive_erasing.clean(database, archive, now)
        done = await archiving.run(database, archive, archiving.order_of(settings, now))
    except Conflict:  # a rebuild, say, or another process of ingest
        return
    except Exception as error:
        ARCHIVE_FAILED.inc()
        log.warning("archiving_failed", archive=settings.archive_url, error=repr(error))
        return
    if done.files or done.left_days or cleaned:
        log.info("archived", files=done.files, events=done.events, days_left=done.left_days, cleaned=cleaned)
