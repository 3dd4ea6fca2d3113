"""Which account somebody means who names one on the command line."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.cli.terminal import err, escape
from shared.errors import Conflict, NotFound

if TYPE_CHECKING:
    from shared.database import Reading, Row


async def one_account(tx: "Reading", text: str) -> int:
    """The one account that is meant; for one that was merged the account that it is now, and says so. Raises NotFound,
    or Conflict naming those that could be."""
    found = await _called(tx, text)
    standing = [row for row in found if row["id"] == row["now_id"]] or found
    if len({row["now_id"] for row in standing}) > 1:
        raise _several(text, standing)
    meant = standing[0]
    if meant["id"] != meant["now_id"]:
        err.print(f"[dim]{escape(meant['name'])} was merged into {escape(meant['now_name'])}: that is meant.[/]")
    account: int = meant["now_id"]
    return account


async def one_side(tx: "Reading", text: str, *, merged: bool) -> int:
    """The one account that is meant, itself even if it was merged; where several are called so, one that was `merged`,
    or one that was not. Raises NotFound, Conflict."""
    found = await _called(tx, text)
    found = [row for row in found if (row["id"] != row["now_id"]) is merged] or found
    if len(found) > 1:
        raise _several(text, found)
    account: int = found[0]["id"]
    return account


async def _called(tx: "Reading", text: str) -> "list[Row]":
    from services.cli.store import find_accounts

    found = await find_accounts(tx, text.strip())
    if not found:
        raise NotFound(f"no account is called {text}", "name its id, a source's id of it, or part of its name")
    return found


def _several(text: str, found: "Sequence[Row]") -> Conflict:
    some = "; ".join(f"{row['name']} ({', '.join(row['keys'] or [])}, {row['id']})" for row in found[:8])
    return Conflict(f"{text} could be {some}", "name one by its id")
