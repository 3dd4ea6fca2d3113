"""The outermost layer of the app: bounds bodies, answers the unexpected, adds safety headers, takes the time."""

import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.metrics import HTTP_SECONDS

Answer = Callable[[Request, Exception], Response]

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class Edge:
    """Counts the bytes of every body, declared or chunked, and lets no exception out."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, answer: Answer) -> None:
        self._app = app
        self._most = max_body_bytes
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        out, started = _Out(send), time.perf_counter()
        try:
            self._refuse_declared(scope)
            await self._app(scope, self._counting(receive), out.send)
        except Exception as error:
            if out.started:
                raise
            await self._answer(Request(scope), error)(scope, receive, out.send)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            HTTP_SECONDS.labels(route, out.status).observe(time.perf_counter() - started)

    def _refuse_declared(self, scope: Scope) -> None:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > self._most:
            raise self._too_large()

    def _counting(self, receive: Receive) -> Receive:
        seen = 0

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise self._too_large()
            return message

        return count

    def _too_large(self) -> HTTPException:
        """Not our own `TooLarge`: the framework takes any other exception while it reads a body for a 400."""
        return HTTPException(413, f"The body is larger than {self._most} bytes; send it in several requests.")


class _Out:
    """Knows whether an answer has begun, and adds the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.status = "none"

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = str(message["status"])
            given = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in given)]
        await self._send(message)
