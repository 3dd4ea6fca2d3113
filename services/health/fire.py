"""What an import of the past, or other rules, may set off where somebody asks for it: what stands is told as though it
had just come.

Both open episodes and notice signals without a word. Here each open episode is told as a crossing, out of the
band that the history shows before it, and each signal that holds as one that begins. Playbooks then decide about them
as about all others. What was told before is not told again.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from services.health import crossings
from services.health.entering import MOST_CAUSES, add_crossing, add_signal
from services.health.force import InForce
from services.health.lacking import lacking
from services.health.ledger import Ledger
from services.health.reasons import extremes
from services.health.rules import Judged, Rules, Subject, judge
from services.health.stands import standing_of
from services.health.store import firing, grid, scores
from services.health.store import ledger as ledger_store
from services.health.watching import standing
from shared.clock import day_of, to_us
from shared.database import Database, Writing
from shared.metrics import CROSSINGS

CHUNK = 500
"""Accounts of one transaction."""


class Fired(NamedTuple):
    """How many crossings and signals were told."""

    crossings: int
    signals: int


async def fire(database: Database, in_force: InForce, accounts: Sequence[int], now: dt.datetime) -> Fired:
    """Tells what stands of these accounts at `now`; of those that were assessed later, nothing."""
    told = Fired(0, 0)
    for start in range(0, len(accounts), CHUNK):
        async with database.writing() as tx:
            ledger = await _fire_some(tx, await in_force.hold(tx, now), accounts[start : start + CHUNK], now)
        told = Fired(told.crossings + len(ledger.crossings), told.signals + len(ledger.signals))
    return told


async def _fire_some(tx: Writing, rules: Rules, accounts: Sequence[int], now: dt.datetime) -> Ledger:
    befores = [before for before in await scores.lock(tx, accounts) if before.assessed_at <= now]
    facts = await scores.facts_assessed(tx, [before.account_id for before in befores])
    references = await grid.serving(tx, day_of(to_us(now)))
    ledger = Ledger(now, rules)
    judged = [
        judge(rules, Subject(b.account_id, b, facts[b.account_id], b.facts_version), references, to_us(now))
        for b in befores
    ]
    await _tell_crossings(tx, ledger, judged)
    await _tell_signals(tx, ledger, judged)
    await ledger_store.write(tx, ledger)
    tx.after_commit(lambda: _count(ledger))
    return ledger


async def _tell_crossings(tx: Writing, ledger: Ledger, judged: Sequence[Judged]) -> None:
    untold = await firing.untold(tx, [one.subject.account for one in judged])
    for one in judged:
        former, episode = untold.get(one.subject.account), standing_of(one.subject.before).episode
        if former is None or episode is None:
            continue
        crossing = crossings.entered(episode, former.band, one.model, one.subject.account)
        if crossing is not None:
            causes = lacking(one.model, one.after, MOST_CAUSES) if crossing.direction == "down" else []
            add_crossing(ledger, crossing, one.subject.account, one.after, former.score, causes)


async def _tell_signals(tx: Writing, ledger: Ledger, judged: Sequence[Judged]) -> None:
    told = await firing.told_signals(tx, [one.subject.account for one in judged])
    seen = await extremes(tx, ledger.rules, judged, ledger.now)
    for one in judged:
        for signal in standing(ledger.rules, one, ledger.now, seen[one.subject.account]):
            if (signal.account_id, signal.kind, signal.about, signal.severity) not in told:
                add_signal(ledger, signal, one.after.score)


def _count(ledger: Ledger) -> None:
    for row, _ in ledger.crossings:
        CROSSINGS.labels(row.to_band, row.direction).inc()
