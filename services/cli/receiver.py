"""A Slack-shaped receiver on loopback: what arrives is kept and acknowledged with `ok`, as Slack does."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.process import serving

HOST = "127.0.0.1"
PATH = "/services/demo"
MOST_KEPT = 1_000


class Receiver:
    """What has arrived, newest last; the oldest is forgotten when a thousand are kept."""

    def __init__(self) -> None:
        self.messages: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)
        self.url = ""
        self._news: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_KEPT)

    async def arrives(self) -> dict[str, Any]:
        """The next message, waiting for it."""
        return await self._news.get()

    async def on_post(self, request: Request) -> Response:
        """Answers `ok`, or 400 as Slack does where the body is no JSON object."""
        try:
            message = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("invalid_payload", status_code=400)
        if not isinstance(message, dict):
            return PlainTextResponse("invalid_payload", status_code=400)
        self.messages.append(message)
        if not self._news.full():
            self._news.put_nowait(message)
        return PlainTextResponse("ok")


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver at a free port of loopback while the block runs; `url` says where."""
    receiver = Receiver()
    app = Starlette(routes=[Route(PATH, receiver.on_post, methods=["POST"])])
    async with serving(app, host=HOST, port=0) as port:
        receiver.url = f"http://{HOST}:{port}{PATH}"
        yield receiver
