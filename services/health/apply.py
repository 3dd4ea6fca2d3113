"""A configuration is put in force. Every account is judged by it beforehand, beside the live work; then all scores
change in one transaction, so that whoever looks sees either the old ones or the new ones.

While that transaction writes, whoever assesses waits; they are told by its revision that the rules are others now.
"""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from services.health.columns import Columns
from services.health.configuration import Configuration
from services.health.entering import enter
from services.health.force import ever_in_force, hearing
from services.health.handle import assess_all
from services.health.ledger import Ledger, Story
from services.health.past import day_end
from services.health.peers import take_references
from services.health.reasons import other_model, override_part
from services.health.rules import Judged, References, Rules, Subject, judge
from services.health.shadows import shadow_of
from services.health.silence import Quiet
from services.health.store import config, grid, scores, shadows
from services.health.store import ledger as ledger_store
from shared.clock import Clock, day_of, from_us, to_us
from shared.database import Database, Reading, Writing
from shared.errors import Conflict

CHUNK = 500
"""Accounts that are read at once."""

TOGETHER = 25
"""Accounts that are judged again together, if one of them has changed in the meantime."""

T = TypeVar("T")
OnProgress = Callable[[int, int], None]


class Move(NamedTuple):
    """What the configuration makes of one account whose score, band, segment or model it changes."""

    account: int
    segment: tuple[str, str]
    score: tuple[int | None, int | None]
    band: tuple[str, str]


@dataclass
class Outlook:
    """What a configuration would change, account by account, judged at `now`; `stood` are the versions of the rows
    that were judged, by which one sees whether they still stand. `quiet`: when a source counts as silent."""

    revision: int
    rules: Rules
    now: dt.datetime
    references: References
    quiet: Quiet
    accounts: int = 0
    stood: list[dict[int, int]] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    @property
    def bands(self) -> Counter[tuple[str, str]]:
        """(band before, band after) → accounts, of those whose band changes."""
        return Counter(move.band for move in self.moves if move.band[0] != move.band[1])


@dataclass(frozen=True)
class Applied:
    """The revision that is in force now, how many accounts have another score, and how many were judged twice."""

    revision: int
    accounts: int
    moved: int
    again: int


async def look_ahead(
    database: Database,
    whole: Configuration,
    clock: Clock,
    on_progress: OnProgress,
    quiet: Quiet = Quiet(),  # noqa: B008  # a value
) -> Outlook:
    """Judges every account that has a score by a configuration, and writes nothing. Raises Invalid."""
    async with database.reading() as reading:
        mark = await config.mark(reading)
        known, columns = await ever_in_force(reading), await config.columns(reading)
        total = await scores.count(reading)
        now = clock.now()
        rules = Rules.of(whole, known=known, columns=Columns(tuple(columns)))
        rules = rules.with_columns(Columns((*columns, *rules.columns.missing(rules.wanted()))))
        rules = await hearing(reading, rules, quiet, now)
        references = await _references(reading, rules, now)
    outlook = Outlook(mark.revision, rules, now, references, quiet)
    async for standing in _standing(database):
        for some in _batches(standing, TOGETHER):
            _judge(outlook, some)
        outlook.accounts += len(standing)
        on_progress(outlook.accounts, max(total, outlook.accounts))
    return outlook


async def _standing(database: Database) -> AsyncIterator[list[scores.Standing]]:
    after: int | None = 0
    while after is not None:
        async with database.reading() as reading:
            found = await scores.standing_after(reading, after, CHUNK)
        if found:
            yield found
        after = found[-1].before.account_id if len(found) == CHUNK else None


async def _references(reading: Reading, rules: Rules, now: dt.datetime) -> References:
    """What serves today, with what the rules ask of it beyond."""
    day = await grid.newest_day(reading, day_of(to_us(now)))
    if day is None:
        return {}
    taken = await grid.references(reading, day)
    if all(place in found for found in taken.values() for place in rules.peer_places):
        return taken
    anew = take_references(rules, await grid.values_at(reading, from_us(day_end(day)), rules.peer_places.values()))
    return {segment: {**anew.get(segment, {}), **taken.get(segment, {})} for segment in taken.keys() | anew.keys()}


def _judge(outlook: Outlook, standing: Sequence[scores.Standing]) -> None:
    ledger = Ledger(outlook.now, outlook.rules, configured=True)
    for _, before, facts in standing:
        subject = Subject(before.account_id, before, facts, before.facts_version)
        one = judge(outlook.rules, subject, outlook.references, ledger.now_us)
        shadow = shadow_of(outlook.rules, one, outlook.references, ledger.now_us)
        ledger.shadows += [shadow] if shadow else []
        if one.moved or one.shifted:
            enter(ledger, one, _story(one))
        if one.moved:
            outlook.moves.append(_move(one))
    outlook.stood.append({one.before.account_id: one.row for one in standing})
    outlook.ledgers.append(ledger)


def _story(one: Judged) -> Story:
    before = one.subject.before
    assert before is not None
    other = [other_model(before, one.after)] if before.model != one.after.model else []
    return Story([*override_part(one), *other])


def _move(one: Judged) -> Move:
    before, after = one.subject.before, one.after
    assert before is not None
    return Move(
        one.subject.account, (before.segment, after.segment), (before.score, after.score), (before.band, after.band)
    )


def _batches(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (things[start : start + size] for start in range(0, len(things), size))


# --- in force -----------------------------------------------------------------------------------------


async def apply(
    database: Database, whole: Configuration, outlook: Outlook, clock: Clock, *, by: str, words: str
) -> Applied:
    """Puts a configuration in force with all that it changes, in one transaction. Raises Conflict where another one was
    put in force since the outlook."""
    async with database.writing() as tx:
        await tx.execute("SET LOCAL transaction_timeout = 0")
        await tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await scores.lock_all(tx)
        if (await config.mark(tx)).revision != outlook.revision:
            raise Conflict("another configuration was put in force meanwhile", "look at the plan again")
        documents = list(whole.documents.values())
        revision = await config.put_in_force(tx, documents, by=by, words=words, now=outlook.now)
        columns = await config.add_columns(tx, outlook.rules.wanted())
        await grid.complete(tx, day_of(to_us(outlook.now)) - 1, outlook.references)
        await shadows.forget(tx, sorted({model.key for model in outlook.rules.shadow.values()}))
        again = await _write(tx, outlook, outlook.rules.with_columns(Columns(tuple(columns))), clock.now())
    return Applied(revision, outlook.accounts, len(outlook.moves), again)


async def _write(tx: Writing, outlook: Outlook, rules: Rules, now: dt.datetime) -> int:
    """Writes what still stands, and judges the others again; how many those are."""
    rows = await scores.row_versions(tx, day_of(to_us(now)) - 1)
    whole, changed = Ledger(outlook.now, outlook.rules, configured=True), set(rows)
    for stood, ledger in zip(outlook.stood, outlook.ledgers, strict=True):
        if all(rows.get(account) == row for account, row in stood.items()):
            whole.add(ledger)
            changed -= stood.keys()
    await ledger_store.write(tx, whole)
    rules = await hearing(tx, rules, outlook.quiet, now)
    for some in _batches(sorted(changed), CHUNK):
        standing = await scores.lock(tx, some)
        facts = await scores.facts_assessed(tx, some)
        subjects = [Subject(b.account_id, b, facts[b.account_id], b.facts_version) for b in standing]
        await assess_all(tx, rules, subjects, now)
    return len(changed)


async def apply_first(database: Database, files: Configuration, clock: Clock, quiet: Quiet = Quiet()) -> None:  # noqa: B008  # a value
    """Puts the files in force where nothing ever was."""
    async with database.reading() as reading:
        if (await config.mark(reading)).revision:
            return
    outlook = await look_ahead(database, files, clock, lambda _, __: None, quiet)
    try:
        await apply(database, files, outlook, clock, by="steward", words="the files at the first start")
    except Conflict:  # another process was first
        return
