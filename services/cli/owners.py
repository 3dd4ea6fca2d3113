"""`steward owners`: whose an account is, by whom and why; and which accounts nobody owns."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.errors import Conflict

if TYPE_CHECKING:
    from shared.database import Row, Writing

app = group(
    "owners",
    "Whose an account is, and why.",
    ("steward owners unowned", "accounts that nobody owns"),
    ("steward owners show ACME-42", "who owned it when, and who said so"),
    ("steward owners set ACME-42 ada@example.com --reason 'knows them'", "outranks the CRM and the pools"),
)
Account = Annotated[str, typer.Argument(help="its id, a source's id of it, or its name")]
_BY = "command line"


@app.command(epilog=examples(("steward owners unowned --most 500", "the largest first")))
def unowned(most: Annotated[int, typer.Option(min=1, max=100_000, help="at most so many")] = 50) -> None:
    """List the accounts that neither a person nor the CRM nor a pool gives to anybody, the largest first."""
    from rich.table import Table

    total, rows = run(_unowned(most))
    if not total:
        out.print("Every account has an owner.")
        return
    table = Table("account", "name", "segment", "ARR", box=None, header_style="bold")
    for row in rows:
        table.add_row(
            str(row["id"]), escape(row["name"]), escape(row["segment"] or "–"), f"{(row['arr'] or 0) / 1e6:,.0f}"
        )
    out.print(table)
    out.print(f"{total:,} accounts have no owner. Pools with members take them; `steward owners set` gives one away.")


async def _unowned(most: int) -> "tuple[int, list[Row]]":
    from services.cli.store import unowned_accounts
    from services.cli.wiring import open_database
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        return await unowned_accounts(tx, most)


@app.command(epilog=examples(("steward owners show 'Acme GmbH'", "its choices and assignments, the newest first")))
def show(account: Account) -> None:
    """Show who owns an account, by whom and why, and who did before."""
    name, owner, rows = run(_show(account))
    said = {"person": "chosen by a person", "crm": "by the CRM", "pool": "by a pool"}.get(owner["owner_from"] or "")
    out.print(f"[bold]{escape(name)}[/]: {escape(owner['owner'] or 'nobody')}{f', {said}' if said else ''}")
    for row in rows:
        until = f" to {row['ended_at']:%Y-%m-%d}: {row['ended_because']}" if row["ended_at"] else ""
        out.print(f"  {row['assigned_at']:%Y-%m-%d} {escape(row['owner'])} ({escape(row['given_by'])}: "
                  f"{escape(row['words'])}){escape(until)}")  # fmt: skip


async def _show(account: str) -> "tuple[str, Row, list[Row]]":
    from services.cli.meant import one_side
    from services.cli.store import account_name, assignments_of

    async with _deciding() as (tx, _):
        one = await one_side(tx, account, merged=False)
        owner, rows = await assignments_of(tx, one)
        return await account_name(tx, one), owner, rows


@app.command(
    "set", epilog=examples(("steward owners set 4711 ada@example.com --reason 'knows them'", "until released"))
)
def set_(
    account: Account,
    owner: Annotated[str, typer.Argument(help="e-mail address")],
    reason: Annotated[str, typer.Option(help="why, for whoever reads it later")] = "chosen",
) -> None:
    """Choose an account's owner, whatever the CRM and the pools say."""
    out.print(f"{escape(run(_set(account, owner, reason)))} is {escape(owner)}'s from now on.")


async def _set(account: str, owner: str, reason: str) -> str:
    from services.api.store import audit
    from services.cli.meant import one_side
    from services.cli.store import account_name
    from services.health.owners import choose_owner

    async with _deciding() as (tx, now):
        one = await one_side(tx, account, merged=False)
        await choose_owner(tx, one, owner, _BY, reason, now)
        await audit(tx, _BY, "owner.chosen", str(one), now=now, detail={"owner": owner, "reason": reason})
        return await account_name(tx, one)


@app.command(epilog=examples(("steward owners release 4711", "the CRM, or a pool, says again")))
def release(account: Account) -> None:
    """Take the choice of an owner back: the CRM, or a pool, says again whose the account is."""
    out.print(f"Nobody's choice stands for {escape(run(_release(account)))} any more.")


async def _release(account: str) -> str:
    from services.api.store import audit
    from services.cli.meant import one_side
    from services.cli.store import account_name
    from services.health.owners import forget_choice

    async with _deciding() as (tx, now):
        one = await one_side(tx, account, merged=False)
        if not await forget_choice(tx, one, _BY, now):
            raise Conflict("nobody has chosen an owner for this account", "`steward owners show` says who says so")
        await audit(tx, _BY, "owner.released", str(one), now=now, detail={})
        return await account_name(tx, one)


@asynccontextmanager
async def _deciding() -> "AsyncIterator[tuple[Writing, dt.datetime]]":
    from services.cli.wiring import open_database
    from shared.clock import SystemClock
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.writing() as tx:
        yield tx, SystemClock().now()
