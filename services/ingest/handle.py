"""The use cases of ingest: translate → accept → identify → fold. One batch, one transaction."""

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from services.ingest import intake, placing
from services.ingest.freshness import Freshness
from services.ingest.holding import SourceState, after_batch
from services.ingest.memory import Known, Memory
from services.ingest.nouns import Accepted, Arrival, Share
from services.ingest.sources import native, settled_by, source_of, translate
from services.ingest.store import events as event_store
from services.ingest.store import facts as fact_store
from services.ingest.store import holding, lists, seen
from services.ingest.store.facts import Version, Written
from services.ingest.wakeups import wakeups
from shared import outbox
from shared.broker import Record
from shared.clock import DAY_US, day_of, from_us, to_us
from shared.database import Writing
from shared.errors import Reason, Rejection
from shared.facts import Event, Presence, encode
from shared.facts import decode as decode_facts
from shared.fold import ACTIVITY, fold_into
from shared.metrics import EVENTS, REJECTED, UNMATCHED_APPLIED
from shared.native import decode_body
from shared.parking import Parked, park
from shared.settings import Settings

_NOBODY: Presence = {}


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
        arrivals, rejects, outcomes = self._read(records, states, to_us(now))
        if arrivals:
            await self.accept(tx, arrivals, now)
        if rejects:
            await park(tx, rejects, now)
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
        ids = {arrival.event.id for arrival in arrivals}
        known = await seen.remember(tx, ids, now.date(), keep=imported)
        fresh = list(arrivals) if not known and len(ids) == len(arrivals) else list(_once(arrivals, known))
        places = await placing.place(tx, fresh, self._memory, now, self._settings)
        shares, homeless = _share_out(fresh, places)
        if homeless:
            await event_store.wait(tx, homeless)
        await self._fold(tx, shares, now, rebase=rebase)
        tx.after_commit(lambda: self._count(fresh, len(arrivals) - len(fresh), len(homeless)))
        return Accepted(len(fresh) - len(homeless), len(arrivals) - len(fresh), len(homeless), tuple(shares))

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
            shares, homeless = _share_out(
                arrivals, await placing.place(tx, arrivals, self._memory, now, self._settings)
            )
            if homeless:  # their key was unlinked meanwhile
                await event_store.wait(tx, homeless)
            await self._fold(tx, shares, now)
            UNMATCHED_APPLIED.inc(len(arrivals) - len(homeless))
        return len(arrivals)

    # --- records to arrivals ----------------------------------------------------------------------

    def _read(
        self, records: Sequence[Record], states: dict[str, SourceState], now: int
    ) -> tuple[list[Arrival], list[Parked], dict[str, list[bool]]]:
        """(arrivals, what is parked, outcomes by source in order)."""
        held = {source for source, state in states.items() if state.held_since is not None}
        horizon, skew = self._settings.horizon_days, self._settings.skew_hours
        earliest, latest = -horizon * DAY_US, skew * intake.HOUR_US
        arrival = partial(tuple.__new__, Arrival)  # half the price of Arrival's own constructor
        arrivals: list[Arrival] = []
        rejects: list[Parked] = []
        outcomes: dict[str, list[bool]] = {}
        unused: dict[str, int] = {}
        for record in records:
            headers = dict(record.headers)
            received = intake.received_at(record, now, headers)
            if held and (source := source_of(record)) in held:
                rejects.append(Parked(record, source, Reason.HELD, "the source's records are held", received))
                continue
            try:
                active = native.activity_in(record, headers)
                events = translate(record, self._settled, headers) if active is None else (active,)
                for event in events:
                    if not earliest <= event.occurred_at - received <= latest:
                        intake.admit(event, received, horizon, skew)
            except Rejection as rejection:
                source = source_of(record)
                rejects.append(Parked(record, source, rejection.reason, rejection.words, received))
                outcomes.setdefault(source, []).append(False)
                continue
            source = events[0].source if events else source_of(record)
            if not events:
                EVENTS.labels(source, "unused").inc()
                unused[source] = received
            if source in outcomes:
                outcomes[source].append(True)
            else:
                outcomes[source] = [True]
            for event in events:
                arrivals.append(arrival((event, received)))
        self.freshness.hear(arrivals, unused)
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
            await holding.save_states(tx, changed)

    # --- events to facts --------------------------------------------------------------------------

    async def _fold(self, tx: Writing, shares: Mapping[int, Share], now: dt.datetime, *, rebase: bool = False) -> None:
        """Folds events into their accounts' facts and keeps all that follows."""
        if not shares:
            return
        known = await self._recall(tx, shares)
        written: list[Written] = []
        moved: dict[int, Presence] = {}
        stamp = random.getrandbits(63)
        for account, share in shares.items():
            one = known[account]
            changed = fold_into(one.facts, one.presence, [event for event, _ in share])
            one.version = Version(one.version.number + 1, stamp)
            written.append(Written(account, one.version, encode(one.facts)))
            if changed:
                moved[account] = changed
        await fact_store.save(tx, written, now)
        await fact_store.save_presence(tx, moved)
        versions = {account: version.number for account, version, _ in written}
        await _keep(tx, shares, versions, known)
        if rebase:
            await event_store.note_history(tx, versions)
        else:
            await event_store.correct(tx, _corrections(shares, versions))
        oldest = from_us(min(share.oldest for share in shares.values()))
        told = wakeups(versions.items(), oldest, self._settings.partitions, now, rebase="import" if rebase else None)
        await outbox.put(tx, "ingest", told)
        tx.after_commit(lambda: self._remember(known, moved))

    def _count(self, fresh: Sequence[Arrival], duplicates: int, unmatched: int) -> None:
        for source, count in self.freshness.count(fresh).items():
            EVENTS.labels(source, "accepted").inc(count)
        EVENTS.labels("", "duplicate").inc(duplicates)
        EVENTS.labels("", "unmatched").inc(unmatched)

    async def _recall(self, tx: Writing, shares: Mapping[int, Share]) -> dict[int, Known]:
        """Locks the accounts; their facts, and the presence of the people that the events tell of."""
        versions = await fact_store.lock(tx, shares)
        known: dict[int, Known] = {}
        for account, version in versions.items():
            remembered = self._memory.take(account, version)
            if remembered is not None:
                known[account] = remembered
        missing = [account for account in shares if account not in known]
        if missing:
            for account, stored in (await fact_store.load(tx, missing)).items():
                known[account] = Known(versions[account], decode_facts(stored))
        await _recall_people(tx, shares, known)
        return known

    def _remember(self, new: Mapping[int, Known], moved: Mapping[int, Presence]) -> None:
        for account, known in new.items():
            known.presence.update(moved.get(account, _NOBODY))
            self._memory.put(account, known)


def _once(arrivals: Iterable[Arrival], known: set[bytes]) -> Iterator[Arrival]:
    """The first arrival of each event that is not known yet, in the order in which they came."""
    for arrival in arrivals:
        if arrival.event.id not in known:
            known.add(arrival.event.id)
            yield arrival


def _share_out(
    arrivals: Iterable[Arrival], places: Mapping[tuple[str, str], int]
) -> tuple[dict[int, Share], list[Arrival]]:
    """(each account's share of the arrivals, those whose account is not known)."""
    shares: dict[int, Share] = {}
    homeless = []
    for n, arrival in enumerate(arrivals):
        event, received = arrival
        account = places.get(event.account)
        if account is None:
            homeless.append(arrival)
            continue
        share = shares.get(account)
        if share is None:
            share = shares[account] = Share(received)
        elif received < share.oldest:
            share.oldest = received
        if event.type in ACTIVITY:
            share.active.append(arrival)
        else:
            share.telling.append(arrival)
            share.places.append(n)
    return shares, homeless


async def _recall_people(tx: Writing, shares: Mapping[int, Share], known: Mapping[int, Known]) -> None:
    """Completes the presence of everybody whose activity the events tell of."""
    wanted: dict[int, set[str]] = {}
    for account, share in shares.items():
        if share.active:
            strangers = {event.body.person_id for event, _ in share.active} - known[account].presence.keys()
            if strangers:
                wanted[account] = strangers
    if wanted:
        for account, found in (await fact_store.load_presence(tx, wanted)).items():
            known[account].presence.update(found)


async def _keep(
    tx: Writing, shares: Mapping[int, Share], versions: Mapping[int, int], known: Mapping[int, Known]
) -> None:
    """Keeps the events, and brings the lists for reading up to what they tell."""
    telling = [(account, versions[account], share.telling) for account, share in shares.items() if share.telling]
    active = [(account, versions[account], share.active) for account, share in shares.items() if share.active]
    await event_store.keep_activity(tx, active)
    if telling:
        await event_store.keep_telling(tx, versions, shares)
        await lists.save_all(
            tx, [(account, known[account].facts, [event for event, _ in some]) for account, _, some in telling]
        )


def _corrections(shares: Mapping[int, Share], versions: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Accounts whose past changed: an event of an earlier day than the one it arrived on."""
    corrected = {}
    for account, share in shares.items():
        late = [event.occurred_at for event, received in share if event.occurred_at // DAY_US < received // DAY_US]
        if late:
            corrected[account] = (versions[account], day_of(min(late)))
    return corrected
