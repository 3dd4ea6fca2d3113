"""`python -m bench.whatif`: a draft model over 100,000 accounts, and over a million account-days.

One run starts a PostgreSQL of its own, writes accounts as they stand and closes with invented values straight into its
tables, and times `try_now` and `try_days` as `steward models try` calls them, reading included.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console

from migrations.run import migrate
from services.health.assess import Assessment, Contribution, encode
from services.health.gathering import gathered
from services.health.model import Model
from services.health.present import HistoryRow, Present
from services.health.recorded import Span
from services.health.rules import Rules
from services.health.store import record, scores
from services.health.store.config import add_columns
from services.health.whatif.handle import draft_of, try_days, try_now
from shared.clock import DAY_US, from_us
from shared.database import Database
from shared.embedded_postgres import embedded_url

say = Console(stderr=True)

TODAY = 20_600
NOW = from_us(TODAY * DAY_US + DAY_US // 2)
CHUNK = 20_000


class Plan(NamedTuple):
    """How much: accounts that stand; of them, how many have closes, over how many days."""

    accounts: int = 100_000
    with_closes: int = 10_000
    days: int = 100


def run(plan: Plan) -> dict[str, Any]:
    """Seconds of both parts, and what they come to per million account-days."""
    return asyncio.run(_run(plan))


async def _run(plan: Plan) -> dict[str, Any]:
    directory = Path(tempfile.mkdtemp(prefix="steward-bench-"))
    url, stop = embedded_url(directory)
    try:
        await migrate(url)
        async with Database.open(url, connections=2) as database:
            return await _timed(database, plan)
    finally:
        stop()
        shutil.rmtree(directory, ignore_errors=True)


async def _timed(database: Database, plan: Plan) -> dict[str, Any]:
    rules = Rules.of(gathered(None))
    segment, model = next(iter(rules.in_force.items()))
    draft = draft_of(_drafted(model), rules, [segment])
    rng = np.random.default_rng(7)
    await _stand(database, rules, segment, plan, rng)
    await _close(database, rules, segment, plan, rng)
    began = time.perf_counter()
    tried = await try_now(database, rules, draft, int(NOW.timestamp() * 1_000_000))
    now_s = time.perf_counter() - began
    span = Span(list(range(1, plan.with_closes + 1)), TODAY - plan.days, TODAY - 1)
    began = time.perf_counter()
    walked = await try_days(database, rules, draft, span)
    days_s = time.perf_counter() - began
    return {
        "model": model.key,
        "measures": len(model.read),
        "accounts": tried.comparison.accounts,
        "moved": len(tried.comparison.moves),
        "present_seconds": round(now_s, 2),
        "account_days": walked.days.closes,
        "crossings": len(walked.crossings),
        "days_seconds": round(days_s, 2),
        "seconds_per_million_account_days": round(days_s / walked.days.closes * 1_000_000, 2),
    }


def _drafted(model: Model) -> Model:
    """The model with its first group twice as heavy."""
    first = model.groups[0].model_copy(update={"weight": 2 * model.groups[0].weight})
    return model.model_copy(update={"version": model.version + 1, "groups": (first, *model.groups[1:])})


async def _stand(database: Database, rules: Rules, segment: str, plan: Plan, rng: np.random.Generator) -> None:
    model = rules.in_force[segment]
    for start in range(1, plan.accounts + 1, CHUNK):
        ids = range(start, min(start + CHUNK, plan.accounts + 1))
        values = _values(rng, len(ids), len(model.read))
        rows = [_present(model, segment, account, row) for account, row in zip(ids, values, strict=True)]
        async with database.writing() as tx:
            await scores.add(tx, rows, [b"\x90"] * len(rows))


def _present(model: Model, segment: str, account: int, values: list[float | None]) -> Present:
    parts = [Contribution(one.measure, value, 0, 0) for one, value in zip(model.read, values, strict=True)]
    band = model.band_of(50).name
    assessment = Assessment(model.key, segment, 50, 50_000_000, 1_000_000, band, parts, None, 0, 0)
    return Present(
        account, model.key, segment, 50, 50_000_000, 1_000_000, band, encode(assessment), 1, NOW, NOW, NOW, TODAY - 1,
        None, None, None, None, None, None,
        None, None, None, None, None, None, 0, 0, None, False,
    )  # fmt: skip


async def _close(database: Database, rules: Rules, segment: str, plan: Plan, rng: np.random.Generator) -> None:
    async with database.writing() as tx:
        columns = len(await add_columns(tx, rules.wanted()))
    model = rules.in_force[segment]
    values = list(_values(rng, plan.with_closes, columns))
    for day in range(TODAY - plan.days, TODAY):
        at = from_us((day + 1) * DAY_US - 1)
        moved = rng.integers(0, plan.with_closes, plan.with_closes // 50)  # as rarely as scores move by themselves
        for place, row in zip(moved.tolist(), _values(rng, len(moved), columns), strict=True):
            values[place] = row
        rows = [
            HistoryRow(i, "close", at, at, model.key, segment, 50, 50_000_000, 1_000_000, "any", row, False)
            for i, row in enumerate(values, 1)
        ]
        async with database.writing() as tx:
            await record.add_history(tx, rows)


def _values(rng: np.random.Generator, rows: int, columns: int) -> Iterator[list[float | None]]:
    """Values of which a fifth are missing."""
    table = np.where(rng.random((rows, columns)) < 0.2, np.nan, rng.random((rows, columns)) * 8)
    for row in table.tolist():
        yield [None if value != value else value for value in row]  # noqa: PLR0124  # NaN


def main() -> None:
    """Runs once, and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in Plan._field_defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    parser.add_argument("--json", action="store_true")
    given = vars(parser.parse_args())
    as_json = given.pop("json")
    found = run(Plan(**given))
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        say.print(f"{name.replace('_', ' ')}: {value:,}" if isinstance(value, int | float) else f"{name}: {value}")


if __name__ == "__main__":
    main()
