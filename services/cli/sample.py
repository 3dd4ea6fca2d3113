"""`steward sample`: the sample company as files, for loading elsewhere and for judging scores against the truth."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import examples, out

EXAMPLES = examples(
    ("steward sample --out company", "company/events.ndjson and company/truth.ndjson"),
    ("steward sample --accounts 1000 --days 365 --seed 3 --until 2026-07-01", "the same arguments, the same bytes"),
    ("curl … --data-binary @company/events.ndjson localhost:8420/v1/events", "sends them; docs/cli.md has it whole"),
)


def sample(
    directory: Annotated[Path, typer.Option("--out", help="directory for the files")] = Path("sample"),
    accounts: Annotated[int, typer.Option(min=1, max=100_000, help="accounts of the company")] = 200,
    days: Annotated[int, typer.Option(min=1, max=400, help="days of history")] = 180,
    seed: Annotated[int, typer.Option(help="another seed, another company")] = 7,
    until: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="last day, UTC; today if unset")
    ] = None,
) -> None:
    """Write the sample company's events, and the truth that its scores can be judged against."""
    from dataclasses import asdict

    from services.sample.company import simulate
    from shared.clock import SystemClock

    end = until.replace(tzinfo=dt.UTC) if until else SystemClock().now()
    company = simulate(until=end, accounts=accounts, days=days, seed=seed)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "events.ndjson").open("w", encoding="utf-8") as file:
        written = sum(bool(file.write(json.dumps(event, ensure_ascii=False) + "\n")) for event in company.history())
    with (directory / "truth.ndjson").open("w", encoding="utf-8") as file:
        for truth in company.truth:
            file.write(json.dumps(asdict(truth), default=str, ensure_ascii=False) + "\n")
    out.print(f"{written} events in {directory / 'events.ndjson'}, the truth in {directory / 'truth.ndjson'}.")
