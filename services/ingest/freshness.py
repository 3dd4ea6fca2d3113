"""When each source was last heard: gathered in memory, written once a second. Best effort; nothing depends on it."""

from collections.abc import Iterable

from services.ingest.nouns import Arrival
from services.ingest.store import parked
from shared.database import Database
from shared.metrics import SOURCE_LAST


class Freshness:
    """Counts and newest times by source since the last flush."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, int, int, int]] = {}

    def hear(self, arrivals: Iterable[Arrival]) -> None:
        """Notes what was understood."""
        for event, received in arrivals:
            accepted, rejected, occurred_at, newest = self._heard.get(event.source, (0, 0, 0, 0))
            self._heard[event.source] = (
                accepted + 1, rejected, max(occurred_at, event.occurred_at), max(newest, received)
            )  # fmt: skip

    async def flush(self, database: Database) -> None:
        """Writes what was gathered."""
        heard, self._heard = self._heard, {}
        if heard:
            async with database.writing() as tx:
                await parked.save_freshness(tx, heard)
            for source, (_, _, _, received) in heard.items():
                SOURCE_LAST.labels(source).set(received / 1_000_000)
