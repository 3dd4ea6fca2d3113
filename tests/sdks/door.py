"""The API on a loopback port, behind a fault: what SDKs speak to, and what of it arrives."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from services.api import auth
from services.api.app import create_app
from services.api.roles import Role
from services.ingest.handle import Ingest
from shared.broker import Partition, Record
from shared.clock import SystemClock
from shared.database import Database
from shared.outbox import unpack_headers
from shared.process import serving
from shared.settings import Settings


class Door(NamedTuple):
    """Where it is, and a key that may send."""

    url: str
    key: str


class Arrived(NamedTuple):
    """What has come of what was sent."""

    records: int
    """Records in the outbox, repeats included."""
    ids: int
    """Different ids among them."""
    accepted: Counter[str]
    """Accepted events by type."""


class Faults:
    """Answers the first POST with 503 and keeps nothing of it; keeps the second and answers 503 all the same."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._posts = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or self._posts >= 2:
            await self._app(scope, receive, send)
            return
        self._posts += 1
        if self._posts == 2:
            await self._app(scope, receive, _unheard)
        await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def _unheard(_: Any) -> None:
    return


@contextmanager
def opened(database_url: str, settings: Settings) -> Iterator[Door]:
    """Serves in a thread with a loop of its own while the block runs."""
    found: list[Door | BaseException] = []
    there, over = threading.Event(), threading.Event()

    async def serve() -> None:
        clock = SystemClock()
        async with Database.open(database_url, connections=4) as database:
            async with database.writing() as tx:
                key = await auth.create_key(tx, name="sdk", role=Role.INGEST, env="test", now=clock.now(), by="tests")
            async with serving(Faults(create_app(database, settings, clock)), host="127.0.0.1", port=0) as port:
                found.append(Door(f"http://127.0.0.1:{port}", key.text))
                there.set()
                await asyncio.to_thread(over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found.append(error)
            there.set()

    thread = threading.Thread(target=run, name="sdk-door", daemon=True)
    thread.start()
    there.wait(60)
    try:
        assert isinstance(found[0], Door), found[0]
        yield found[0]
    finally:
        over.set()
        thread.join(20)


async def arrived(database: Database, settings: Settings, waiting: int = 0) -> Arrived:
    """Lets ingest take in what stands in the outbox. Nothing of it may be rejected, and only `waiting` events wait
    for their account."""
    async with database.reading() as tx:
        rows = await tx.fetch("SELECT topic, key, value, headers FROM outbox ORDER BY id")
    records = [
        Record(Partition(row["topic"], 0), n, 0, row["key"], row["value"], unpack_headers(row["headers"]))
        for n, row in enumerate(rows)
    ]
    async with database.writing() as tx:
        await Ingest(settings).on_records(tx, records, SystemClock().now())
    async with database.reading() as tx:
        assert [row["words"] for row in await tx.fetch("SELECT words FROM rejected")] == []
        assert await tx.value("SELECT count(*) FROM unmatched") == waiting
        types = [row["type"] for row in await tx.fetch("SELECT type FROM events")]
    return Arrived(len(records), len({record.header("ce_id") for record in records}), Counter(types))
