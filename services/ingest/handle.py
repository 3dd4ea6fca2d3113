"""The use cases of ingest: translate → accept → identify → fold. One batch, one transaction."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from services.ingest import intake, placing
from services.ingest.freshness import Freshness
from services.ingest.holding import SourceState, after_batch
from services.ingest.memory import Known, Memory
from services.ingest.nouns import Accepted, Arrival, Parked
from services.ingest.sources import source_of, translate
from services.ingest.store import events as event_store
from services.ingest.store import facts as fact_store
from services.ingest.store import lists, parked, seen
from services.ingest.store.facts import Version, Written
from services.ingest.wakeups import wakeups
from shared import outbox
from shared.broker import Record
from shared.clock import DAY_US, day_of, from_us, to_us
from shared.database import Writing
from shared.errors import Reason, Rejection
from shared.facts import Event, Presence, encode
from shared.facts import decode as decode_facts
from shared.fold import ACTIVITY, fold, person_key
from shared.metrics import EVENTS, REJECTED, UNMATCHED_APPLIED
from shared.native import decode_body
from shared.settings import Settings


class Ingest:
    """Ingest's use cases, with what this process remembers between batches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = Memory()
        self._creators: Collection[str] = ("stripe",) if settings.stripe_creates_accounts else ()
        self.freshness = Freshness()

    async def on_records(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        """A batch off the source topics: each record becomes events, or is parked with its reason, or is held."""
        states = await parked.troubled_sources(tx)
        arrivals, rejects, outcomes = self._read(records, states, to_us(now))
        if arrivals:
            await self.accept(tx, arrivals, now)
        if rejects:
            await parked.park(tx, rejects, now)
            for reject in rejects:
                REJECTED.labels(reject.source, reject.reason).inc()
        await self._judge_sources(tx, states, outcomes, to_us(now))

    async def accept(
        self,
        tx: Writing,
        arrivals: Sequence[Arrival],
        now: dt.datetime,
        *,
        imported: bool = False,
        rebase: bool = False,
    ) -> Accepted:
        """Accepts events once each: duplicates are dropped, the placeless wait, the rest is folded.

        `imported`: their ids are kept for ever. `rebase`: history that publishes nothing (DESIGN: imported history).
        """
        first = {arrival.event.id: arrival for arrival in reversed(arrivals)}
        new = await seen.remember(tx, list(first), now.date(), keep=imported)
        fresh = [arrival for id_, arrival in first.items() if id_ in new]
        places = await placing.place(tx, fresh, self._memory, now)
        by_account, homeless = _gather(fresh, places)
        if homeless:
            await event_store.wait(tx, homeless)
        await self._fold(tx, by_account, now, rebase=rebase)
        _count(fresh, len(arrivals) - len(fresh), len(homeless))
        return Accepted(len(fresh) - len(homeless), len(arrivals) - len(fresh), len(homeless), tuple(by_account))

    async def apply_matched(self, tx: Writing, now: dt.datetime, most: int = 2_000) -> int:
        """Applies events that waited and whose account is known by now, at their own time; how many."""
        rows = await event_store.take_matched(tx, most)
        arrivals = [
            Arrival(
                Event(
                    row["id"], row["source"], row["type"], (row["account_source"], row["account_key"]),
                    to_us(row["occurred_at"]), row["sequence"], decode_body(row["type"], row["payload"]),
                    row["payload"],
                ),
                to_us(row["received_at"]),
            )
            for row in rows
        ]  # fmt: skip
        if arrivals:
            places = await placing.place(tx, arrivals, self._memory, now)
            await self._fold(tx, _gather(arrivals, places)[0], now)
            UNMATCHED_APPLIED.inc(len(arrivals))
        return len(arrivals)

    # --- records to arrivals ----------------------------------------------------------------------

    def _read(
        self, records: Sequence[Record], states: dict[str, SourceState], now: int
    ) -> tuple[list[Arrival], list[Parked], dict[str, list[bool]]]:
        """(arrivals, what is parked, outcomes by source in order)."""
        held = {source for source, state in states.items() if state.held_since is not None}
        horizon, skew = self._settings.horizon_days, self._settings.skew_hours
        arrivals: list[Arrival] = []
        rejects: list[Parked] = []
        outcomes: dict[str, list[bool]] = {}
        for record in records:
            headers = dict(record.headers)
            received = intake.received_at(record, now, headers)
            if held and (source := source_of(record)) in held:
                rejects.append(Parked(record, source, Reason.HELD, "the source's records are held", received))
                continue
            try:
                events = translate(record, self._creators, headers)
                for event in events:
                    intake.admit(event, received, horizon, skew)
            except Rejection as rejection:
                source = source_of(record)
                rejects.append(Parked(record, source, rejection.reason, rejection.words, received))
                outcomes.setdefault(source, []).append(False)
                continue
            source = events[0].source if events else source_of(record)
            if source in outcomes:
                outcomes[source].append(True)
            else:
                outcomes[source] = [True]
            for event in events:
                arrivals.append(Arrival(event, received))
        self.freshness.hear(arrivals)
        return arrivals, rejects, outcomes

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
            await parked.save_states(tx, changed)

    # --- events to facts --------------------------------------------------------------------------

    async def _fold(
        self, tx: Writing, by_account: dict[int, list[Arrival]], now: dt.datetime, *, rebase: bool = False
    ) -> None:
        """Folds events into their accounts' facts and keeps all that follows."""
        if not by_account:
            return
        known = await self._recall(tx, by_account)
        written: list[Written] = []
        changed: dict[int, Presence] = {}
        new: dict[int, Known] = {}
        for account, arrivals in by_account.items():
            before = known[account]
            facts, presence = fold(before.facts, before.presence, [event for event, _ in arrivals])
            version = Version(before.version.number + 1, random.getrandbits(63))
            written.append(Written(account, version, encode(facts)))
            if presence != before.presence:
                changed[account] = {p: at for p, at in presence.items() if before.presence.get(p) != at}
            new[account] = Known(version, facts, presence)
        await fact_store.save(tx, written, now)
        await fact_store.save_presence(tx, changed)
        await event_store.keep(tx, by_account, {account: one.version.number for account, one in new.items()})
        await self._keep_lists(tx, by_account, new)
        if not rebase:
            await event_store.correct(tx, _corrections(by_account, new))
        oldest = from_us(min(received for arrivals in by_account.values() for _, received in arrivals))
        versions = [(account, entry.version.number) for account, entry in new.items()]
        await outbox.put(
            tx, "ingest", wakeups(versions, oldest, self._settings.partitions, now, rebase="import" if rebase else None)
        )
        tx.after_commit(lambda: self._remember(new))

    async def _recall(self, tx: Writing, by_account: dict[int, list[Arrival]]) -> dict[int, Known]:
        """Locks the accounts; their facts, and the presence of the people that the events tell of."""
        versions = await fact_store.lock(tx, by_account)
        known: dict[int, Known] = {}
        for account, version in versions.items():
            remembered = self._memory.take(account, version)
            if remembered is not None:
                known[account] = remembered
        missing = [account for account in by_account if account not in known]
        if missing:
            for account, stored in (await fact_store.load(tx, missing)).items():
                known[account] = Known(versions[account], decode_facts(stored))
        await _recall_people(tx, by_account, known)
        return known

    async def _keep_lists(self, tx: Writing, by_account: dict[int, list[Arrival]], new: dict[int, Known]) -> None:
        touched = []
        for account, arrivals in by_account.items():
            telling = [a.event for a in arrivals if a.event.type not in ACTIVITY]
            if telling:
                touched.append((account, new[account].facts, telling))
        if touched:
            await lists.save_all(tx, touched)

    def _remember(self, new: dict[int, Known]) -> None:
        for account, known in new.items():
            self._memory.put(account, known)


def _gather(
    arrivals: Iterable[Arrival], places: Mapping[tuple[str, str], int]
) -> tuple[dict[int, list[Arrival]], list[Arrival]]:
    """(the arrivals by account, those whose account is not known)."""
    by_account: dict[int, list[Arrival]] = {}
    homeless = []
    for arrival in arrivals:
        account = places.get(arrival.event.account)
        if account is None:
            homeless.append(arrival)
        elif account in by_account:
            by_account[account].append(arrival)
        else:
            by_account[account] = [arrival]
    return by_account, homeless


def _count(fresh: Iterable[Arrival], duplicates: int, unmatched: int) -> None:
    counts = Counter([event.source for event, _ in fresh])
    for source, count in counts.items():
        EVENTS.labels(source, "accepted").inc(count)
    EVENTS.labels("", "duplicate").inc(duplicates)
    EVENTS.labels("", "unmatched").inc(unmatched)


async def _recall_people(tx: Writing, by_account: dict[int, list[Arrival]], known: dict[int, Known]) -> None:
    """Completes the presence of everybody whose activity the events tell of."""
    wanted: set[tuple[int, int]] = set()
    for account, arrivals in by_account.items():
        presence: Presence = known[account].presence
        for arrival in arrivals:
            if arrival.event.type in ACTIVITY:
                person = person_key(arrival.event.body.person_id)
                if person not in presence:
                    wanted.add((account, person))
    if wanted:
        for account, found in (await fact_store.load_presence(tx, list(wanted))).items():
            known[account].presence |= found


def _corrections(by_account: dict[int, list[Arrival]], new: dict[int, Known]) -> dict[int, tuple[int, int]]:
    """Accounts whose past changed: an event of an earlier day than the one it arrived on."""
    corrected = {}
    for account, arrivals in by_account.items():
        late = [a.event.occurred_at for a in arrivals if a.event.occurred_at // DAY_US < a.received // DAY_US]
        if late:
            corrected[account] = (new[account].version.number, day_of(min(late)))
    return corrected
