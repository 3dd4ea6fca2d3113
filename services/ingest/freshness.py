"""When each source was last heard, and how long it is usually silent: gathered in memory, written once a second. Best
effort; no fact depends on it."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from services.ingest.nouns import Arrival
from services.ingest.store import sources as store
from services.ingest.store.sources import Source
from shared.clock import from_us, is_skewed
from shared.database import Database, Row
from shared.freshness import is_quiet, usual_gap, with_gap
from shared.metrics import HELD, SKEWED, SOURCE_LAST, SOURCE_QUIET
from shared.settings import Settings

_EVENT, _SOURCE, _SOURCE_AND_TYPE = itemgetter(0), itemgetter(1), itemgetter(1, 2)
_NOTHING: Mapping[str, int] = MappingProxyType({})
_PEOPLE = "steward"  # the source of what people decide


class Heard(NamedTuple):
    """When a source was heard since the last flush, in µs; 0: never, or no event that we have a use for."""

    newest_event: int = 0
    first_received: int = 0
    last_received: int = 0


class Freshness:
    """Counts and newest times by source since the last flush."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}
        self._accepted, self._skewed = Counter[str](), Counter[str]()
        self._told: set[tuple[str, str]] = set()
        self._kept: set[tuple[str, str]] = set()

    def hear(self, arrivals: Sequence[Arrival], unused: Mapping[str, int] = _NOTHING) -> None:
        """Notes what was understood, were it known before or of no use (`unused`: source → when it came, in µs); the
        last event of each source stands for its newest."""
        kinds = set(map(_SOURCE_AND_TYPE, map(_EVENT, arrivals)))
        self._told |= kinds
        latest = _latest(arrivals, len({source for source, _ in kinds}))
        for source, received in unused.items():
            occurred, before = latest.get(source, (0, 0))
            latest[source] = (occurred, max(before, received))
        for source, (occurred, received) in latest.items():
            newest, first, last = self._heard.get(source, (0, received, 0))
            self._heard[source] = Heard(max(newest, occurred), min(first, received), max(last, received))

    def count(self, fresh: Sequence[Arrival]) -> Mapping[str, int]:
        """Counts events that were not known before, by source. What people decide is no source's news."""
        counts = Counter(map(_SOURCE, map(_EVENT, fresh)))
        self._accepted.update(counts)
        ahead = [arrival for arrival in fresh if arrival[0][4] > arrival[1]]
        skewed = Counter([event.source for event, received in ahead if is_skewed(event.occurred_at, received)])
        for source, count in skewed.items():
            SKEWED.labels(source).inc(count)
        self._skewed.update(skewed)
        return counts

    async def flush(self, database: Database) -> None:
        """Writes what was gathered."""
        heard, accepted, skewed = self._heard, self._accepted, self._skewed
        self._heard, self._accepted, self._skewed = {}, Counter(), Counter()
        new = {one for one in self._told - self._kept if one[0] != _PEOPLE}
        names = sorted((heard.keys() | accepted.keys()) - {_PEOPLE})
        if names:
            async with database.writing() as tx:
                known = await store.lock(tx, names)
                told = [after(name, known.get(name), heard.get(name, Heard())) for name in names]
                await store.save(
                    tx, [one._replace(accepted=accepted[one.source], skewed=skewed[one.source]) for one in told]
                )
                await store.add_types(tx, new)
            self._kept |= new

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


def _latest(arrivals: Sequence[Arrival], sources: int) -> dict[str, tuple[int, int]]:
    """When the last event of each source happened and arrived, µs. `sources`: how many there are."""
    latest: dict[str, tuple[int, int]] = {}
    for event, received in reversed(arrivals):
        if len(latest) == sources:
            break
        latest.setdefault(event.source, (event.occurred_at, received))
    return latest


def after(source: str, known: Row | None, heard: Heard) -> Source:
    """What is known of a source after it was heard again. The silence that ended counts for the day of its end."""
    first, last = _instant(heard.first_received), _instant(heard.last_received)
    longest, on, before = [], None, None
    if known is not None:
        longest, on, before = list(known["longest_gaps"]), known["gaps_on"], known["last_received_at"]
    if before is not None and first is not None and first > before:
        longest = with_gap(longest, on, first.date(), int((first - before).total_seconds()))
        on = max(on, first.date()) if on else first.date()
    return Source(source, 0, 0, _instant(heard.newest_event), last, longest, on, usual_gap(longest))


def _instant(us: int) -> dt.datetime | None:
    return from_us(us) if us else None


def quiet(row: Row, settings: Settings, now: dt.datetime) -> bool:
    """Whether a source is silent for longer than it usually is, by the installation's settings."""
    usual = None if row["usual_gap_s"] is None else dt.timedelta(seconds=row["usual_gap_s"])
    least = dt.timedelta(minutes=settings.quiet_after_minutes)
    return is_quiet(now, row["last_received_at"], usual, factor=settings.quiet_factor, least=least)


def alarming(row: Row, settings: Settings, now: dt.datetime) -> bool:
    """Whether somebody should look: not before it is known what is usual, or every file imported once would alarm."""
    return row["usual_gap_s"] is not None and quiet(row, settings, now)
