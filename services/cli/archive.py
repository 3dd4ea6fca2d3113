"""`steward archive`: days of events in files, by hand and for a look. Ingest does the same by itself, hourly."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.progress import following
from services.cli.terminal import escape, examples, group, out, run

if TYPE_CHECKING:
    from services.ingest.archive_files import Fault
    from services.ingest.archiving import Done
    from services.ingest.store.archive import Kept

app = group(
    "archive",
    "Events as Parquet files by day, in a directory or a bucket.",
    ("STEWARD_ARCHIVE_URL=s3://history/steward steward archive run", "archives what is due"),
    ("steward archive list", "which days are there, and which have left the database"),
    ("steward archive verify", "reads every file; exit code 1 when one is damaged"),
)
AsJson = Annotated[bool, typer.Option("--json", help="print JSON lines")]


@app.command("run", epilog=examples(("steward archive run --recount", "compares every day, also those long done")))
def run_(
    recount: Annotated[bool, typer.Option("--recount", help="compare every day with what the archive has")] = False,
) -> None:
    """Archive the days that are due, and let old activity leave the database once its files are read back."""
    done = run(_run(recount=recount))
    out.print(f"{done.files} files with {done.events} events written, {done.left_days} days of activity have left.")


async def _run(*, recount: bool) -> "Done":
    from services.cli.wiring import open_database
    from services.ingest import archive_erasing, archiving
    from services.ingest.archive_files import opened
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings = Settings()
    archive = opened(settings)
    async with open_database(settings, "steward-archive") as database:
        now = SystemClock().now()
        await archive_erasing.clean(database, archive, now)
        return await archiving.run(database, archive, archiving.order_of(settings, now, recount=recount))


@app.command("list", epilog=examples(("steward archive list --json", "with digests, for a machine")))
def list_(*, as_json: AsJson = False) -> None:
    """List the archive's files, by day."""
    files = run(_list())
    if as_json:
        for kept in files:
            out.print(json.dumps(_told(kept)), markup=False, highlight=False)
    else:
        _print(files)


async def _list() -> "list[Kept]":
    from services.cli.wiring import open_database
    from services.ingest.store import archive as store
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        return await store.files(tx)


def _told(kept: "Kept") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(kept.entry)
    return told | {"left_at": None if kept.left_at is None else kept.left_at.isoformat()}


def _print(files: "list[Kept]") -> None:
    from rich.table import Table

    if not files:
        out.print("Nothing is archived yet: `steward archive run`, or wait for ingest.")
        return
    table = Table("day", "kind", "events", "bytes", "digest", "where its events are", box=None, header_style="bold")
    for entry, left_at in files:
        where = "the database too" if left_at is None else f"here alone since {left_at:%Y-%m-%d}"
        kind = entry.kind if entry.part == 1 else f"{entry.kind} {entry.part}"
        table.add_row(entry.day, kind, str(entry.rows), str(entry.bytes), entry.digest[:12], where)
    out.print(table)


@app.command(
    epilog=examples(
        ("steward archive verify", "every file, its size, its digest and every event in it"),
        ("steward archive verify --tidy", "and deletes files that nobody lists"),
    )
)
def verify(
    *,
    tidy: Annotated[
        bool, typer.Option("--tidy", help="delete files that nobody lists; write the manifest anew")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every file of the archive and compare it with the list."""
    faults = run(_verify(tidy=tidy))
    for fault in faults:
        if as_json:
            out.print(json.dumps(fault._asdict()), markup=False, highlight=False)
        else:
            out.print(f"[red]✗[/] {escape(fault.path)}: {escape(fault.words)}", highlight=False)
    if faults:
        raise typer.Exit(1)
    if not as_json:
        out.print("Every file is as it was written.")


async def _verify(*, tidy: bool) -> "list[Fault]":
    from services.cli.wiring import open_database
    from services.ingest import archive_files
    from shared.settings import Settings

    settings = Settings()
    archive = archive_files.opened(settings)
    async with open_database(settings, "steward-archive") as database:
        if tidy:
            await archive_files.tidy(database, archive)
        with following() as follow:
            return await archive_files.verify(database, archive, follow("files", None))
