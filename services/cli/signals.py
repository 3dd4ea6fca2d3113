"""`steward signals`: what was noticed about accounts."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from typing import Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run

app = group(
    "signals",
    "What was noticed about accounts that is not their band.",
    ("steward signals list", "the newest"),
    ("steward signals list --kind no_login --since 2026-11-01", "of one kind, since a day"),
)


@app.command(
    "list",
    epilog=examples(
        ("steward signals list", "the newest fifty"),
        ("steward signals list --account 7696187397295320", "of one account"),
    ),
)
def list_(
    account: Annotated[int | None, typer.Option(help="only of this account, by Steward's id")] = None,
    kind: Annotated[str | None, typer.Option(help="only of this kind, e.g. usage_drop")] = None,
    since: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="only since this UTC day")] = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 50,
) -> None:
    """List signals, the newest first."""
    run(_list(account, kind, since and since.replace(tzinfo=dt.UTC), most))


async def _list(account: int | None, kind: str | None, since: dt.datetime | None, most: int) -> None:
    from rich.table import Table

    from services.cli.wiring import open_database
    from services.health.store import record
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as reading:
        rows = await record.signals(reading, account=account, kind=kind, since=since, most=most)
    if not rows:
        out.print("Nothing was noticed.")
        return
    table = Table("at", "account", "kind", "severity", "what", box=None, header_style="bold")
    for row in rows:
        table.add_row(
            f"{row['at']:%Y-%m-%d %H:%M}", escape(row["name"]), row["kind"], row["severity"], escape(row["words"])
        )
    out.print(table)
