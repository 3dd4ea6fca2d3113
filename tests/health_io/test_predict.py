"""Learning from a grid in the database, and every account's chance to leave."""

import datetime as dt

import pytest

from services.api.queries.chances import churn_chance
from services.health.backtest.handle import Asked, from_record
from services.health.predict import handle
from services.health.store import churn, grid
from shared.clock import to_us
from shared.database import Database
from shared.errors import Refused
from tests.health_io.grids import END, Grid, write
from tests.health_io.world import RULES

TOLD = Grid(accounts=90, days=130, leavers=45)
NOW = to_us(END)


async def test_what_is_learnt_predicts_daily_and_says_why(database: Database) -> None:
    await write(database, TOLD)
    learnt = await handle.teach(database, RULES, await from_record(database, NOW), Asked(30, every_days=10), NOW)
    assert learnt.judged.auc.value > 0.6
    assert "days_since_last_login" in learnt.columns
    with pytest.raises(Refused, match="nothing was learnt yet"):
        await handle.refresh(database, RULES, END)
    number = await handle.keep(database, learnt, by="ada", now=END)
    assert not await handle.due(database, END), "no day is closed for all accounts"
    await _close(database, TOLD.first_day + TOLD.days - 2)
    assert await handle.refresh(database, RULES, END) == TOLD.accounts
    assert not await handle.due(database, END)
    await _close(database, TOLD.first_day + TOLD.days - 1)
    assert await handle.due(database, END)
    await handle.refresh(database, RULES, END)
    await _is_told(database, number)


async def _close(database: Database, day: int) -> None:
    async with database.writing() as tx:
        await grid.add_day(tx, day, {}, END)


async def _is_told(database: Database, number: int) -> None:
    """Every account has its chance, those that leave soon a higher one, with its reasons."""
    async with database.reading() as tx:
        told = [await churn_chance(tx, account) for account in range(1, TOLD.accounts + 1)]
        (kept,) = await churn.models(tx)
    riskiest = max((one for one in told if one), key=lambda one: one.probability)
    assert (riskiest.model, riskiest.horizon_days, riskiest.as_of) == (number, 30, END.date() - dt.timedelta(days=1))
    assert 0 < len(riskiest.reasons) <= 3
    assert "usually" in riskiest.reasons[0].words
    assert (kept.taught_by, len(kept.learnt.digest)) == ("ada", 32)


async def test_too_few_who_left_are_refused(database: Database) -> None:
    await write(database, Grid(leavers=12))
    with pytest.raises(Refused, match="a prediction needs 30"):
        await handle.teach(database, RULES, await from_record(database, NOW), Asked(30, every_days=10), NOW)
