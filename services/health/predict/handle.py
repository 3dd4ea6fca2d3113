"""Teaching and predicting: reads the day grid, keeps what was learnt, and sets every account's chance to leave."""

import asyncio
import datetime as dt
from collections.abc import Sequence

import msgspec
import numpy as np

from services.health.backtest.handle import IN_FORCE, Asked, Judges, Outcomes, score_judged, span_of
from services.health.backtest.observe import Observations, cuts, observations, observe
from services.health.predict.learn import Lesson, learn
from services.health.predict.learnt import chances, reasons
from services.health.predict.nouns import Learnt
from services.health.recorded import Names, OnProgress, Span, chunks
from services.health.rules import Rules
from services.health.store import churn, grid, recorded
from services.health.store.churn import Chance
from services.health.vector.score import Matrix
from shared.clock import day_of, to_us
from shared.database import Database
from shared.errors import Refused

CHUNK = 20_000
"""Accounts whose chances are set at once."""


async def teach(  # noqa: PLR0917
    database: Database,
    rules: Rules,
    came: Outcomes,
    asked: Asked,
    now: int,
    on_progress: OnProgress = lambda done, total: None,
) -> Learnt:
    """What the recorded past teaches of who leaves. Raises Refused, saying how many are needed, where too few left."""
    span = await span_of(database, asked.since, now)
    days = cuts(span.first_day, span.last_day, asked.horizon_days, asked.every_days)
    scored = await score_judged(database, rules, Judges(IN_FORCE, rules.in_force), span, on_progress)
    seen = observations(observe(scored.board, came.lives, days, asked.horizon_days))
    lesson = await _lesson(database, rules, span, days, seen)
    return await asyncio.to_thread(learn, lesson, asked.horizon_days)


async def _lesson(database: Database, rules: Rules, span: Span, days: Sequence[int], seen: Observations) -> Lesson:
    """The pairs with all values that were recorded at their cuts."""
    columns = rules.columns
    values = np.full((len(seen), len(columns.all)), np.nan)
    where = {pair: row for row, pair in enumerate(zip(seen.accounts.tolist(), seen.days.tolist(), strict=True))}
    for day in days:
        cut = span._replace(first_day=day, last_day=day)
        async for chunk in chunks(database, cut, range(len(columns.all)), Names()):
            for i, place in enumerate(chunk.places.tolist()):
                row = where.get((span.accounts[place], day))
                if row is not None:
                    values[row] = chunk.values[i]
    return Lesson(columns.keys, values, seen)


async def keep(database: Database, learnt: Learnt, *, by: str, now: dt.datetime) -> int:
    """Keeps what was learnt, which predicts from now on; its number."""
    async with database.writing() as tx:
        return await churn.keep(tx, learnt, by=by, now=now)


async def refresh(database: Database, rules: Rules, now: dt.datetime) -> int:
    """Sets every account's chance by the newest model, from the newest day that is closed for all; how many. Raises
    Refused without a model, or without such a day."""
    async with database.reading() as reading:
        newest = await churn.models(reading, 1)
        day = await grid.newest_day(reading, day_of(to_us(now)))
        accounts = await recorded.with_score(reading)
    if not newest:
        raise Refused("nothing was learnt yet", "`steward predict train` learns from the past")
    if day is None:
        raise Refused("no day is closed for all accounts yet", "the service health closes each day")
    for start in range(0, max(len(accounts), 1), CHUNK):
        some = accounts[start : start + CHUNK]
        rows = await _chances(database, rules, newest[0], Span(some, day, day))
        async with database.writing() as tx:
            await churn.write(tx, rows)
    async with database.writing() as tx:
        await churn.drop_others(tx, accounts)
    return len(accounts)


async def due(database: Database, now: dt.datetime) -> bool:
    """Whether chances are older than the newest model, or than the newest day that is closed."""
    async with database.reading() as reading:
        newest = await churn.models(reading, 1)
        day = await grid.newest_day(reading, day_of(to_us(now)))
        stands = await churn.predicted(reading)
    return bool(newest) and day is not None and (stands is None or stands != (newest[0].id, day))


async def _chances(database: Database, rules: Rules, by: churn.Taught, span: Span) -> list[Chance]:
    places = dict(zip(rules.columns.keys, range(len(rules.columns.keys)), strict=True))
    wanted = [places.get(column) for column in by.learnt.columns]
    found: list[Chance] = []
    async for chunk in chunks(database, span, wanted, Names()):
        accounts = [span.accounts[place] for place in chunk.places.tolist()]
        found += _told(by, span.first_day, accounts, chunk.values)
    return found


def _told(by: churn.Taught, day: int, accounts: Sequence[int], values: Matrix) -> list[Chance]:
    chance, why = chances(by.learnt, values), reasons(by.learnt, values)
    return [
        Chance(account, by.id, day, round(one, 6), msgspec.json.encode(some).decode())
        for account, one, some in zip(accounts, chance.tolist(), why, strict=True)
    ]
