"""When each source was last heard, and how long it is usually silent: gathered in memory, written once a second. Best
effort; no fact depends on it."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from services.ingest.nouns import Arrival
from services.ingest.store import sources as store
from services.ingest.store.sources import Source
from shared.clock import from_us
from shared.database import Database, Row
from shared.freshness import is_quiet, usual_gap, with_gap
from shared.metrics import HELD, SOURCE_LAST, SOURCE_QUIET
from shared.settings import Settings


class Heard(NamedTuple):
    """What was heard of a source since the last flush; times in µs."""

    accepted: int
    newest_event: int
    first_received: int
    last_received: int


class Freshness:
    """Counts and newest times by source since the last flush."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}

    def hear(self, arrivals: Sequence[Arrival]) -> None:
        """Notes what was understood; the last event of each source stands for its newest."""
        latest = {event.source: (event, received) for event, received in arrivals}
        counts = Counter([event.source for event, _ in arrivals])
        for source, (event, received) in latest.items():
            accepted, newest, first, last = self._heard.get(source, (0, 0, received, 0))
            self._heard[source] = Heard(
                accepted + counts[source], max(newest, event.occurred_at), min(first, received), max(last, received)
            )

    async def flush(self, database: Database) -> None:
        """Writes what was gathered."""
        heard, self._heard = self._heard, {}
        if heard:
            async with database.writing() as tx:
                known = await store.lock(tx, list(heard))
                await store.save(tx, [after(source, known.get(source), one) for source, one in heard.items()])

    async def tell(self, database: Database, settings: Settings, now: dt.datetime) -> None:
        """Tells the metrics when each source was last heard, which are silent for too long, and which are held."""
        async with database.reading() as tx:
            rows = await store.every(tx)
        for row in rows:
            name, last = row["source"], row["last_received_at"]
            HELD.labels(name).set(row["held_since"] is not None)
            SOURCE_QUIET.labels(name).set(alarming(row, settings, now))
            if last is not None:
                SOURCE_LAST.labels(name).set(last.timestamp())


def after(source: str, known: Row | None, heard: Heard) -> Source:
    """What is known of a source after it was heard again. The silence that ended counts for the day of its end."""
    first, last = from_us(heard.first_received), from_us(heard.last_received)
    longest, on, before = [], None, None
    if known is not None:
        longest, on, before = list(known["longest_gaps"]), known["gaps_on"], known["last_received_at"]
    if before is not None and first > before:
        longest = with_gap(longest, on, first.date(), int((first - before).total_seconds()))
        on = max(on, first.date()) if on else first.date()
    return Source(source, heard.accepted, from_us(heard.newest_event), last, longest, on, usual_gap(longest))


def quiet(row: Row, settings: Settings, now: dt.datetime) -> bool:
    """Whether a source is silent for longer than it usually is, by the installation's settings."""
    usual = None if row["usual_gap_s"] is None else dt.timedelta(seconds=row["usual_gap_s"])
    least = dt.timedelta(minutes=settings.quiet_after_minutes)
    return is_quiet(now, row["last_received_at"], usual, factor=settings.quiet_factor, least=least)


def alarming(row: Row, settings: Settings, now: dt.datetime) -> bool:
    """Whether somebody should look: not before it is known what is usual, or every file imported once would alarm."""
    return row["usual_gap_s"] is not None and quiet(row, settings, now)
