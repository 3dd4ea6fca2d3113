"""`steward backfill`: the scores of days that are past, as if Steward had been there."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.progress import following
from services.cli.terminal import complain, examples, out, run

if TYPE_CHECKING:
    from services.health.grid import BackfillReport

EXAMPLES = examples(
    ("steward backfill --since 2026-01-01", "the close of every day from then on, for all accounts"),
)


def backfill(
    since: Annotated[dt.datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="the first UTC day")],
) -> None:
    """Write the day closes since a day, for all accounts, from the events that are known: one fold over all of them,
    day by day, each day against the peers of the day before. Nothing is published and no run starts. Safe to repeat:
    what reads the same is not written again, what reads otherwise is added as a correction."""
    report = run(_backfill(since.date()))
    if report is None:
        complain("the day must lie before today")
        raise typer.Exit(2)
    over = f"{report.accounts:,} accounts, {report.days:,} days, {report.events:,} events"
    out.print(f"{report.closes:,} closes written: {over}.")


async def _backfill(since: dt.date) -> "BackfillReport | None":
    from services.cli.wiring import open_database
    from services.health.force import by_settings
    from services.health.grid import backfill as write_closes
    from shared.clock import SystemClock, day_of, to_us
    from shared.settings import Settings

    settings, clock = Settings(), SystemClock()
    first, today = (since - dt.date(1970, 1, 1)).days, day_of(to_us(clock.now()))
    if first >= today:
        return None
    async with open_database(settings) as database:
        with following(keeps=False) as follow:
            tell, in_force = follow("scores, day by day", today - first), by_settings(settings)
            return await write_closes(database, in_force, None, first, today, clock, tell)
