"""One process: signals, named tasks that fall together, `/livez`, `/readyz`, `/metrics`, a tuned collector."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.errors import Refused
from shared.logs import log

Ready = Callable[[], Awaitable[Mapping[str, object]]]
"""Raises, with the reason, while the process cannot do its work; otherwise says what of it waits."""


def calm_the_collector() -> None:
    """Freezes what start-up made and collects rarely: a tenth of the throughput of the hot path."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 20)


async def supervise(parts: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    """Runs the parts until SIGINT or SIGTERM, or until one fails; then all are cancelled and waited for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tasks = {asyncio.create_task(part, name=name) for name, part in parts.items()}
    waiter = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait(tasks | {waiter}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        waiter.cancel()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    errors = [error for error in outcomes if isinstance(error, Exception)]
    if errors:
        log.critical("part_failed", error=repr(errors[0]))
        raise errors[0]


async def insist(act: Callable[[], Awaitable[Any]], what: str, every_s: float = 1.0) -> Any:
    """Does what must be done before all else, again and again until it succeeds: a database may come back while we
    start. What the caller asked for wrongly (Refused) is raised at once."""
    while True:
        try:
            return await act()
        except Refused:
            raise
        except Exception as error:
            log.warning("start_delayed", what=what, error=repr(error))
            await asyncio.sleep(every_s)


def ops_routes(ready: Ready) -> list[Route]:
    """`/livez` (the loop turns), `/readyz` (503 with the reason, or 200 with what waits), `/metrics` (Prometheus)."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        try:
            async with asyncio.timeout(5):
                waits = await ready()
        except Exception as error:
            return JSONResponse({"status": "not ready", "reason": repr(error)}, status_code=503)
        return JSONResponse({"status": "ready", **waits})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


@asynccontextmanager
async def serving(app: Any, *, host: str, port: int) -> AsyncIterator[int]:
    """Serves an ASGI app while the block runs; the port that was bound. Raises OSError when it is taken."""
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", lifespan="on", access_log=False)
    server = uvicorn.Server(config)
    sockets = [config.bind_socket()] if port == 0 else [_bind(host, port)]
    server.capture_signals = _no_signals  # type: ignore[method-assign]  # signals are supervise()'s
    task = asyncio.create_task(server.serve(sockets=sockets), name=f"http-{port}")
    try:
        while not server.started and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # uvicorn tells only by this flag
        yield sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=5)
        for one in sockets:
            one.close()


def _bind(host: str, port: int) -> Any:
    import socket  # noqa: PLC0415

    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _no_signals() -> Any:
    from contextlib import nullcontext  # noqa: PLC0415

    return nullcontext()


async def serve_ops(ready: Ready, *, host: str, port: int, name: str) -> None:
    """Serves the three routes until cancelled."""
    async with serving(Starlette(routes=ops_routes(ready)), host=host, port=port) as bound:
        log.info("ops_listening", service=name, port=bound)
        await asyncio.Event().wait()
