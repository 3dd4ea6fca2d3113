"""The service as a process part: the app behind uvicorn, and the relay that sends what the API put in the outbox."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from services.api.app import create_app
from shared.broker import Broker
from shared.clock import Clock
from shared.database import Database
from shared.logs import log
from shared.outbox import run_relay
from shared.process import serving
from shared.settings import Settings

_NEXT_PORTS = 20


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
    """The port asked for; if it is taken, the next that is free, of those behind it or of all."""
    async with AsyncExitStack() as stack:
        for tried in (*range(port, min(port + _NEXT_PORTS, 65_536) if port else 1), 0):
            try:
                bound = await stack.enter_async_context(serving(app, host=host, port=tried))
            except OSError as error:
                if error.errno != errno.EADDRINUSE or tried == 0:
                    raise
                log.warning("api_port_taken", port=tried, remedy="the next one is tried; STEWARD_API_PORT chooses")
                continue
            yield bound
            return
