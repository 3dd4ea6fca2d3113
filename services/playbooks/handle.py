"""The use cases of playbooks: what a crossing or signal means, and what people do with tasks."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from services.playbooks.deciding import Bench
from services.playbooks.house import House
from services.playbooks.nouns import StepState
from services.playbooks.occasions import Occasion, read
from services.playbooks.outcome import carry_out, carry_out_closing
from services.playbooks.runs import close
from services.playbooks.store import accounts, runs, tasks
from services.playbooks.store.runs import DecisionRow
from shared.broker import Record
from shared.consume import Handler
from shared.database import Writing
from shared.errors import Conflict, Invalid, NotFound
from shared.metrics import DECISIONS
from shared.parking import read_or_park


def on_crossings(house: House) -> Handler:
    """The handler of health.crossings."""

    async def handle(tx: Writing, records: Sequence[Record], now: dt.datetime) -> None:
        await decide_on(tx, house, await read_or_park(tx, "playbooks", records, read, now), now)

    return handle


async def decide_on(tx: Writing, house: House, occasions: Sequence[Occasion], now: dt.datetime) -> None:
    """Decides about each occasion and playbook, once for ever: one row of `decisions`, and what it starts or joins.
    An occasion that comes again changes nothing."""
    if not occasions:
        return
    ids = {occasion.account_id for occasion in occasions}
    bench = Bench(
        house=house,
        now=now,
        open_runs={(run.account_id, run.playbook): run for run in await runs.lock_open(tx, ids)},
        readings=await accounts.readings(tx, ids, now),
        closed=await accounts.closed_episodes(tx, {o.key for o in occasions if o.kind == "episode"}),
        had_run=await runs.had_run(tx, ids, {o.key for o in occasions}),
        last_ended=await runs.last_ended(tx, ids),
        decided=await runs.decided(tx, {o.id for o in occasions}),
    )
    for occasion in occasions:
        bench.decide(occasion)
    await runs.add_decisions(tx, bench.decisions)
    await carry_out(tx, house, bench.moved, now)
    tx.after_commit(lambda: _count(bench.decisions))


async def complete_task(tx: Writing, task_id: UUID, outcome: str, by: str, now: dt.datetime) -> None:
    """A person has done a task. Raises NotFound, Conflict when it is closed, Invalid without an outcome."""
    if not outcome.strip():
        raise Invalid("a task is completed with its outcome", "say in a sentence what came of it")
    await _close(tx, task_id, StepState.DONE, outcome.strip(), by, now)


async def skip_task(tx: Writing, task_id: UUID, reason: str, by: str, now: dt.datetime) -> None:
    """A person leaves a task out. Raises NotFound, Conflict when it is closed, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("a task is skipped with a reason", "say in a sentence why it is not needed")
    await _close(tx, task_id, StepState.SKIPPED, reason.strip(), by, now)


async def _close(tx: Writing, task_id: UUID, state: StepState, words: str, by: str, now: dt.datetime) -> None:  # noqa: PLR0917
    run = await runs.lock_of_task(tx, task_id)
    if run is None:
        raise NotFound(f"there is no task {task_id}")
    step, status = await tasks.step_of(tx, task_id)
    if status != "open":
        raise Conflict(f"the task is {status} already")
    run, effects = close(run, step, state, words, now)
    await carry_out_closing(tx, run, effects, by, now)


def _count(decisions: Sequence[DecisionRow]) -> None:
    for decision in decisions:
        DECISIONS.labels(decision.playbook, decision.verdict).inc()
