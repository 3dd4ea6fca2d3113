"""`steward rebuild`: everything that was told, told once more beside what is live, and both compared."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.progress import following
from services.cli.terminal import escape, examples, out, run

if TYPE_CHECKING:
    from services.ingest.rebuilding import Rebuilt
    from shared.database import Database

EXAMPLES = examples(
    ("steward rebuild", "exit code 1 when anything differs from what is live"),
    ("steward rebuild --json", "rows/s and what differs, for a machine"),
    ("steward rebuild --keep", "leaves the schema `rebuild`, to look into"),
)


def rebuild(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="leave the schema `rebuild` there")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Fold all events, of the archive and the database, once more in a schema beside the live one, and compare. What
    is live goes on and is not touched; the disk needs room for a second copy."""
    rebuilt = run(_rebuild(keep=keep))
    if as_json:
        out.print(json.dumps(_told(rebuilt)), markup=False, highlight=False)
    else:
        _print(rebuilt)
    if not rebuilt.equal:
        raise typer.Exit(1)


async def _rebuild(*, keep: bool) -> "Rebuilt":
    from services.cli.wiring import open_database
    from services.ingest.archive_files import opened
    from services.ingest.rebuilding import Places
    from services.ingest.rebuilding import rebuild as tell
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings = Settings()
    archive = opened(settings) if settings.archive_url is not None else None
    async with open_database(settings, "steward-rebuild") as live, beside(live, keep=keep) as fresh:
        with following() as follow:
            return await tell(Places(live, fresh, archive), settings, SystemClock().now(), follow("events", None))


@asynccontextmanager
async def beside(live: "Database", *, keep: bool) -> "AsyncIterator[Database]":
    """An empty schema of this version beside the live one, which goes afterwards unless it is to be kept."""
    from migrations.run import migrate
    from services.ingest.store import rebuild as store
    from shared.database import Database

    async with live.writing() as tx:
        await store.make_schema(tx)
    try:
        await migrate(live.url, store.SCHEMA)
        async with Database.open(store.beside(live.url), 4, "steward-rebuild") as fresh:
            yield fresh
    finally:
        if not keep:
            async with live.writing() as tx:
                await store.drop_schema(tx)


def _told(rebuilt: "Rebuilt") -> dict[str, Any]:
    return {
        "equal": rebuilt.equal,
        "events": rebuilt.events,
        "accounts": rebuilt.accounts,
        "seconds": round(rebuilt.seconds, 2),
        "rows_per_second": _rate(rebuilt),
        "waiting": rebuilt.waiting,
        "compared": rebuilt.compared,
        "differing": rebuilt.differing,
        "differences": [one._asdict() for one in rebuilt.differences],
    }


def _rate(rebuilt: "Rebuilt") -> int:
    return round(rebuilt.events / rebuilt.seconds) if rebuilt.seconds else 0


def _print(rebuilt: "Rebuilt") -> None:
    out.print(
        f"{rebuilt.events} events of {rebuilt.accounts} accounts in {rebuilt.seconds:.1f} s: "
        f"[bold]{_rate(rebuilt)} rows/s[/]",
        highlight=False,
    )
    if rebuilt.waiting:
        out.print(f"{rebuilt.waiting} of them found no account in the rebuild.")
    for what, count in rebuilt.compared.items():
        other = rebuilt.differing[what]
        told = f"[red]{other} of {count} differ[/]" if other else f"[green]all {count} are as they are live[/]"
        out.print(f"  {what}: {told}", highlight=False)
    for one in rebuilt.differences:
        out.print(f"    {one.what} of {escape(one.of)} {escape(one.name)}", highlight=False)
