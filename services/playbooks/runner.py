"""Looks at runs that may move: those due by time, and those whose account has moved since the last look."""

import datetime as dt
from collections.abc import Sequence

from services.playbooks.house import ACCOUNT_OWNER, House
from services.playbooks.nouns import Run
from services.playbooks.outcome import carry_out
from services.playbooks.rows import Moved
from services.playbooks.runs import advance, cancel
from services.playbooks.sight import seen_of
from services.playbooks.store import accounts, definitions, runs, tasks
from shared.database import Database, Writing
from shared.logs import log
from shared.metrics import RUN_LATENESS

CHUNK = 200
"""Runs of one transaction."""
_MOST_CHUNKS = 100


async def run_due(database: Database, house: House, now: dt.datetime, most: int = CHUNK) -> int:
    """Looks at all runs that may move, a chunk a transaction; how many it looked at."""
    looked = 0
    for _ in range(_MOST_CHUNKS):
        async with database.writing() as tx:
            count = await look(tx, house, now, most)
        looked += count
        if count < most:
            break
    return looked


async def look(tx: Writing, house: House, now: dt.datetime, most: int = CHUNK) -> int:
    """One chunk; how many runs it looked at. Several workers share the runs: what one holds the others leave."""
    woken = await runs.lock_woken(tx, now, most)
    if not woken:
        return 0
    moved = await _moved(tx, house, woken, now)
    await carry_out(tx, house, moved, now)
    await tasks.follow_owners(tx, [run.id for run in woken], ACCOUNT_OWNER)
    for run in woken:
        if run.next_due is not None and run.next_due <= now:
            RUN_LATENESS.observe((now - run.next_due).total_seconds())
    return len(woken)


async def _moved(tx: Writing, house: House, woken: Sequence[Run], now: dt.datetime) -> list[Moved]:
    """What is newest is read first, so that what comes in meanwhile wakes the run again instead of being missed."""
    ids = [run.account_id for run in woken]
    readings = await accounts.readings(tx, set(ids), now)
    replied = await accounts.replied(tx, ids, [run.started_at for run in woken])
    moves = await accounts.moves(tx, ids, [run.score_as_of for run in woken])
    playbooks = await definitions.read(tx, {(run.playbook, run.version) for run in woken})
    moved = []
    for run, has_replied, since in zip(woken, replied, moves, strict=True):
        playbook = playbooks.get((run.playbook, run.version))
        if playbook is None:
            log.error("run_without_definition", run=str(run.id), playbook=run.playbook, version=run.version)
            continue
        reading = readings.get(run.account_id)
        seen = seen_of(reading, run.account_id, run.progress.zone, replied=has_replied, moves=since)
        gone = reading["gone"] if reading else None
        after, effects = cancel(run, gone, now) if gone else advance(run, playbook, seen, now)
        moved.append(Moved(after, playbook, seen, effects))
    return moved
