"""Health's use cases: accounts changed, time passed. Both assess by one function, once per account.

A batch is one transaction and a handful of statements: rows are locked in id order, missing closes come first,
then every account is assessed once; only where a score moved are reasons looked for.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated

import msgspec

from services.health import news, reasons
from services.health.closing import close_missing
from services.health.entering import enter, keep
from services.health.force import InForce
from services.health.ledger import Ledger, Story
from services.health.present import Present, Span
from services.health.rules import Judged, References, Rules, Subject, judge
from services.health.shadows import shadow_of
from services.health.store import corrections, grid, overrides, record, scores
from services.health.store import ledger as ledger_store
from services.health.watching import Look, glances
from shared.broker import Record
from shared.clock import Clock, day_of, to_us
from shared.database import Writing
from shared.errors import Reason, Rejection
from shared.facts import Facts, encode
from shared.fold.areas import EVERYTHING, changed_since
from shared.metrics import ASSESS_SECONDS, ASSESSMENTS, CROSSINGS, EVENT_TO_SCORE
from shared.parking import read_or_park

_AT_ONCE = 1_000
"""Accounts assessed between two statements: a second at most, or PostgreSQL takes us for frozen."""
TOGETHER = 10
"""Accounts assessed side by side: a few milliseconds' worth. Where time alone asks for them, whoever shares the loop
has a turn then; wake-ups go on, or two lanes would wait for each other."""
_UNTOLD = Story()
_NO_DAYS: Mapping[int, int] = {}
_BLANK = encode(Facts())


_Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class Wake(msgspec.Struct):
    """`contracts.AccountsChanged`, as the hot path decodes it."""

    accounts: list[tuple[_Id, int]]
    received_at: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    rebase: str | None = None


_wakes = msgspec.json.Decoder(Wake)


def _wake(record: Record) -> Wake:
    try:
        return _wakes.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejection(Reason.INVALID_PAYLOAD, f"no wake-up: {error}") from error


class Health:
    """Health's use cases under the rules in force."""

    def __init__(self, in_force: InForce, clock: Clock) -> None:
        self.in_force = in_force
        self._clock = clock
        self.shared_by: int | None = None
        """The revision whose pools have looked at all accounts."""

    async def on_accounts_changed(self, tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        """A batch of wake-ups: accounts whose facts are newer than those last assessed are assessed, once each."""
        wakes = await read_or_park(tx, "health", records, _wake, now)
        await assess_woken(tx, self.in_force, wakes, now)
        tx.after_commit(lambda: self._measure(wakes))

    async def on_time_passed(self, tx: Writing, now: dt.datetime, most: int = 500) -> int:
        """Assesses up to `most` accounts whose score can have changed by itself, on the facts they had; how many.
        Facts that are newer are left to their wake-up."""
        due = await scores.lock_due(tx, now, day_of(to_us(now)) - 1, most)
        known = await scores.facts_assessed(tx, [before.account_id for before in due])
        subjects = [Subject(b.account_id, b, known[b.account_id], b.facts_version) for b in due]
        await assess_all(tx, await self.in_force.hold(tx, now), subjects, now)
        return len(subjects)

    def _measure(self, wakes: Iterable[Wake]) -> None:
        now = self._clock.now()
        for wake in wakes:
            EVENT_TO_SCORE.observe(max((now - wake.received_at).total_seconds(), 0.0))


class _Woken(msgspec.Struct):
    """All that the wake-ups of a batch say of one account: the earliest arrival, and whether history was imported."""

    version: int
    received_at: dt.datetime
    imported: bool


async def assess_woken(tx: Writing, in_force: InForce, wakes: Iterable[Wake], now: dt.datetime) -> int:
    """Assesses the accounts of the wake-ups that are newer than what stands; how many. Those that were merged into
    another lose their score and their episode instead, without a word."""
    woken = coalesce(wakes)
    standing = {before.account_id: before for before in await scores.lock(tx, woken)}
    newer = [
        account
        for account, wake in woken.items()
        if account not in standing or standing[account].facts_version < wake.version
    ]
    if not newer:
        return 0
    known = await scores.facts_now(tx, newer)
    merged = await _merged(tx, known)
    ended = [standing[account] for account in merged if account in standing]
    await _drop(tx, ended, "the account was merged into another", now)
    subjects = [
        _subject(account, standing.get(account), known[account])
        for account in sorted(newer)
        if account in known and account not in merged
    ]
    doubtful = {s.account for s in subjects if woken[s.account].imported or s.version > woken[s.account].version}
    past_changed, rules = await _past_changed(tx, subjects, woken), await in_force.hold(tx, now)
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        changed = {s.account: past_changed[s.account] for s in some if s.account in past_changed}
        await assess_news(tx, rules, some, now, doubtful=doubtful, past_changed=changed)
    return len(subjects)


def _subject(account: int, before: Present | None, known: scores.Known) -> Subject:
    changed = changed_since(known.changed, before.facts_version) if before else EVERYTHING
    return Subject(account, before, known.facts, known.version, changed=changed)


async def assess_news(
    tx: Writing, rules: Rules, subjects: Sequence[Subject], now: dt.datetime, *, doubtful: Collection[int],
    past_changed: Mapping[int, int] = _NO_DAYS,
) -> None:  # fmt: skip
    """`assess_all`, where history may have been imported at the doubtful accounts: it sets anew what stands, without a
    word, and what is live beside it is judged against that."""
    certain = [subject for subject in subjects if subject.account not in doubtful]
    parted = await news.part(tx, [subject for subject in subjects if subject.account in doubtful])
    if parted.first:
        await assess_all(tx, rules, parted.first, now)
    standing = {before.account_id: before for before in await scores.lock(tx, [s.account for s in parted.then])}
    then = [subject._replace(before=standing.get(subject.account)) for subject in parted.then]
    await assess_all(tx, rules, [*certain, *parted.live, *then], now, past_changed)


async def _merged(tx: Writing, known: Mapping[int, scores.Known]) -> set[int]:
    """Those that were merged into another. Nothing is known of such accounts, so only blank ones are asked about."""
    blank = [account for account, one in known.items() if one.facts == _BLANK]
    return await scores.merged(tx, blank) if blank else set()


async def _drop(tx: Writing, gone: Sequence[Present], because: str, now: dt.datetime) -> None:
    """Ends what stands for accounts that were merged or deleted; their history stays. Back again, they are scored as
    first."""
    if gone:
        await record.close_episodes(tx, [before.episode_id for before in gone if before.episode_id], now)
        accounts = [before.account_id for before in gone]
        await overrides.end(tx, accounts, because, now)
        await scores.drop(tx, accounts)


def coalesce(wakes: Iterable[Wake]) -> dict[int, _Woken]:
    """Account → its greatest version, its earliest arrival, and whether any of its wake-ups says import."""
    found: dict[int, _Woken] = {}
    for wake in wakes:
        imported = wake.rebase is not None
        for account, version in wake.accounts:
            known = found.get(account)
            if known is None:
                found[account] = _Woken(version, wake.received_at, imported)
                continue
            known.version = max(known.version, version)
            known.received_at = min(known.received_at, wake.received_at)
            known.imported = known.imported or imported
    return found


async def _past_changed(tx: Writing, subjects: Sequence[Subject], woken: dict[int, _Woken]) -> dict[int, int]:
    """From which day on the past of accounts has changed: by a late event, as ingest says, or by one that arrived
    on a day whose close was written before it was folded."""
    spans = [Span(s.account, s.before.facts_version, s.version) for s in subjects if s.before]
    days = await corrections.within(tx, spans) if spans else {}
    for subject in subjects:
        arrived = day_of(to_us(woken[subject.account].received_at))
        if subject.before and arrived <= subject.before.closed_through:
            days[subject.account] = min(days.get(subject.account, arrived), arrived)
    return days


async def assess_all(
    tx: Writing, rules: Rules, subjects: Sequence[Subject], now: dt.datetime, past_changed: Mapping[int, int] = _NO_DAYS
) -> None:
    """Assesses the subjects, whose rows are locked, and writes all that follows. `past_changed`: account → from
    which day on its past is to be told anew."""
    now_us = to_us(now)
    yesterday = day_of(now_us) - 1
    await record.add_history(tx, await close_missing(tx, rules, subjects, yesterday, now))
    newest = await grid.newest_day(tx, yesterday + 1)
    references = {} if newest is None else await grid.references(tx, newest)
    ledger = Ledger(now, rules, peers_wait=newest != yesterday)
    restless, gone = await _judge_all(ledger, rules, subjects, references)
    await _drop(tx, gone, "the account was deleted in its source", now)
    told = await reasons.stories(tx, rules, restless, references, now) if restless else {}
    for one, _ in restless:
        enter(ledger, one, told.get(one.subject.account, _UNTOLD))
    await ledger_store.write(tx, ledger)
    await corrections.ask(tx, past_changed)
    tx.after_commit(lambda: _count(ledger))


async def _judge_all(
    ledger: Ledger, rules: Rules, subjects: Sequence[Subject], references: References
) -> tuple[list[reasons.Restless], list[Present]]:
    """Assesses all, and enters at once those that moved nothing or that time alone has moved, so that their facts leave
    memory. (the others, what stands for accounts that their source has deleted: nothing is said of these)."""
    restless: list[reasons.Restless] = []
    gone: list[Present] = []
    took = 0.0
    for start in range(0, len(subjects), TOGETHER):
        if start and subjects[start].aged_only:
            await asyncio.sleep(0)
        began = time.perf_counter()
        judged = [judge(rules, subject, references, ledger.now_us) for subject in subjects[start : start + TOGETHER]]
        gone += [one.subject.before for one in judged if one.facts.is_deleted() and one.subject.before is not None]
        restless += _restless(ledger, rules, [one for one in judged if not one.facts.is_deleted()], references)
        took += time.perf_counter() - began
    ASSESS_SECONDS.observe(took)
    return restless, gone


def _restless(
    ledger: Ledger, rules: Rules, judged: Sequence[Judged], references: References
) -> Iterator[reasons.Restless]:
    """Those of whom more has to be read before there is a story to tell; all others are entered."""
    for one, seen in zip(judged, glances(rules, judged, ledger.now), strict=True):
        if rules.shadow and (shadow := shadow_of(rules, one, references, ledger.now_us)):
            ledger.shadows.append(shadow)
        if not (one.moved or one.shifted or one.subject.waits or seen is not None):
            keep(ledger, one)
        elif one.subject.aged_only and not isinstance(seen, Look):
            enter(ledger, one, reasons.story_of_time(rules, one, seen, references, ledger.now_us))
        else:
            yield one, seen


def _count(ledger: Ledger) -> None:
    ASSESSMENTS.inc(len(ledger.scores) + len(ledger.moved) + len(ledger.kept))
    for row, _ in ledger.crossings:
        CROSSINGS.labels(row.to_band, row.direction).inc()
