"""Late events correct the past: every stored instant from the corrected day on is told anew, as new rows.

In the background, and once per account, however many late events it had. Nothing is published: crossings arise
only from the present.
"""

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.health.force import InForce
from services.health.ledger import history_row
from services.health.overrides import Override, counting
from services.health.past import Moment, by_knowledge, by_occurrence, moments, replay
from services.health.present import HistoryRow
from services.health.rules import References, Rules
from services.health.store import corrections, events, grid, overrides, record
from shared.clock import DAY_US, Clock, day_of, from_us, to_us
from shared.database import Database, Writing
from shared.logs import log
from shared.metrics import CORRECTED

CHUNK = 20
"""Accounts of one transaction: their scores are locked while their events are folded again."""

_REST_S = 1.0


async def run_corrections(database: Database, in_force: InForce, clock: Clock) -> None:
    """Corrects whatever waits, until cancelled. A failure is logged and tried again."""
    while True:
        try:
            while await correct_some(database, in_force, clock.now()):
                pass
        except Exception as error:  # the database is away, say: nothing is lost, we come back
            log.warning("corrections_failed", error=repr(error), exc_info=True)
        await asyncio.sleep(_REST_S)


async def correct_some(database: Database, in_force: InForce, now: dt.datetime, most: int = CHUNK) -> int:
    """Corrects the past of up to `most` accounts; how many."""
    async with database.writing() as tx:
        waiting = await corrections.lock_waiting(tx, most)
        rules = await in_force.hold(tx, now)
        serving: dict[int, References] = {}
        for account, from_day in waiting.items():
            rows = await corrected(tx, rules, account, from_day=from_day, now=now, serving=serving)
            await record.add_history(tx, rows)
            CORRECTED.inc(len(rows))
            await asyncio.sleep(0)  # whoever shares the loop gets a turn between two accounts
        if waiting:
            await corrections.done(tx, waiting)
    return len(waiting)


async def corrected(
    tx: Writing, rules: Rules, account: int, *, from_day: int, now: dt.datetime, serving: dict[int, References]
) -> list[HistoryRow]:
    """The stored instants of the account from a day on that read otherwise when its events are folded again.
    `serving` remembers which reference serves a day."""
    stored = await corrections.stored_since(tx, account, from_us(from_day * DAY_US))
    if not stored:
        return []
    for day in {day_of(to_us(row.effective_at)) for row in stored} - serving.keys():
        serving[day] = await grid.serving(tx, day)
    told = await events.of_account(tx, account)
    held = {one.id: one for one in (await overrides.ever(tx, [account])).get(account, ())}
    closes = [row for row in stored if row.kind == "close"]
    moves = [row for row in stored if row.kind == "move"]
    return [
        *_told_anew(rules, closes, moments(told, by_occurrence), serving, held, now),
        *_told_anew(rules, moves, moments(told, by_knowledge), serving, held, now),
    ]


def _told_anew(  # noqa: PLR0917
    rules: Rules,
    stored: Sequence[HistoryRow],
    known: Iterable[Moment],
    serving: dict[int, References],
    held: Mapping[UUID, Override],
    now: dt.datetime,
) -> Iterator[HistoryRow]:
    """New rows for those of one kind that no longer hold. A row keeps the model that it was assessed by, and its
    override."""
    instants = (to_us(row.effective_at) for row in stored)
    for row, (instant, facts) in zip(stored, replay(known, instants), strict=True):
        model = rules.models.get(row.model)
        if model is None:
            continue
        override = held.get(row.override_id) if row.override_id else None
        after = counting(rules.assess(facts, serving[day_of(instant)], instant, model=model), model, override)
        values = rules.columns.values(facts, instant, rules.silence) if row.kind == "close" else None
        new = history_row(
            row.account_id, row.kind, row.effective_at, now, after, values, corrects=True, override=override
        )  # fmt: skip
        if not new.says_the_same(row):
            yield new
