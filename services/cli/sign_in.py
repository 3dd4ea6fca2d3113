"""`steward sign-in`: a link that signs a person in to the console, once."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from enum import StrEnum
from typing import Annotated

import typer

from services.cli.terminal import examples, out, run

EXAMPLES = examples(
    ("steward sign-in anna@example.com --role csm", "Anna sees the accounts that she owns"),
    ("steward sign-in vp@example.com --role manager", "sees all of them"),
)


class Who(StrEnum):
    """What the person may do; the roles of services/api/roles.py that can sign in."""

    VIEWER = "viewer"
    CSM = "csm"
    MANAGER = "manager"
    ADMIN = "admin"


def sign_in(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="whom it signs in")],
    role: Annotated[Who, typer.Option(help="what the person may do")] = Who.VIEWER,
) -> None:
    """Make a link that signs a person in to the console, once, within half an hour."""
    out.print(run(_link(email, role)), markup=False, highlight=False)


async def _link(email: str, role: Who) -> str:
    from services.api.auth import create_sign_in_link
    from services.api.roles import Role
    from services.cli.wiring import open_database
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings, now = Settings(), SystemClock().now()
    async with open_database(settings) as database, database.writing() as tx:
        path = await create_sign_in_link(tx, email=email, role=Role(role), now=now, by="command line")
    return (settings.public_url or f"http://localhost:{settings.api_port}").rstrip("/") + path
