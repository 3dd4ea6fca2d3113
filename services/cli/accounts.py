"""`steward accounts`: which accounts are one company, which ids are whose, and what contradicts itself."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run

if TYPE_CHECKING:
    from shared.database import Writing

app = group(
    "accounts",
    "Which accounts are one company, and which ids are whose.",
    ("steward accounts merge 'Acme Old' 'Acme GmbH'", "two accounts, one company"),
    ("steward accounts unmerge 'Acme Old'", "as if they had never met"),
    ("steward accounts unlink zendesk 361234567890", "an id that is not the account's"),
    ("steward accounts conflicts", "claims that nobody believed"),
    ("steward accounts refreshed 'Acme GmbH'", "what its source had lost was told anew"),
)
Account = Annotated[str, typer.Argument(help="its id, a source's id of it, or its name")]
Why = Annotated[str | None, typer.Option("--reason", help="why, for whoever reads it later")]


@app.command(
    epilog=examples(
        ("steward accounts merge 4711 'Acme GmbH' --reason bought", "the second one stays"),
    )
)
def merge(account: Account, into: Account, reason: Why = None) -> None:
    """Merge an account into another: their events are folded together, and the second is what stays."""
    names = run(_merge(account, into, reason))
    out.print(f"{escape(names[0])} is {escape(names[1])} from now on. `steward accounts unmerge` parts them again.")


async def _merge(account: str, into: str, reason: str | None) -> tuple[str, str]:
    from services.cli.deciding import deciding
    from services.cli.meant import one_side
    from services.cli.store import account_name
    from services.ingest import identity

    async with deciding() as (tx, ingest, now):
        one, other = await one_side(tx, account, merged=False), await one_side(tx, into, merged=False)
        names = (await account_name(tx, one), await account_name(tx, other))
        await identity.merge(tx, ingest, one, other, now=now, reason=reason)
        await _note(tx, "account.merged", one, now, into=other, reason=reason)
    return names


@app.command(
    epilog=examples(
        ("steward accounts unmerge 'Acme Old'", "both are what they were, to the byte"),
    )
)
def unmerge(account: Account, reason: Why = None) -> None:
    """Part an account from the one that it was merged into, as if they had never met."""
    names = run(_unmerge(account, reason))
    out.print(f"{escape(names[0])} and {escape(names[1])} are two again.")


async def _unmerge(account: str, reason: str | None) -> tuple[str, str]:
    from services.cli.deciding import deciding
    from services.cli.meant import one_side
    from services.cli.store import account_name
    from services.ingest import identity

    async with deciding() as (tx, ingest, now):
        one = await one_side(tx, account, merged=True)
        other = await identity.unmerge(tx, ingest, one, now=now, reason=reason)
        await _note(tx, "account.unmerged", one, now, reason=reason)
        return await account_name(tx, one), await account_name(tx, other)


@app.command(
    epilog=examples(
        ("steward accounts unlink zendesk 361234567890", "its events wait for another link"),
    )
)
def unlink(
    source: Annotated[str, typer.Argument(help="whose id it is, e.g. zendesk")],
    id: Annotated[str, typer.Argument(metavar="ID", help="the id")],
    reason: Why = None,
) -> None:
    """Say that an id is not the account's that it leads to. Its events wait until it is linked anew."""
    name = run(_unlink(source, id, reason))
    out.print(f"{escape(source)}:{escape(id)} does not mean {escape(name)} any more.")


async def _unlink(source: str, id: str, reason: str | None) -> str:
    from services.cli.deciding import deciding
    from services.cli.store import account_name
    from services.ingest import identity

    async with deciding() as (tx, ingest, now):
        account = await identity.unlink(tx, ingest, (source, id), now=now, reason=reason)
        await _note(tx, "identity.unlinked", account, now, source=source, reason=reason)
        return await account_name(tx, account)


@app.command(
    epilog=examples(
        ("steward accounts refreshed 'Acme GmbH' --reason 'export of 22 November'", "its page says so no more"),
    )
)
def refreshed(account: Account, reason: Why = None) -> None:
    """Say that what a source had lost of an account was told anew, by an import say: it takes the mark off."""
    out.print(f"{escape(run(_refreshed(account, reason)))} needs no refresh any more.")


async def _refreshed(account: str, reason: str | None) -> str:
    from services.cli.deciding import deciding
    from services.cli.meant import one_account
    from services.cli.store import account_name
    from services.ingest import identity

    async with deciding() as (tx, ingest, now):
        one = await one_account(tx, account)
        await identity.tell(tx, ingest, one, "account.refreshed", now, reason=reason)
        await _note(tx, "account.refreshed", one, now, reason=reason)
        return await account_name(tx, one)


@app.command(
    epilog=examples(
        ("steward accounts conflicts", "each with who claims it and whose it is"),
    )
)
def conflicts(most: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 50) -> None:
    """List claims on ids that were not believed, because the ids are another account's."""
    run(_conflicts(most))


async def _conflicts(most: int) -> None:
    from rich.table import Table

    from services.cli.wiring import open_database
    from services.ingest.identity import remedy
    from services.ingest.store import unmatched
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        rows = await unmatched.conflicts(tx, after=("", "", 0), most=most)
    if not rows:
        out.print("No conflicts.")
        return
    table = Table("source", "id", "claimed by", "is", "kind", "times", "last", box=None, header_style="bold")
    for row in rows:
        table.add_row(
            escape(row["source"]), escape(row["external_id"]), escape(f"{row['claimer']} ({row['claimed_by']})"),
            escape(f"{row['holder'] or '–'} ({row['linked_to'] or '–'})"), row["kind"], str(row["times"]),
            f"{row['last_at']:%Y-%m-%d}",
        )  # fmt: skip
    out.print(table)
    out.print("If they are one company, or the id is the claimant's:")
    for row in rows:
        out.print(f"  {remedy(row)}", markup=False, highlight=False, soft_wrap=True)


async def _note(tx: "Writing", action: str, account: int, now: dt.datetime, **detail: object) -> None:
    from services.api.store import audit

    told = {name: value for name, value in detail.items() if value is not None}
    await audit(tx, "command line", action, str(account), now=now, detail=told)
