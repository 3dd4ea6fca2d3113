"""The day grid of imported history: every account's close of every day, as if Steward had been there.

Day by day over all accounts, so that the peers of a day serve the next; events are folded once, in the order of
their days. Nothing is published. Afterwards the present scores are set anew, without a crossing.
"""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.health.closes import Ending, closes
from services.health.force import InForce
from services.health.handle import assess_news
from services.health.overrides import Override
from services.health.past import day_end
from services.health.peers import picked, take_references
from services.health.present import HistoryRow, Present
from services.health.rules import References, Rules, Subject
from services.health.store import corrections, events, grid, overrides, record, scores
from shared.clock import DAY_US, Clock, day_of, from_us
from shared.database import Database, Reading
from shared.facts import Event, Facts, Presence
from shared.fold import fold

CHUNK = 500
"""Accounts that are set anew in one transaction."""

MOST_EVENTS = 20_000
"""Events that are read at once, where a single day has no more than that."""

MOST_ROWS = 20_000
"""Closes that are written in one transaction, about."""

OnProgress = Callable[[int, int], None]
ByAccount = Mapping[int, Sequence[Event]]


@dataclass(frozen=True)
class BackfillReport:
    """What a backfill did. `closes` counts the rows that it wrote: none where they were there already."""

    accounts: int
    days: int
    events: int
    closes: int


async def backfill(  # noqa: PLR0917
    database: Database,
    in_force: InForce,
    accounts: Sequence[int] | None,
    since_day: int,
    today: int,
    clock: Clock,
    on_progress: OnProgress,
) -> BackfillReport:
    """Writes the closes of the UTC days from `since_day` to before `today` for these accounts (all when None), from
    each one's first event on, and sets their present scores anew. `on_progress` gets (days done, days in all).
    Safe to run again: what reads the same is not written again, what reads otherwise is added as a correction."""
    writer = await _writer(database, in_force, accounts, since_day, clock.now())
    forward, folded = Forward(), 0
    async for day, by_account in _days(database, accounts, since_day, today):
        folded += forward.fold(by_account)
        if day >= since_day:
            await writer.close_day(day, forward)
            on_progress(day - since_day + 1, today - since_day)
    await writer.flush()
    for some in _chunks(writer.accounts):
        await _set_anew(database, in_force, some, since_day=since_day, today=today, now=clock.now())
    return BackfillReport(len(writer.accounts), today - since_day, folded, writer.written)


class Forward:
    """The facts of many accounts, carried forward from day to day."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Facts, Presence]] = {}

    def fold(self, by_account: ByAccount) -> int:
        """Folds a day's events; how many."""
        for account, some in by_account.items():
            facts, presence = self._known.get(account) or (Facts(), Presence())
            self._known[account] = fold(facts, presence, some)
        return sum(map(len, by_account.values()))

    def facts(self) -> Iterator[tuple[int, Facts]]:
        """(account, facts) of every account that has had an event."""
        return ((account, facts) for account, (facts, _) in self._known.items())


# --- reading ------------------------------------------------------------------------------------------


async def _days(
    database: Database, accounts: Sequence[int] | None, since_day: int, today: int
) -> AsyncIterator[tuple[int, ByAccount]]:
    """Every day from the first event, or `since_day` if that is earlier, to before `today`, with its events."""
    async with database.reading() as reading:
        counts = await events.count_by_day(reading, accounts, from_us(today * DAY_US))
    for first, last in spans(counts, min([since_day, *counts]), today - 1):
        async with database.reading() as reading:
            found = await events.between(reading, accounts, from_us(first * DAY_US), from_us((last + 1) * DAY_US))
        by_day = _by_day(found)
        for day in range(first, last + 1):
            yield day, by_day.pop(day, {})


def spans(counts: Mapping[int, int], first: int, last: int) -> Iterator[tuple[int, int]]:
    """(first day, last day) of stretches that cover all days, each with at most MOST_EVENTS events or one day."""
    start, total = first, 0
    for day in range(first, last + 1):
        count = counts.get(day, 0)
        if total and total + count > MOST_EVENTS:
            yield start, day - 1
            start, total = day, 0
        total += count
    if start <= last:
        yield start, last


def _by_day(found: Sequence[tuple[int, Event]]) -> dict[int, ByAccount]:
    by_day: dict[int, dict[int, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for account, event in found:
        by_day[day_of(event.occurred_at)][account].append(event)
    return dict(by_day)


# --- writing ------------------------------------------------------------------------------------------


async def _writer(
    database: Database, in_force: InForce, accounts: Sequence[int] | None, since_day: int, now: dt.datetime
) -> "_Writer":
    async with database.writing() as tx:
        rules = await in_force.hold(tx, now)
    async with database.reading() as reading:
        chosen = await scores.with_facts(reading, accounts)
        closed = await record.with_closes(reading, chosen, from_us(since_day * DAY_US))
        serving = await grid.serving(reading, since_day)
        held = await overrides.ever(reading, chosen)
    return _Writer(database, rules, chosen, accounts is not None, closed, serving, held, now)


@dataclass
class _Writer:
    """Closes days one after another. `closed` are the accounts that have closes already, `serving` is the reference
    for the next day; `partial` that there are other accounts, whose closes are stored; `overrides` what people have
    set, by account."""

    database: Database
    rules: Rules
    accounts: list[int]
    partial: bool
    closed: list[int]
    serving: References
    overrides: Mapping[int, Sequence[Override]]
    now: dt.datetime
    written: int = 0
    rows: list[HistoryRow] = field(default_factory=list)
    taken: list[tuple[int, References]] = field(default_factory=list)

    async def close_day(self, day: int, forward: Forward) -> None:
        """Closes a day for everybody, and takes the reference that serves the next."""
        endings = [Ending(account, facts, self.overrides.get(account, ())) for account, facts in forward.facts()]
        closed = closes(self.rules, endings, self.serving, day, self.now)
        async with self.database.reading() as reading:
            known = await record.closes(reading, self.closed, from_us(day_end(day))) if self.closed else {}
            others = await self._others(reading, day)
            stored = await grid.references(reading, day) if await grid.has_day(reading, day) else None
        self.rows += _unlike(closed, known)
        if stored is None:
            stored = take_references(
                self.rules, [*((row.segment, picked(self.rules, row.measures)) for row in closed), *others]
            )
            self.taken.append((day, stored))
        self.serving = stored
        if len(self.rows) >= MOST_ROWS:
            await self.flush()

    async def flush(self) -> None:
        """Writes what has gathered."""
        async with self.database.writing() as tx:
            await record.add_history(tx, self.rows)
            for day, references in self.taken:
                await grid.add_day(tx, day, references, self.now)
        self.written += len(self.rows)
        self.rows, self.taken = [], []

    async def _others(self, reading: Reading, day: int) -> list[tuple[str, list[float | None]]]:
        """What the closes of all other accounts say."""
        if not self.partial:
            return []
        return await grid.values_at(
            reading, from_us(day_end(day)), self.rules.peer_places.values(), without=self.accounts
        )


def _unlike(closes: Sequence[HistoryRow], known: Mapping[int, HistoryRow]) -> Iterator[HistoryRow]:
    """The closes that are new, and those that read otherwise than the known ones, as corrections."""
    for row in closes:
        before = known.get(row.account_id)
        if before is None:
            yield row
        elif not row.says_the_same(before):
            yield row._replace(corrects=True)


# --- the present --------------------------------------------------------------------------------------


def _chunks(accounts: Sequence[int]) -> Iterator[Sequence[int]]:
    return (accounts[start : start + CHUNK] for start in range(0, len(accounts), CHUNK))


async def _set_anew(
    database: Database, in_force: InForce, accounts: Sequence[int], *, since_day: int, today: int, now: dt.datetime
) -> None:
    """Assesses the accounts now, as imported but for what came live meanwhile, unless that was done later than `now`;
    and asks for their moves of the time before to be told anew."""
    await asyncio.sleep(0)
    async with database.writing() as tx:
        standing = {before.account_id: before for before in await scores.lock(tx, accounts)}
        known = await scores.facts_now(tx, accounts)
        subjects = [
            Subject(account, _closed(standing.get(account), today - 1), found.facts, found.version)
            for account, found in sorted(known.items())
            if account not in standing or standing[account].assessed_at <= now
        ]
        late = await corrections.within(tx, [span for subject in subjects for span in subject.spans])
        old = [subject._replace(imported=True) if subject.aged_only else subject for subject in subjects]
        rules = await in_force.hold(tx, now)
        await assess_news(tx, rules, old, now, doubtful=[s.account for s in old], past_changed=late)
        await corrections.ask_of_moves(tx, accounts, from_us(since_day * DAY_US), from_us(today * DAY_US), since_day)


def _closed(before: Present | None, day: int) -> Present | None:
    """What stands, with its closes written through `day`."""
    return before._replace(closed_through=max(before.closed_through, day)) if before else None
