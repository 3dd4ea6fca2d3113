"""The API on a real port, in a thread with a loop of its own: for clients that are not asynchronous."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from services.api import auth
from services.api.app import create_app
from services.api.roles import Role
from shared.clock import FrozenClock
from shared.database import Database
from shared.process import serving
from shared.settings import Settings
from tests.api import company


class Live(NamedTuple):
    """Where it is, a key of role admin, and a sign-in link of a manager."""

    url: str
    key: str
    link: str


@contextmanager
def live(database_url: str, settings: Settings | None = None) -> Iterator[Live]:
    """Serves while the block runs."""
    found: list[Live | BaseException] = []
    there, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with Database.open(database_url, connections=6) as database:
            async with database.writing() as tx:
                key = await auth.create_key(tx, name="live", role=Role.ADMIN, env="test", now=company.NOW, by="tests")
                link = await auth.create_sign_in_link(
                    tx, email=company.ADA, role=Role.MANAGER, now=company.NOW, by="tests"
                )
            app = create_app(database, settings or Settings(), FrozenClock(company.NOW))
            async with serving(app, host="127.0.0.1", port=0) as port:
                found.append(Live(f"http://127.0.0.1:{port}", key.text, link))
                there.set()
                await asyncio.to_thread(over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found.append(error)
            there.set()

    thread = threading.Thread(target=run, name="live-api", daemon=True)
    thread.start()
    there.wait(60)
    try:
        assert isinstance(found[0], Live), found[0]
        yield found[0]
    finally:
        over.set()
        thread.join(20)
