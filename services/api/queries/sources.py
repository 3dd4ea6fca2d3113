"""Questions about sources: whether they are heard, what became of what they sent, and where it stands still."""

import datetime as dt
from collections.abc import Collection, Sequence

from services.api.schemas import Blocked, Source, SourceProblem
from services.ingest.freshness import quiet
from services.ingest.sources import SOURCES
from shared import positions
from shared.contracts import SOURCE_TOPICS
from shared.database import Reading, Row
from shared.freshness import quiet_after
from shared.settings import Settings

_OWN_TOPICS = {source.name: frozenset({source.topic}) for source in SOURCES}


async def list_sources(tx: Reading, settings: Settings, now: dt.datetime) -> list[Source]:
    """Every source that was ever heard or is held, by name."""
    rows = await tx.fetch(
        """
        SELECT s.source, s.accepted, s.skewed, s.last_event_at, s.last_received_at, s.usual_gap_s, s.held_since,
               coalesce(u.waiting, 0) AS waiting
          FROM sources s
          LEFT JOIN (SELECT source, count(*) AS waiting FROM unmatched GROUP BY source) u ON u.source = s.source
         ORDER BY s.source
        """
    )
    problems: dict[str, list[SourceProblem]] = {}
    for row in await tx.fetch(
        """
        SELECT source, reason, status, count(*) AS records, min(rejected_at) AS since FROM rejected
         WHERE status IN ('parked', 'held') GROUP BY source, reason, status ORDER BY records DESC, reason
        """
    ):
        told = SourceProblem(**{name: row[name] for name in ("reason", "status", "records", "since")})
        problems.setdefault(row["source"], []).append(told)
    stopped = [row for row in await positions.troubles(tx) if row["group"] == "ingest"]
    return [
        _source(row, problems.get(row["source"], []), _blocked(row["source"], stopped), settings, now) for row in rows
    ]


def _blocked(source: str, stopped: Sequence[Row]) -> list[Blocked]:
    """The partitions in which records of the source may wait: of its own topic, or of any for one that sends events."""
    topics: Collection[str] = _OWN_TOPICS.get(source, SOURCE_TOPICS)
    return [
        Blocked(**{name: row[name] for name in ("topic", "partition", "since", "error", "remedy")})
        for row in stopped
        if row["topic"] in topics
    ]


def _source(
    row: Row, problems: list[SourceProblem], blocked: list[Blocked], settings: Settings, now: dt.datetime
) -> Source:
    usual = None if row["usual_gap_s"] is None else dt.timedelta(seconds=row["usual_gap_s"])
    least = dt.timedelta(minutes=settings.quiet_after_minutes)
    return Source(
        source=row["source"],
        last_event_at=row["last_event_at"],
        last_received_at=row["last_received_at"],
        usual_gap_seconds=row["usual_gap_s"],
        quiet=quiet(row, settings, now),
        quiet_after_seconds=int(quiet_after(usual, factor=settings.quiet_factor, least=least).total_seconds()),
        held_since=row["held_since"],
        accepted=row["accepted"],
        skewed=row["skewed"],
        waiting=row["waiting"],
        problems=problems,
        blocked=blocked,
    )
