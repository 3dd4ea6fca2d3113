"""Writes what runs want done: their rows, all in the caller's transaction."""

import datetime as dt
from collections.abc import Sequence
from itertools import chain

from services.playbooks import rows
from services.playbooks.house import House
from services.playbooks.nouns import Begin, Effect, FinishRun, Run
from services.playbooks.rows import Moved
from services.playbooks.steps import kind_of
from services.playbooks.store import deliveries, runs, tasks
from shared import outbox
from shared.database import Writing
from shared.metrics import DELIVERIES, RUNS_ENDED, TASKS_OPENED

OWNER = "playbooks"


async def carry_out(tx: Writing, house: House, moved: Sequence[Moved], now: dt.datetime) -> None:
    """Adds what is new, saves what has moved, and leaves everything that they want done as rows."""
    await runs.add(tx, [m.run for m in moved if m.started])
    await runs.save(tx, [m.run for m in moved if not m.started])
    begun = [kind_of(e.kind).rows(m, e, house, now) for m in moved for e in m.effects if isinstance(e, Begin)]
    opened = [task for one in begun for task in one.tasks]
    alerts = [delivery for one in begun for delivery in one.deliveries]
    await tasks.add(tx, opened)
    await tasks.close(tx, [task for m in moved for task in rows.closed(m.run, m.effects)], now)
    await tasks.redate(tx, [day for m in moved for day in rows.redated(m)])
    await deliveries.add(tx, alerts)
    told = chain.from_iterable(rows.events(m.run, m.effects, now, started=m.started) for m in moved)
    await outbox.put(tx, OWNER, list(told))
    tx.after_commit(lambda: _count(moved, opened, alerts))


async def carry_out_closing(tx: Writing, run: Run, effects: list[Effect], by: str, now: dt.datetime) -> None:
    """What a person's closing of a task means."""
    await runs.save(tx, [run])
    await tasks.close(tx, rows.closed(run, effects, by), now)
    await outbox.put(tx, OWNER, rows.events(run, effects, now))
    tx.after_commit(lambda: _count_ended(run, effects))


def _count(moved: Sequence[Moved], opened: list[tasks.TaskRow], alerts: list[deliveries.DeliveryRow]) -> None:
    playbook_of = {m.run.id: m.run.playbook for m in moved}
    for task in opened:
        TASKS_OPENED.labels(playbook_of[task.run_id], task.role).inc()
    for alert in alerts:
        if alert.status == "suppressed":
            DELIVERIES.labels(alert.channel, "suppressed").inc()
    for m in moved:
        _count_ended(m.run, m.effects)


def _count_ended(run: Run, effects: list[Effect]) -> None:
    if any(isinstance(effect, FinishRun) for effect in effects):
        RUNS_ENDED.labels(run.playbook, run.state).inc()
