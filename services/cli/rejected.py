"""`steward rejected`: records that could not become events. Nothing is lost: look, mend, replay or discard."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.replaying import in_vain
from services.cli.terminal import escape, examples, group, out, run
from shared.errors import NotFound, Refused

if TYPE_CHECKING:
    from shared.database import Writing

app = group(
    "rejected",
    "Records that could not become events.",
    ("steward rejected list", "what is parked or held, and why"),
    ("steward rejected show 17", "one record, whence and why"),
    ("steward rejected replay 17 18", "once the cause is mended"),
    ("steward rejected replay --source hubspot", "releases a source that is held"),
    ("steward rejected discard 17", "gives it up for good"),
)


@app.command(
    "list",
    epilog=examples(
        ("steward rejected list", "counts by reason, then the records"),
        ("steward rejected list --source stripe --reason invalid_payload --most 5", "some of them"),
        ("steward rejected list --counts", "how many by source and reason, and no more"),
        ("steward rejected list --all", "also those that were replayed or discarded"),
    ),
)
def list_(
    *,
    source: Annotated[str | None, typer.Option(help="only this source's")] = None,
    reason: Annotated[str | None, typer.Option(help="only for this reason, e.g. too_old")] = None,
    all_: Annotated[bool, typer.Option("--all", help="also what was replayed or discarded")] = False,
    after: Annotated[int, typer.Option(help="only ids after this one")] = 0,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 50,
    counts: Annotated[bool, typer.Option("--counts", help="only how many, by source and reason")] = False,
) -> None:
    """List rejected records, oldest first."""
    run(_list(source, reason, all_=all_, after=after, most=0 if counts else most))


async def _list(source: str | None, reason: str | None, *, all_: bool, after: int, most: int) -> None:
    from services.cli.wiring import open_database
    from services.ingest.store import rejected
    from shared.settings import Settings

    statuses = ["parked", "held", *(["replayed", "discarded"] if all_ else [])]
    async with open_database(Settings()) as database, database.reading() as tx:
        counts = [
            row
            for row in await rejected.counts(tx)
            if source in (None, row["source"]) and reason in (None, row["reason"])
        ]
        rows = await rejected.some(tx, source=source, reason=reason, statuses=statuses, after=after, most=most)
    for row in counts:
        out.print(f"{row['count']:>8} {row['status']:<7} {escape(row['source'])} · {row['topic']} · {row['reason']}")
    if most or not counts:
        _print_rows(rows)
    _print_in_vain([*counts, *rows])
    if rows and len(rows) == most:
        out.print(f"[dim]… go on with --after {rows[-1]['id']}[/]")


def _print_rows(rows: list[Any]) -> None:
    from rich.table import Table

    if not rows:
        out.print("No rejected records.")
        return
    table = Table("id", "status", "source", "topic", "offset", "reason", "words", box=None, header_style="bold")
    for row in rows:
        where = f"{row['topic']}/{row['partition']}"
        table.add_row(
            str(row["id"]), row["status"], escape(row["source"]), where, str(row["offset"]), row["reason"],
            escape(row["words"]),
        )  # fmt: skip
    out.print(table)


def _print_in_vain(rows: Iterable[Mapping[str, Any]]) -> None:
    """What is known beforehand of replaying these."""
    for words in in_vain(rows):
        out.print(words, highlight=False)


@app.command(
    epilog=examples(
        ("steward rejected show 17", "origin, reason, headers and body"),
        ("steward rejected show 17 --raw > body.json", "the body, to the byte"),
    )
)
def show(
    *,
    id: Annotated[int, typer.Argument(metavar="ID", help="the record's id")],
    raw: Annotated[
        bool, typer.Option("--raw", help="the bytes of its body and nothing else, for a file or a pipe")
    ] = False,
) -> None:
    """Show one record: where it came from, why it was rejected, its headers and its body."""
    row = run(_one(id))
    if raw:
        typer.echo(bytes(row["value"]), nl=False)
    else:
        _print_record(row)


async def _one(id: int) -> Mapping[str, Any]:
    from services.cli.wiring import open_database
    from services.ingest.store import rejected
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        row: Mapping[str, Any] | None = await rejected.one(tx, id)
    if row is None:
        raise NotFound(f"there is no rejected record {id}", "`steward rejected list` shows what is there")
    return row


def _print_record(row: Mapping[str, Any]) -> None:
    from shared.outbox import unpack_headers

    out.print(f"[bold]{row['id']}[/] {row['status']}: [bold]{row['reason']}[/] {escape(row['words'])}")
    out.print(f"from {escape(row['source'])}, {row['topic']}/{row['partition']} at {row['offset']}")
    out.print(
        f"first received {row['first_received_at']:%Y-%m-%d %H:%M:%S}, rejected {row['rejected_at']:%Y-%m-%d %H:%M:%S}"
    )
    for name, value in [*unpack_headers(row["headers"]), *([("key", row["key"])] if row["key"] else [])]:
        out.print(f"  [dim]{escape(name)}:[/] {escape(value.decode('utf-8', 'backslashreplace'))}")
    out.print(_body(row["value"]), markup=False, highlight=False)
    _print_in_vain([row])


def _body(value: bytes) -> str:
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return value.decode("utf-8", "backslashreplace")


Source = Annotated[str | None, typer.Option(help="of this source")]
Why = Annotated[str | None, typer.Option("--reason", help="rejected for this reason, e.g. unknown_type")]


@app.command(
    epilog=examples(
        ("steward rejected replay 17 18", "back to their topic, with the time at which they first came"),
        ("steward rejected replay --source hubspot", "everything held of a source, in order; ends the hold"),
        ("steward rejected replay --reason unknown_type", "everything parked for a reason, after an upgrade say"),
    )
)
def replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="ids of parked records")] = None,
    source: Source = None,
    reason: Why = None,
) -> None:
    """Send records to their topic again, once what was wrong is mended. What is still wrong is parked again; how old
    a record is, and how far ahead, is judged by its first arrival."""
    from services.ingest import parked

    _one_way(ids, source, reason)
    if ids:
        sent = run(_once(partial(parked.replay, ids=ids)))
    elif source is not None and reason is None:
        sent = run(_until_none(partial(parked.replay_held, source=source)))
    else:
        sent = run(_until_none(partial(parked.replay_parked, source=source, reason=known(reason))))
    out.print(f"{sent} records go back to their topic.")


@app.command(
    epilog=examples(
        ("steward rejected discard 17 18", "their bytes stay readable with list --all"),
        ("steward rejected discard --source crm --reason not_json", "all that one mistake has parked"),
    )
)
def discard(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="ids of records")] = None,
    source: Source = None,
    reason: Why = None,
) -> None:
    """Give records up. Their bytes stay, but nothing will come of them."""
    from services.ingest import parked

    _one_way(ids, source, reason)
    if ids:
        gone = run(_once(partial(parked.discard, ids=ids)))
    else:
        gone = run(_until_none(partial(parked.discard_all, source=source, reason=known(reason))))
    out.print(f"{gone} records discarded.")


def _one_way(ids: list[int] | None, source: str | None, reason: str | None) -> None:
    if bool(ids) == bool(source or reason):
        raise Refused("name either ids or a source, a reason, or both", "`steward rejected list` shows them")


def known(reason: str | None) -> str | None:
    """The reason, if there is such a one. Raises Refused."""
    from shared.errors import Reason

    if reason is not None and reason not in set(Reason):
        raise Refused(f"there is no reason {reason}", f"one of {', '.join(Reason)}")
    return reason


async def _once(act: "Callable[[Writing], Awaitable[int]]") -> int:
    from services.cli.wiring import open_database
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.writing() as tx:
        return await act(tx)


async def _until_none(act: "Callable[[Writing], Awaitable[int]]") -> int:
    """Acts in transactions of bounded size until nothing is left; on how many."""
    from services.cli.wiring import open_database
    from shared.settings import Settings

    async with open_database(Settings()) as database:
        total, some = 0, 1
        while some:
            async with database.writing() as tx:
                some = await act(tx)
            total += some
        return total
