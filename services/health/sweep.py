"""Time passes: days are closed for all accounts, and scores that can have changed by themselves are assessed."""

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from services.health.closing import close_missing, first_open
from services.health.force import InForce
from services.health.handle import Health
from services.health.owners import share_out
from services.health.past import day_end
from services.health.peers import take_references
from services.health.ranking import rank
from services.health.rules import Subject
from services.health.store import grid, record, scores
from shared.clock import Clock, day_of, from_us, to_us
from shared.database import Database
from shared.logs import log
from shared.metrics import DAYS_CLOSED, DAYS_TO_CLOSE

CHUNK = 250
"""Accounts of one transaction: few enough that whoever shares the loop is not kept waiting."""

_AT_A_TIME = 2
_LONGEST_S = 1.0
_BUSY_S = 0.25

T = TypeVar("T")


async def run_sweep(database: Database, in_force: InForce, clock: Clock) -> None:
    """Sweeps whenever a score falls due, until cancelled. A failure is logged and tried again."""
    health = Health(in_force, clock)
    while True:
        try:
            await sweep(database, health, clock.now())
            rest = await _rest(database, clock)
        except Exception as error:  # the database is away, say: nothing is lost, we come back
            log.warning("sweep_failed", error=repr(error), exc_info=True)
            rest = _LONGEST_S
        await asyncio.sleep(rest)


async def _rest(database: Database, clock: Clock) -> float:
    """Seconds until the next score can change by itself, a second at most: others may write an earlier one."""
    async with database.reading() as reading:
        due = await scores.next_due(reading)
    rest = _LONGEST_S if due is None else min((due - clock.now()).total_seconds(), _LONGEST_S)
    return rest if rest > 0 else _BUSY_S


async def sweep(database: Database, health: Health, now: dt.datetime) -> int:
    """Closes the days that are over, then assesses every account that is due; how many. While others still work on
    a day's close nothing is assessed: its peers' reference is not there yet."""
    if not await close_days(database, health.in_force, now):
        return 0
    assessed = await _assess_due(database, health, now)
    async with database.reading() as reading:
        due = await scores.next_due(reading)
    if due is not None and due <= now:  # first assessed at the edge of a day that was closed for all in that instant
        await _close_day(database, health.in_force, day_of(to_us(now)) - 1, now)
        assessed += await _assess_due(database, health, now)
    await _place_among_others(database, health, now)
    return assessed


async def _place_among_others(database: Database, health: Health, now: dt.datetime) -> None:
    """What needs the whole base: tiers by rank, once a day, and owners out of pools."""
    async with database.reading() as reading:
        rules = await health.in_force.read(reading)
    anew = await rank(database, rules.tier, now)
    await share_out(database, rules.pools, now, anew=anew or health.shared_by != rules.revision)
    health.shared_by = rules.revision


async def _assess_due(database: Database, health: Health, now: dt.datetime) -> int:
    """Some at a time: while one waits for the database, another reckons. Each leaves alone what the others hold."""
    return sum(await _together(lambda: _assess_some(database, health, now), "health-assess-due"))


async def _together(work: Callable[[], Coroutine[Any, Any, T]], name: str) -> list[T]:
    """The work, some of it at a time. Where one fails, the others are ended before the first failure is raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            some = [tasks.create_task(work(), name=f"{name}-{i}") for i in range(_AT_A_TIME)]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [one.result() for one in some]


async def _assess_some(database: Database, health: Health, now: dt.datetime) -> int:
    assessed = 0
    while True:
        async with database.writing() as tx:
            some = await health.on_time_passed(tx, now, CHUNK)
        assessed += some
        if some < CHUNK:
            return assessed


async def catch_up(database: Database, in_force: InForce, clock: Clock) -> None:
    """Closes the days that passed while nobody did, before whatever would assess all accounts at once: each is then
    closed against the peers of the day before it. Waits for others who work on a day."""
    while not await close_days(database, in_force, clock.now()):  # noqa: ASYNC110  # they may be other processes
        await asyncio.sleep(_BUSY_S)


async def close_days(database: Database, in_force: InForce, now: dt.datetime) -> bool:
    """Closes each day before today for all accounts, the oldest first, and takes its peers' reference, which serves
    the day after. False where others still work on a day: the next sweep goes on."""
    today = day_of(to_us(now))
    async with database.reading() as reading:
        first = await first_open(reading, today)
    for day in range(first, today):
        DAYS_TO_CLOSE.set(today - day)
        if not await _close_day(database, in_force, day, now):
            return False
    DAYS_TO_CLOSE.set(0)
    return True


async def _close_day(database: Database, in_force: InForce, day: int, now: dt.datetime) -> bool:
    await _together(lambda: _close_rest(database, in_force, day, now), "health-close-day")
    async with database.writing() as tx:
        least = await scores.least_closed(tx)
        if least is not None and least < day:
            return False
        rules = await in_force.hold(tx, now)
        closes = await grid.values_at(tx, from_us(day_end(day)), rules.peer_places.values())
        if await grid.add_day(tx, day, take_references(rules, closes), now):
            DAYS_CLOSED.inc()
            log.info("day_closed", day=day, accounts=len(closes))
    return True


async def _close_rest(database: Database, in_force: InForce, day: int, now: dt.datetime) -> None:
    after: int | None = 0
    while after is not None:
        after = await _close_some(database, in_force, day, after, now)


async def _close_some(database: Database, in_force: InForce, day: int, after: int, now: dt.datetime) -> int | None:
    """Closes the day for a chunk of accounts with ids above `after`; the last of them, None when there are no more."""
    async with database.writing() as tx:
        open_ = await scores.lock_unclosed(tx, day, after, CHUNK)
        if not open_:
            return None
        rules = await in_force.hold(tx, now)
        accounts = [before.account_id for before in open_]
        newer = await scores.newer_facts(tx, accounts)
        subjects = []
        for before in open_:
            known = newer.get(before.account_id, scores.Known(before.facts_version, b""))
            subjects.append(Subject(before.account_id, before, known.facts, known.version))
        await record.add_history(tx, await close_missing(tx, rules, subjects, day, now))
        await scores.set_closed(tx, accounts, day)
    return accounts[-1] if len(accounts) == CHUNK else None
