"""When each source was last heard: gathered in memory, written once a second. Best effort; nothing depends on it."""

from collections import Counter
from collections.abc import Sequence

from services.ingest.nouns import Arrival
from services.ingest.store import parked
from shared.database import Database
from shared.metrics import HELD, SOURCE_LAST


class Freshness:
    """Counts and newest times by source since the last flush."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, int, int, int]] = {}
        self._held: set[str] = set()

    def hear(self, arrivals: Sequence[Arrival]) -> None:
        """Notes what was understood; the last event of each source stands for its newest."""
        latest = {event.source: (event, received) for event, received in arrivals}
        counts = Counter([event.source for event, _ in arrivals])
        for source, (event, received) in latest.items():
            accepted, rejected, occurred_at, newest = self._heard.get(source, (0, 0, 0, 0))
            self._heard[source] = (
                accepted + counts[source], rejected, max(occurred_at, event.occurred_at), max(newest, received)
            )  # fmt: skip

    async def flush(self, database: Database) -> None:
        """Writes what was gathered, and tells the metrics which sources are held."""
        heard, self._heard = self._heard, {}
        async with database.writing() as tx:
            if heard:
                await parked.save_freshness(tx, heard)
            held = await parked.held_sources(tx)
        for source, (_, _, _, received) in heard.items():
            SOURCE_LAST.labels(source).set(received / 1_000_000)
        for source in held | self._held:
            HELD.labels(source).set(source in held)
        self._held = held
