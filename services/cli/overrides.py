"""`steward overrides`: what people have set scores to, until when and why."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.errors import Conflict

if TYPE_CHECKING:
    from shared.database import Row

app = group(
    "overrides",
    "What people say that scores count as.",
    ("steward overrides list", "those in force"),
    ("steward overrides set ACME-42 30 --reason 'sponsor leaves' --days 14", "counts instead of what is computed"),
    ("steward overrides end ACME-42", "what is computed counts again"),
)
Account = Annotated[str, typer.Argument(help="its id, a source's id of it, or its name")]
_BY = "command line"


@app.command(
    "list",
    epilog=examples(
        ("steward overrides list", "those in force, of all accounts"),
        ("steward overrides list --account ACME-42", "all that one ever had"),
    ),
)
def list_(
    account: Annotated[str | None, typer.Option(help="of this account, also those that have ended")] = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 50,
) -> None:
    """List overrides, the newest first: those in force, or all of an account."""
    from rich.table import Table

    rows = run(_list(account, most))
    if not rows:
        out.print("Nobody has set anything.")
        return
    table = Table("set at", "account", "to", "by", "because", "until", box=None, header_style="bold")
    for row in rows:
        until = f"{row['ended_at'] or row['expires_at']:%Y-%m-%d %H:%M}"
        ended = f" ({row['ended_because']})" if row["ended_because"] else ""
        table.add_row(
            f"{row['set_at']:%Y-%m-%d %H:%M}", escape(row["name"]), str(row["value"]), escape(row["author"]),
            escape(row["reason"]), escape(until + ended),
        )  # fmt: skip
    out.print(table)


async def _list(account: str | None, most: int) -> "list[Row]":
    from services.cli.meant import one_account
    from services.cli.wiring import open_database
    from services.health.store import overrides
    from shared.clock import SystemClock
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        one = None if account is None else await one_account(tx, account)
        return await overrides.listed(tx, one, SystemClock().now(), most)


@app.command(
    "set",
    epilog=examples(("steward overrides set ACME-42 30 --reason 'sponsor leaves' --days 14", "for two weeks")),
)
def set_(
    account: Account,
    value: Annotated[int, typer.Argument(min=0, max=100, help="what the score counts as")],
    reason: Annotated[str, typer.Option(help="why, for whoever reads it later")],
    days: Annotated[int, typer.Option(min=1, max=180, help="for how many days from now on")] = 30,
) -> None:
    """Say what an account's score counts as, whatever is computed, for some days."""
    name, until = run(_set(account, value, reason, dt.timedelta(days)))
    out.print(f"{escape(name)} counts as {value} until {until:%Y-%m-%d %H:%M} UTC.")


async def _set(account: str, value: int, reason: str, lasting: dt.timedelta) -> tuple[str, dt.datetime]:
    from services.api.store import audit
    from services.cli.meant import one_account
    from services.cli.store import account_name
    from services.cli.wiring import open_database
    from services.health.force import by_settings
    from services.health.overriding import set_override
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings, now = Settings(), SystemClock().now()
    async with open_database(settings) as database, database.writing() as tx:
        one = await one_account(tx, account)
        made = await set_override(tx, by_settings(settings), one, value, reason, now + lasting, _BY, now)
        detail = {"override": str(made.id), "value": value, "expires_at": (now + lasting).isoformat()}
        await audit(tx, _BY, "override.set", str(one), now=now, detail=detail)
        return await account_name(tx, one), now + lasting


@app.command(epilog=examples(("steward overrides end ACME-42", "what is computed counts again")))
def end(account: Account) -> None:
    """End the override of an account: what is computed counts again."""
    out.print(f"{escape(run(_end(account)))} counts as it is computed.")


async def _end(account: str) -> str:
    from services.api.store import audit
    from services.cli.meant import one_account
    from services.cli.store import account_name
    from services.cli.wiring import open_database
    from services.health.force import by_settings
    from services.health.overriding import end_override
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings, now = Settings(), SystemClock().now()
    async with open_database(settings) as database, database.writing() as tx:
        one = await one_account(tx, account)
        if not await end_override(tx, by_settings(settings), one, _BY, now):
            raise Conflict("no override is in force for this account", "`steward overrides list` shows those that are")
        await audit(tx, _BY, "override.ended", str(one), now=now, detail={})
        return await account_name(tx, one)
