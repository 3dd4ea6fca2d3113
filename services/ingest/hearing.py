"""Records become arrivals: each is understood, parked with its reason, or held. Pure.

Nearly all records are uses in their usual form, so that this way is told first and calls little.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from services.ingest import intake
from services.ingest.holding import SourceState
from services.ingest.nouns import Arrival
from services.ingest.sources import Settled, native, source_of, translate
from shared.broker import RECEIVED_AT, Record
from shared.clock import DAY_US
from shared.errors import Reason, Rejection
from shared.metrics import EVENTS
from shared.parking import Parked
from shared.settings import Settings


class Heard:
    """What the records of a batch come to, read at `now`, µs. `states`: of the sources that are in trouble."""

    def __init__(self, states: Mapping[str, SourceState], settled: Settled, settings: Settings, now: int) -> None:
        self.arrivals: list[Arrival] = []
        self.parked: list[Parked] = []
        self.outcomes: dict[str, list[bool]] = {}
        """By source, in order; True is understood."""
        self.unused: dict[str, int] = {}
        """Source → when something came of it that we have no use for, µs."""
        self._held = {source for source, state in states.items() if state.held_since is not None}
        self._settled = settled
        self._settings = settings
        self._now = now

    def hear(self, records: Iterable[Record]) -> None:
        """Reads records."""
        now, outcomes, add = self._now, self.outcomes, self.arrivals.append
        earliest, latest = -self._settings.horizon_days * DAY_US, self._settings.skew_hours * intake.HOUR_US
        usual = _never if self._held else native.activity_in
        arrival = partial(tuple.__new__, Arrival)  # half the price of Arrival's own constructor
        for record in records:
            headers = dict(record.headers)
            received = record.timestamp * 1_000
            if RECEIVED_AT in headers or not 0 < received < now:
                received = intake.received_at(record, now, headers)
            event = usual(record, headers)
            if event is None or not earliest <= event.occurred_at - received <= latest:
                self._hear_with_care(record, headers, received)
                continue
            add(arrival((event, received)))
            try:
                outcomes[event.source].append(True)
            except KeyError:
                outcomes[event.source] = [True]

    def _hear_with_care(self, record: Record, headers: Mapping[str, bytes], received: int) -> None:
        if self._held and (source := source_of(record)) in self._held:
            self.parked.append(Parked(record, source, Reason.HELD, "the source's records are held", received))
            return
        try:
            events = translate(record, self._settled, headers)
            for event in events:
                intake.admit(event, received, self._settings.horizon_days, self._settings.skew_hours)
        except Rejection as rejection:
            source = source_of(record)
            self.parked.append(Parked(record, source, rejection.reason, rejection.words, received))
            self.outcomes.setdefault(source, []).append(False)
            return
        source = events[0].source if events else source_of(record)
        if not events:
            EVENTS.labels(source, "unused").inc()
            self.unused[source] = received
        self.outcomes.setdefault(source, []).append(True)
        self.arrivals.extend([Arrival(event, received) for event in events])


def _never(record: Record, headers: Mapping[str, bytes]) -> None:
    """While sources are held, each record is first asked whose it is."""
