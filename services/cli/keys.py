"""`steward keys`: API keys. A key is shown once, when it is made; only its digest is kept."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from enum import StrEnum
from typing import Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.errors import Refused

app = group(
    "keys",
    "API keys.",
    ("steward keys create segment --role ingest", "may only send events"),
    ("steward keys list", "who has which"),
    ("steward keys revoke 3k9x0a1b2c", "ends one"),
)


class KeyRole(StrEnum):
    """What the key's holder may do; the roles of services/api/roles.py."""

    VIEWER = "viewer"
    CSM = "csm"
    MANAGER = "manager"
    ADMIN = "admin"
    INGEST = "ingest"


@app.command(
    epilog=examples(
        ("steward keys create segment --role ingest", "write only"),
        ("steward keys create anna --role csm --owner anna@example.com", "sees her own book"),
    )
)
def create(
    holder: Annotated[str, typer.Argument(metavar="[NAME]", help="who or what will hold it")] = "command line",
    *,
    name: Annotated[str | None, typer.Option(help="the same")] = None,
    role: Annotated[KeyRole, typer.Option(help="what the holder may do")] = KeyRole.VIEWER,
    owner: Annotated[str | None, typer.Option(help="for csm: the e-mail address whose accounts it may see")] = None,
) -> None:
    """Make a key. It is printed once, on standard output, and cannot be shown again."""
    if (role is KeyRole.CSM) != (owner is not None):
        raise Refused("a csm's key needs an owner, and only a csm's", "name --owner together with --role csm")
    out.print(run(_create(name or holder, role, owner)), markup=False, highlight=False)


async def _create(name: str, role: KeyRole, owner: str | None) -> str:
    from services.api.auth import create_key
    from services.api.roles import Role
    from services.cli.wiring import open_database
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings, now = Settings(), SystemClock().now()
    async with open_database(settings) as database, database.writing() as tx:
        key = await create_key(
            tx, name=name, role=Role(role), env=settings.env, now=now, by="command line", owner=owner
        )
    return key.text


@app.command(epilog=examples(("steward keys revoke 3k9x0a1b2c", "the id is in `steward keys list`")))
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="the key's id, its third part")]) -> None:
    """End a key at once."""
    run(_revoke(key_id))
    out.print(f"The key {escape(key_id)} is revoked.")


async def _revoke(key_id: str) -> None:
    from services.api.auth import revoke_key
    from services.cli.wiring import open_database
    from shared.clock import SystemClock
    from shared.settings import Settings

    if "_" in key_id:
        raise Refused("name the key's id, never the key: what is typed stays in the shell's history",
                      "the id is in `steward keys list`")  # fmt: skip
    now = SystemClock().now()
    async with open_database(Settings()) as database, database.writing() as tx:
        await revoke_key(tx, key_id, now=now, by="command line")


@app.command("list", epilog=examples(("steward keys list", "without secrets, which are not kept")))
def list_() -> None:
    """Who has which key."""
    run(_list())


async def _list() -> None:
    from rich.table import Table

    from services.cli.store import keys
    from services.cli.wiring import open_database
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        rows = await keys(tx)
    table = Table("id", "name", "role", "owner", "made", "last used", "revoked", box=None, header_style="bold")
    for row in rows:
        told = (row["created_at"], row["last_used_on"], row["revoked_at"])
        made, used, revoked = (f"{at:%Y-%m-%d}" if at else "–" for at in told)
        table.add_row(row["id"], escape(row["name"]), row["role"], escape(row["owner"] or "–"), made, used, revoked)
    out.print(table if rows else "There are no keys; `steward keys create` makes one.")
