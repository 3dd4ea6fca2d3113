"""`steward import`: files of rows become events by a mapping file, or a first mapping is written of a file.
docs/import.md explains mapping files."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import csv
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.progress import Follow, following
from services.cli.retries import telling_retries
from services.cli.terminal import escape, examples, out, run
from shared.errors import Invalid, NotFound

if TYPE_CHECKING:
    from services.ingest.import_report import FileReport, RowEnd
    from services.ingest.importing import Order
    from shared.database import Database
    from shared.settings import Settings

EXAMPLES = examples(
    ("steward import --guess accounts.csv > mapping.yaml", "a first mapping, with what was guessed and why"),
    ("steward import examples/flowstack/mapping.yaml --dir exports --dry-run", "what would become of every row"),
    ("steward import mapping.yaml --dir exports --now 2026-07-27 --history", "a past: scores are set, no run starts"),
    ("steward import mapping.yaml --history --fire", "a past, and runs for what is wrong at its end"),
    ("steward import mapping.yaml --dir exports", "tonight's feed: what is new counts as live"),
    ("steward import mapping.yaml --dry-run --report rows.csv", "a line for each row: what became of it, and why"),
    ("steward rejected list --source flowstack", "the rows that were rejected, and why"),
)


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for."""

    order: "Order"
    grid_days: int
    fire: bool
    dry_run: bool
    rows: Path | None


def import_(
    *,
    mapping: Annotated[Path | None, typer.Argument(help="the mapping file, YAML")] = None,
    guess: Annotated[
        Path | None, typer.Option(help="write a first mapping of this file to standard output, and do nothing else")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="where the files are; beside the mapping if unset")
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="when the files were exported: a day, meaning its end, or an instant; UTC")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="nothing of it is news: day by day into the past, no runs")
    ] = False,
    grid_days: Annotated[int, typer.Option(min=0, max=3_650, help="with --history: days of scores before today")] = 180,
    fire: Annotated[
        bool, typer.Option("--fire", help="with --history: what stands at its end may start runs, once")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="look at every row and write nothing")] = False,
    report: Annotated[
        Path | None, typer.Option(help="write the report there: sums as JSON, or with .csv a line a row")
    ] = None,
) -> None:
    """Import CSV, NDJSON or Parquet files. Safe to repeat, and one that was broken off goes on where it stopped: what
    was taken is a duplicate, what was rejected is kept once. While the database is away it is tried again for a good
    minute."""
    if guess is not None:
        from services.cli.guess import guess_mapping

        typer.echo(guess_mapping(guess), nl=False)
        return
    if mapping is None:
        raise Invalid("say which mapping", "`steward import MAPPING`, or `steward import --guess FILE` to begin one")
    if fire and not history:
        raise Invalid("--fire belongs to --history", "without that, what an import brings may start runs anyway")
    from services.ingest.importing import Order

    order = Order(
        load_mapping(mapping), directory or mapping.parent, exported_at(now), stated=now is not None, history=history
    )
    in_rows = report is not None and report.suffix.lower() == ".csv"
    began = time.perf_counter()
    order, reports, backfilled = run(_import(Wanted(order, grid_days, fire, dry_run, report if in_rows else None)))
    told = summary(order, reports, backfilled, time.perf_counter() - began, dry_run=dry_run)
    _print(reports, told)
    if report is not None and not in_rows:
        report.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def load_mapping(path: Path) -> Any:
    """The mapping in the file. Raises NotFound or Invalid, naming every fault."""
    import yaml

    from services.ingest.sources.mapping import parse_mapping

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", "name a mapping file; examples/ has one") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise Invalid(f"{path} is not YAML: {error}", "docs/import.md shows a mapping file") from None
    return parse_mapping(content, path.name)


def exported_at(text: str | None) -> dt.datetime:
    """The instant of the export. A day means its last microsecond: all that happened on it is known."""
    from shared.clock import UTC, SystemClock

    if text is None:
        return SystemClock().now()
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text} is no time", "write 2026-07-27 or 2026-07-27T18:00:00Z") from None
    if len(text) == len("2026-07-27"):
        at += dt.timedelta(days=1) - dt.timedelta(microseconds=1)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


# --- what is done -------------------------------------------------------------------------------------


async def _import(wanted: Wanted) -> "tuple[Order, list[FileReport], dict[str, Any] | None]":
    from services.cli.wiring import open_database
    from services.ingest.handle import Ingest
    from services.ingest.importing import Watching, dated, import_files
    from shared.settings import Settings

    settings, order = Settings(), wanted.order
    async with AsyncExitStack() as stack:
        database = None
        stack.enter_context(telling_retries())
        if not wanted.dry_run:
            database = await stack.enter_async_context(open_database(settings, "steward-import"))
            order = await dated(database, order)
        rows = stack.enter_context(row_report(wanted.rows)) if wanted.rows is not None else None
        follow = stack.enter_context(following())
        files = _Files(follow, order)
        reports = await import_files(database, Ingest(settings), order, Watching(files.at_line, rows))
        files.finish()
        if database is None or not order.history:
            return order, reports, None
        return order, reports, await _backfill(database, settings, replace(wanted, order=order), follow)


class _Files:
    """How far each file is, in lines."""

    def __init__(self, follow: Follow, order: "Order") -> None:
        from services.ingest.reading import measure

        self._lines = {file.path: measure(order.directory, file).lines for file in order.mapping.files}
        self._tell = {path: follow(path, total) for path, total in self._lines.items()}

    def at_line(self, path: str, line: int) -> None:
        """The rows up to this line are done."""
        self._tell[path](line, self._lines[path])

    def finish(self) -> None:
        """All are done, blank lines at their ends too."""
        for path, total in self._lines.items():
            self._tell[path](total, total)


@contextmanager
def row_report(path: Path) -> "Iterator[Callable[[str, Iterable[RowEnd]], None]]":
    """A CSV file with a line for each row, in the order in which they are imported: file, line, outcome, reason,
    words. It is written anew each time, also when an import goes on where it was broken off."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("file", "line", "outcome", "reason", "words"))
        yield lambda name, ends: lines.writerows((name, *end) for end in ends)


async def _backfill(database: "Database", settings: "Settings", wanted: Wanted, follow: Follow) -> dict[str, Any]:
    """Health's past of the accounts that the source tells of, day by day, and their present scores."""
    from services.cli import store
    from services.health.fire import fire
    from services.health.force import by_settings
    from services.health.grid import backfill
    from services.ingest.store.imports import accounts_of
    from shared.clock import FrozenClock, day_of, to_us

    now = wanted.order.exported_at
    today = day_of(to_us(now))
    async with database.reading() as tx:
        accounts = await accounts_of(tx, wanted.order.mapping.source)
    in_force = by_settings(settings)
    report = await backfill(
        database, in_force, accounts, today - wanted.grid_days, today, FrozenClock(now),
        follow("scores, day by day", wanted.grid_days),
    )  # fmt: skip
    fired = await fire(database, in_force, accounts, now) if wanted.fire else None
    async with database.reading() as tx:
        scored = dict(await store.scored(tx, accounts))
    return asdict(report) | scored | {"fired": fired._asdict() if fired else None}


# --- what is told -------------------------------------------------------------------------------------


def summary(
    order: "Order",
    reports: "Sequence[FileReport]",
    backfilled: dict[str, Any] | None,
    seconds: float,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """The report as JSON. In every file, rows = taken + skipped + rejected."""
    return {
        "source": order.mapping.source,
        "exported_at": order.exported_at.isoformat(),
        "history": order.history,
        "dry_run": dry_run,
        "seconds": round(seconds, 1),
        "files": [{name: _plain(value) for name, value in vars(one).items()} for one in reports],
        "scores": backfilled,
    }


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Counter) else value


def _print(reports: "Sequence[FileReport]", told: dict[str, Any]) -> None:
    from rich.table import Table

    numbers = ("rows", "taken", "skipped", "rejected", "events", "duplicates", "waiting")
    table = Table(box=None, header_style="bold")
    table.add_column("file", overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    for one in reports:
        table.add_row(escape(one.path), *_numbers(one, dry_run=told["dry_run"]))
    out.print(table)
    for one in reports:
        if one.resumed_after:
            out.print(f"  {escape(one.path)}: went on after row {one.resumed_after} of an import that was broken off")
        _print_reasons(one)
    _print_end(told)


def _numbers(one: "FileReport", *, dry_run: bool) -> list[str]:
    rows = [one.rows, one.taken, sum(one.skipped.values()), sum(one.rejected.values())]
    if dry_run:
        return [*map(str, rows), str(one.events), "–", "–"]
    return [*map(str, rows), str(one.events), str(one.duplicates), str(one.unmatched)]


def _print_reasons(one: "FileReport") -> None:
    for words, counted in (("rejected", one.rejected), ("skipped", one.skipped), ("parked of rows taken", one.parked)):
        for reason, count in Counter(counted).most_common():
            out.print(f"  {escape(one.path)}: {count} {words}: {escape(reason)}", highlight=False)


def _coverage(scores: dict[str, Any]) -> str:
    if not scores["unknown"]:
        return ""
    least, most = (scores[name] / 10_000 for name in ("least_coverage", "most_coverage"))
    return f": of what the model reads, {least:.0f} to {most:.0f} % was told of them, which is too little"


def _print_end(told: dict[str, Any]) -> None:
    scores = told["scores"]
    if scores is not None:
        told_of = f"{scores['accounts']} accounts over {scores['days']} days"
        out.print(f"{told_of}: {scores['closes']} day closes written.")
        out.print(f"{scores['known']} accounts have a score; {scores['unknown']} are unknown{_coverage(scores)}.")
        if (fired := scores["fired"]) is not None:
            set_off = f"{fired['crossings']} crossings and {fired['signals']} signals were told"
            out.print(f"{set_off}; playbooks decide about them while they run.")
    parked = sum(sum(one["rejected"].values()) + sum(one["parked"].values()) for one in told["files"])
    if told["dry_run"]:
        out.print(f"A dry run of {told['seconds']} s: nothing was written.")
    elif parked:
        look = f"`steward rejected list --source {told['source']}`"
        out.print(f"{told['seconds']} s. {parked} parked: {look} shows them.")
    else:
        out.print(f"{told['seconds']} s. Nothing was rejected.")
