"""The service as a process part: the app behind uvicorn, and the relay that sends what the API put in the outbox."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from services.api.app import create_app
from shared.broker import Broker
from shared.clock import Clock
from shared.database import Database
from shared.logs import log
from shared.outbox import run_relay
from shared.process import serving
from shared.settings import Settings


async def run(
    broker: Broker,
    database: Database,
    settings: Settings,
    clock: Clock,
    *,
    name: str = "api",
    on_bound: Callable[[int], None] = lambda _: None,
) -> None:
    """Serves until cancelled. `on_bound` is told the port, which is another than `api_port` if that is taken."""
    app = create_app(database, settings, clock)
    async with asyncio.TaskGroup() as parts:
        parts.create_task(run_relay(broker=broker, database=database, owner="api", name=name), name="api-relay")
        parts.create_task(_serve(app, settings, on_bound), name="api-http")


async def _serve(app: Any, settings: Settings, on_bound: Callable[[int], None]) -> None:
    async with _bound(app, settings.api_host, settings.api_port) as port:
        log.info("api_listening", host=settings.api_host, port=port)
        on_bound(port)
        await asyncio.Event().wait()


@asynccontextmanager
async def _bound(app: Any, host: str, port: int) -> AsyncIterator[int]:
    """The port asked for, or a free one if it is taken."""
    try:
        opened = serving(app, host=host, port=port)
        bound = await opened.__aenter__()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        log.warning("api_port_taken", port=port, remedy="a free port is used; STEWARD_API_PORT chooses another")
        opened = serving(app, host=host, port=0)
        bound = await opened.__aenter__()
    try:
        yield bound
    finally:
        await opened.__aexit__(None, None, None)
