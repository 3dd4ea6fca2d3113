"""The one way out by HTTP: resolves the name once, refuses private addresses, connects to what it resolved.

No redirect is followed, no proxy or cookie is used, and time and size are bounded. What comes back is a value:
an `Answer`, or `NoAnswer` with the reason; whether to try again is the caller's decision.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx

from shared.errors import StewardError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Answer(NamedTuple):
    """The other side answered; `body` holds at most the first `most_bytes` of it."""

    status: int
    body: bytes
    retry_after: str | None


class NoAnswer(NamedTuple):
    """Nothing was heard. `final`: trying again cannot help."""

    words: str
    final: bool


class ForbiddenAddress(StewardError):
    """The name stands for an address that outbound HTTP may not reach."""


class Outbound:
    """`async with Outbound.open(allow_private=settings.outbound_allow_private) as outbound: …`"""

    def __init__(self, client: httpx.AsyncClient, *, seconds: float, most_bytes: int) -> None:
        self._client = client
        self._seconds = seconds
        self._most_bytes = most_bytes

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        allow_private: Sequence[str] = (),
        seconds: float = 10.0,
        most_bytes: int = 65_536,
        resolve: Resolve | None = None,
    ) -> AsyncIterator["Outbound"]:
        """`allow_private`: names, addresses or networks that may be private. `seconds` bounds a whole exchange."""
        transport = _Pinned(allow_private, resolve or _resolve)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=seconds) as client:
            yield cls(client, seconds=seconds, most_bytes=most_bytes)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer | NoAnswer:
        """Posts once. Never raises for what the network or the other side does; never names the URL, whose path
        may be a secret."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(url, content, headers)
        except (TimeoutError, httpx.TimeoutException):
            return NoAnswer(f"no answer within {self._seconds:g} s", final=False)
        except ForbiddenAddress as error:
            return NoAnswer(str(error), final=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return NoAnswer("the address is not an http or https URL", final=True)
        except socket.gaierror as error:
            return NoAnswer(f"the name cannot be resolved: {error.strerror}", final=False)
        except (httpx.TransportError, OSError) as error:
            return NoAnswer(f"no connection: {type(error).__name__}", final=False)

    async def _exchange(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {"User-Agent": "steward", **headers, "Accept-Encoding": "identity"}
        async with self._client.stream("POST", url, content=content, headers=sent) as response:
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= self._most_bytes:
                    break
        self._client.cookies.clear()
        return Answer(response.status_code, body[: self._most_bytes], response.headers.get("retry-after"))


class _Pinned(httpx.AsyncBaseTransport):
    """Rewrites each request to the address that its name was resolved to; Host and SNI keep the name."""

    def __init__(self, allow_private: Sequence[str], resolve: Resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        # A kept connection belongs to one name's certificate, but would be found again by its address.
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        port = request.url.port or {"https": 443, "http": 80}.get(request.url.scheme)
        if port is None:
            raise httpx.UnsupportedProtocol("neither http nor https")
        addresses = await self._resolve(name, port)
        for address in addresses:
            check(address, name, self._allow_private)
        request.extensions = {**request.extensions, "sni_hostname": name}
        request.url = request.url.copy_with(host=str(addresses[0]))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def check(address: Address, name: str, allow_private: Sequence[str]) -> None:
    """Raises ForbiddenAddress unless the address is public, or it or the name is in `allow_private`."""
    if _is_public(address) or any(_allows(entry, address, name) for entry in allow_private):
        return
    raise ForbiddenAddress(
        f"{name} stands for {address}, which is not a public address; STEWARD_OUTBOUND_ALLOW_PRIVATE can allow it"
    )


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _allows(entry: str, address: Address, name: str) -> bool:
    if entry.lower().rstrip(".") == name.lower().rstrip("."):
        return True
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


async def _resolve(name: str, port: int) -> Sequence[Address]:
    found = await asyncio.get_running_loop().getaddrinfo(name.strip("[]"), port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
