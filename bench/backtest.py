"""`python -m bench.backtest`: does the default score foretell who leaves the sample company, whose truth is known?

One run simulates the company, tells its history to a PostgreSQL of its own as `steward demo` does, and back-tests the
models in force against the truth; then once more with the outcomes dealt out anew among the accounts, as a negative
control; then teaches the chance to leave. With `--directory` the database stays, to look into.
"""

import argparse
import asyncio
import datetime as dt
import json
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from services.cli.demo import _assess, _ingest, prepare
from services.cli.wiring import TOPICS, Installation, open_everything
from services.health.backtest import handle
from services.health.backtest.handle import Asked, Outcomes
from services.health.force import InForce
from services.health.gathering import gathered
from services.health.predict.handle import teach
from services.health.rules import Rules
from services.sample import Company, simulate
from shared.clock import FrozenClock, to_us
from shared.errors import Refused
from shared.settings import Settings

say = Console(stderr=True)

UNTIL = dt.datetime(2026, 11, 22, 19, 30, tzinfo=dt.UTC)


async def run(accounts: int, days: int, seed: int, directory: Path) -> dict[str, Any]:
    """The reports: of the models in force, of the control, and how well the chance to leave did."""
    company = simulate(until=UNTIL, accounts=accounts, days=days, seed=seed)
    async with open_everything(Settings(data_dir=directory), clock=FrozenClock(UNTIL)) as installed:
        await installed.broker.create_topics(TOPICS, installed.settings.partitions)
        await _tell(installed, company)
        async with installed.database.reading() as tx:
            rules = await InForce(gathered(None)).read(tx)
        ends = {line.account: to_us(line.churned_at) if line.churned_at else None for line in company.truth}
        came = await handle.from_file(installed.database, ends, "the simulator's truth")
        return {
            "score": await _judged(installed, rules, came, Asked(60)),
            "control": await _judged(installed, rules, came, Asked(60, control=1)),
            "chance": await _taught(installed, rules, came),
        }


async def _tell(installed: Installation, company: Company) -> None:
    async with installed.database.reading() as tx:
        if await tx.value("SELECT EXISTS (SELECT FROM grid_days)"):
            return
    await prepare(
        company=company, after=None, console=say, ingest_history=_ingest(installed),
        assess_history=_assess(installed, company, None),
    )  # fmt: skip


async def _judged(installed: Installation, rules: Rules, came: Outcomes, asked: Asked) -> dict[str, Any]:
    judging = handle.judges(rules, None)
    report = await handle.backtest(installed.database, rules, judging, came, asked, to_us(UNTIL))
    return report.plain()


async def _taught(installed: Installation, rules: Rules, came: Outcomes) -> dict[str, Any]:
    try:
        learnt = await teach(installed.database, rules, came, Asked(60, every_days=15), to_us(UNTIL))
    except Refused as refused:
        return {"refused": refused.words}
    judged = learnt.judged
    return {"pairs": learnt.pairs, "leavers": learnt.leavers, "auc": judged.auc, "score_auc": judged.score_auc,
            "brier": judged.brier, "brier_of_base": judged.brier_of_base, "digest": learnt.digest}  # fmt: skip


def main() -> None:
    """Runs once, and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--directory", type=Path)
    given = parser.parse_args()
    kept = nullcontext(given.directory) if given.directory else tempfile.TemporaryDirectory(prefix="steward-bench-")
    with kept as directory:
        found = asyncio.run(run(given.accounts, given.days, given.seed, Path(directory)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
