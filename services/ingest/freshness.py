"""When each source was last heard: gathered in memory, written once a second. Best effort; nothing depends on it."""

from collections.abc import Sequence

from services.ingest.store import parked
from shared.database import Database
from shared.facts import Event
from shared.metrics import SOURCE_LAST


class Freshness:
    """Counts and newest times by source since the last flush."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, int, int, int]] = {}

    def hear(self, source: str, events: Sequence[Event], received: int) -> None:
        """Notes a record of a source that was understood."""
        accepted, rejected, occurred_at, newest = self._heard.get(source, (0, 0, 0, 0))
        at = events[-1].occurred_at if events else 0
        self._heard[source] = (accepted + len(events), rejected, max(occurred_at, at), max(newest, received))

    async def flush(self, database: Database) -> None:
        """Writes what was gathered."""
        heard, self._heard = self._heard, {}
        if heard:
            async with database.writing() as tx:
                await parked.save_freshness(tx, heard)
            for source, (_, _, _, received) in heard.items():
                SOURCE_LAST.labels(source).set(received / 1_000_000)
