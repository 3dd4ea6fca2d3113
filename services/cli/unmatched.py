"""`steward unmatched`: events whose account is not known. They wait; nothing is guessed."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import shlex
from typing import Annotated, Any

import typer

from services.cli.terminal import escape, examples, group, out, run

app = group(
    "unmatched",
    "Events that wait because nobody knows whose they are.",
    ("steward unmatched list", "the ids that they came with"),
    ("steward unmatched link zendesk 361234567890 'Acme GmbH'", "whose they are"),
    ("steward unmatched discard intercom 5f2a", "they are of no use"),
)
Source = Annotated[str, typer.Argument(help="whose id it is, as `steward unmatched list` names it")]
Id = Annotated[str, typer.Argument(metavar="ID", help="the id that the events came with")]
Why = Annotated[str | None, typer.Option("--reason", help="why, for whoever reads it later")]


@app.command(
    "list",
    epilog=examples(
        ("steward unmatched list", "every id that events wait under"),
        ("steward unmatched list --source zendesk", "of one source"),
    ),
)
def list_(
    source: Annotated[str | None, typer.Option(help="only this source's ids")] = None,
    after: Annotated[tuple[str, str], typer.Option(metavar="SOURCE ID", help="only after this one")] = ("", ""),
    most: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 50,
) -> None:
    """List the ids that events wait under: how many wait, since when, of which types."""
    run(_list(source, after, most))


async def _list(source: str | None, after: tuple[str, str], most: int) -> None:
    from rich.table import Table

    from services.cli.wiring import open_database
    from services.ingest.store import unmatched
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        rows = await unmatched.keys(tx, source=source, after=after, most=most)
    if not rows:
        out.print("No event waits.")
        return
    table = Table("source", "id", "events", "since", "types", "", box=None, header_style="bold")
    for row in rows:
        table.add_row(
            escape(row["account_source"]), escape(row["account_key"]), str(row["events"]),
            f"{row['waiting_since']:%Y-%m-%d}", escape(", ".join(row["types"])), _hint(row),
        )  # fmt: skip
    out.print(table)
    if len(rows) == most:
        last = shlex.join([rows[-1]["account_source"], rows[-1]["account_key"]])
        out.print(f"[dim]… go on with --after {escape(last)}[/]")


def _hint(row: Any) -> str:
    return f"a person of {row['accounts']} accounts" if row["accounts"] > 1 else ""


@app.command(
    epilog=examples(
        ("steward unmatched link zendesk 361234567890 'Acme GmbH'", "what waits is applied"),
    )
)
def link(
    source: Source,
    id: Id,
    account: Annotated[str, typer.Argument(help="the account: its id, a source's id of it, or its name")],
    reason: Why = None,
) -> None:
    """Say whose an id is: what waits under it is applied at its own time, and what comes later at once."""
    name = run(_link(source, id, account, reason))
    out.print(f"{escape(source)}:{escape(id)} means {escape(name)} from now on.")


async def _link(source: str, id: str, account: str, reason: str | None) -> str:
    from services.api.store import audit
    from services.cli.deciding import deciding
    from services.cli.meant import one_account
    from services.cli.store import account_name
    from services.ingest import identity

    async with deciding() as (tx, ingest, now):
        place = await one_account(tx, account)
        await identity.link(tx, ingest, (source, id), place, now=now, reason=reason)
        await audit(tx, "command line", "identity.linked", str(place), now=now, detail={"source": source})
        return await account_name(tx, place)


@app.command(
    epilog=examples(
        ("steward unmatched discard intercom 5f2a", "all that waits under that id"),
    )
)
def discard(source: Source, id: Id) -> None:
    """Give up what waits under an id. What comes later waits again."""
    gone = run(_discard(source, id))
    out.print(f"{gone} events discarded.")


async def _discard(source: str, id: str) -> int:
    from services.api.store import audit
    from services.cli.deciding import deciding
    from services.ingest import identity

    async with deciding() as (tx, _, now):
        gone = await identity.discard(tx, (source, id))
        await audit(tx, "command line", "unmatched.discarded", f"{source}:{id}", now=now, detail={"events": gone})
        return gone
