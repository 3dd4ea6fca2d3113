"""The use cases of ingest: translate → accept → identify → fold. One batch, one transaction."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from services.ingest import gate, moving, placing
from services.ingest.deciding import DECISIONS
from services.ingest.folding import fold, share_out
from services.ingest.freshness import Freshness
from services.ingest.hearing import Heard
from services.ingest.holding import SourceState, after_batch
from services.ingest.memory import Memory
from services.ingest.nouns import Accepted, Arrival
from services.ingest.shielding import Rules, shield
from services.ingest.sources import settled_by
from services.ingest.store import events as event_store
from services.ingest.store import holding, seen
from shared.broker import Record
from shared.clock import to_us
from shared.database import Row, Writing
from shared.facts import Event
from shared.metrics import EVENTS, REJECTED, UNMATCHED_APPLIED
from shared.native import decode_body
from shared.parking import Parked, park
from shared.settings import Settings


class Ingest:
    """Ingest's use cases, with what this process remembers between batches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = Memory()
        self._settled = settled_by(settings)
        self.freshness = Freshness()

    async def on_records(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        """A batch off the source topics: each record becomes events, or is parked with its reason, or is held."""
        states = await holding.troubled_sources(tx)
        heard = Heard(states, self._settled, self._settings, to_us(now))
        heard.hear(records)
        self.freshness.hear(heard.arrivals, heard.unused)
        arrivals, parked = heard.arrivals, heard.parked
        if parked:
            arrivals, parked = await self.shielded(tx, arrivals, parked)
        if arrivals:
            await self.accept(tx, arrivals, now, more=len(records) >= self._settings.batch_records)
        if parked:
            await park(tx, parked, now)
            for reject in parked:
                REJECTED.labels(reject.source, reject.reason).inc()
        await self._judge_sources(tx, states, heard.outcomes, to_us(now))

    async def shielded(
        self, tx: Writing, arrivals: list[Arrival], parked: list[Parked]
    ) -> tuple[list[Arrival], list[Parked]]:
        """(what is to be accepted, what is to be kept raw), so that nothing raw names anybody who was forgotten."""
        await seen.enter(tx)
        await gate.enter(tx, self._memory, alone=any(event.type in DECISIONS for event, _ in arrivals))
        if not self._memory.erased.count:
            return arrivals, parked
        rules = Rules(self._settled, self._settings.horizon_days, self._settings.skew_hours)
        taken, kept = shield(parked, self._memory.erased, rules, DECISIONS)
        return arrivals + taken, kept

    async def accept(
        self,
        tx: Writing,
        arrivals: Sequence[Arrival],
        now: dt.datetime,
        *,
        imported: bool = False,
        rebase: bool = False,
        more: bool = False,
    ) -> Accepted:
        """Accepts events once each: duplicates are dropped, the placeless wait, the rest is folded.

        `imported`: their ids are kept for ever. `rebase`: history that publishes nothing (DESIGN: imported history).
        `more`: other events follow at once, so that whoever is told may wait for them.
        """
        ids = {event[0] for event, _ in arrivals}
        known = await seen.remember(tx, ids, self._memory.filters, keep=imported, hopeful=self._memory.all_new)
        self._memory.all_new = not known
        fresh = list(arrivals) if not known and len(ids) == len(arrivals) else list(_once(arrivals, known))
        places = await placing.place(tx, fresh, self._memory, now, self._settings)
        shares, homeless = share_out(fresh, places)
        if homeless:
            await event_store.wait(tx, homeless, history=rebase)
        await fold(tx, shares, self._memory, now, self._settings.partitions, rebase=rebase, more=more)
        await moving.settle(tx, shares, homeless, self._memory, now=now, partitions=self._settings.partitions)
        tx.after_commit(lambda: self._count(fresh, len(arrivals) - len(fresh), len(homeless)))
        return Accepted(len(fresh) - len(homeless), len(arrivals) - len(fresh), len(homeless), tuple(shares))

    async def apply_matched(self, tx: Writing, now: dt.datetime, most: int = 2_000) -> int:
        """Applies events that waited and whose account is known by now, at their own time; how many. History that was
        imported is no news now either."""
        rows = await event_store.take_matched(tx, most)
        for history in (True, False):
            arrivals = [_arrival(row) for row in rows if row["history"] is history]
            if arrivals:
                await self._apply(tx, arrivals, now, history=history)
        return len(rows)

    async def _apply(self, tx: Writing, arrivals: list[Arrival], now: dt.datetime, *, history: bool) -> None:
        shares, homeless = share_out(arrivals, await placing.place(tx, arrivals, self._memory, now, self._settings))
        if homeless:  # their key was unlinked meanwhile
            await event_store.wait(tx, homeless, history=history)
        await fold(tx, shares, self._memory, now, self._settings.partitions, rebase=history)
        await moving.settle(tx, shares, homeless, self._memory, now=now, partitions=self._settings.partitions)
        UNMATCHED_APPLIED.inc(len(arrivals) - len(homeless))

    async def _judge_sources(
        self, tx: Writing, states: dict[str, SourceState], outcomes: dict[str, list[bool]], now: int
    ) -> None:
        after = {
            source: after_batch(
                states.get(source, SourceState()), told, hold_after=self._settings.hold_after_rejects,
                hold_ratio=self._settings.hold_ratio, now=now,
            )
            for source, told in outcomes.items()
        }  # fmt: skip
        changed = {s: state for s, state in after.items() if state != states.get(s, SourceState())}
        if changed:
            await holding.save_states(tx, changed)

    def _count(self, fresh: Sequence[Arrival], duplicates: int, unmatched: int) -> None:
        for source, count in self.freshness.count(fresh).items():
            EVENTS.labels(source, "accepted").inc(count)
        EVENTS.labels("", "duplicate").inc(duplicates)
        EVENTS.labels("", "unmatched").inc(unmatched)


def _arrival(row: Row) -> Arrival:
    """An event that has waited."""
    key, body = (row["account_source"], row["account_key"]), decode_body(row["type"], row["payload"])
    event = Event(
        row["id"], row["source"], row["type"], key, to_us(row["occurred_at"]), row["sequence"], body, row["payload"]
    )
    return Arrival(event, to_us(row["received_at"]))


def _once(arrivals: Iterable[Arrival], known: set[bytes]) -> Iterator[Arrival]:
    """The first arrival of each event that is not known yet, in the order in which they came."""
    for arrival in arrivals:
        if arrival.event.id not in known:
            known.add(arrival.event.id)
            yield arrival
