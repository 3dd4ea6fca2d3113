"""The one way out: what it refuses, where it connects, what it gives back. The other side is a real socket."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from shared.outbound import Address, Answer, ForbiddenAddress, NoAnswer, Outbound, check

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """A server on loopback; its port."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def answering(reply: bytes, heard: list[bytes]) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        await writer.drain()

    return serve


def resolving_to(address: str, asked: list[str] | None = None) -> Callable[[str, int], Awaitable[Sequence[Address]]]:
    async def resolve(name: str, _: int) -> Sequence[Address]:
        if asked is not None:
            asked.append(name)
        return [ipaddress.ip_address(address)]

    return resolve


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\r\nok"


async def test_it_connects_to_the_resolved_address_and_keeps_the_name() -> None:
    heard: list[bytes] = []
    asked: list[str] = []
    async with (
        listening(answering(OK, heard)) as port,
        Outbound.open(allow_private=["hooks.example"], resolve=resolving_to("127.0.0.1", asked)) as outbound,
    ):
        for _ in range(2):
            answer = await outbound.post(f"http://hooks.example:{port}/T0/secret", b"{}", {"X-One": "1"})
    assert answer == Answer(200, b"ok", None)
    assert asked == ["hooks.example"] * 2
    assert heard[1].startswith(b"POST /T0/secret HTTP/1.1\r\n")
    assert f"Host: hooks.example:{port}".encode() in heard[1]
    assert b"Cookie" not in heard[1]


async def test_the_tls_handshake_names_the_host_not_the_address() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4_096))

    async with (
        listening(serve) as port,
        Outbound.open(allow_private=["127.0.0.0/8"], resolve=resolving_to("127.0.0.1")) as outbound,
    ):
        answer = await outbound.post(f"https://hooks.example:{port}/", b"", {})
    assert b"hooks.example" in heard[0]
    assert isinstance(answer, NoAnswer)
    assert not answer.final


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_in_every_disguise(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check(ipaddress.ip_address(address), "somewhere.example", [])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_a_public_address_passes(address: str) -> None:
    check(ipaddress.ip_address(address), "somewhere.example", [])


@pytest.mark.parametrize("entry", ["10.1.2.3", "10.0.0.0/8", "alerts.internal", "ALERTS.internal."])
def test_an_allowed_name_address_or_network_passes(entry: str) -> None:
    check(ipaddress.ip_address("10.1.2.3"), "alerts.internal", ["not an address", entry])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "[::1]"])
async def test_loopback_is_refused_without_a_connection(host: str) -> None:
    heard: list[bytes] = []
    async with listening(answering(OK, heard)) as port, Outbound.open() as outbound:
        answer = await outbound.post(f"http://{host}:{port}/", b"", {})
    assert isinstance(answer, NoAnswer)
    assert answer.final
    assert heard == []


async def test_one_private_address_among_public_ones_is_refused() -> None:
    async def resolve(_: str, __: int) -> Sequence[Address]:
        return [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("127.0.0.1")]

    async with Outbound.open(resolve=resolve) as outbound:
        answer = await outbound.post("http://both.example/", b"", {})
    assert answer == NoAnswer(
        "both.example stands for 127.0.0.1, which is not a public address; STEWARD_OUTBOUND_ALLOW_PRIVATE can allow it",
        final=True,
    )


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    heard: list[bytes] = []
    reply = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(reply, heard)) as port, Outbound.open(allow_private=["127.0.0.1"]) as outbound:
        answer = await outbound.post(f"http://127.0.0.1:{port}/", b"", {})
    assert answer == Answer(302, b"", None)
    assert len(heard) == 1


async def test_retry_after_is_handed_on() -> None:
    reply = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(reply, [])) as port, Outbound.open(allow_private=["127.0.0.1"]) as outbound:
        assert await outbound.post(f"http://127.0.0.1:{port}/", b"", {}) == Answer(429, b"", "30")


async def test_an_endless_answer_is_cut() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"400\r\n" + b"x" * 0x400 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            return

    async with listening(serve) as port, Outbound.open(allow_private=["127.0.0.1"], most_bytes=2_000) as outbound:
        answer = await outbound.post(f"http://127.0.0.1:{port}/", b"", {})
    assert answer == Answer(200, b"x" * 2_000, None)


async def test_silence_ends_after_the_time_limit() -> None:
    gone = asyncio.Event()

    async def serve(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await gone.wait()

    async with listening(serve) as port, Outbound.open(allow_private=["127.0.0.1"], seconds=0.05) as outbound:
        answer = await outbound.post(f"http://127.0.0.1:{port}/", b"", {})
        gone.set()
    assert answer == NoAnswer("no answer within 0.05 s", final=False)


async def test_nobody_listening_can_be_tried_again() -> None:
    async with listening(answering(OK, [])) as port:
        pass
    async with Outbound.open(allow_private=["127.0.0.1"]) as outbound:
        answer = await outbound.post(f"http://127.0.0.1:{port}/secret", b"", {})
    assert answer == NoAnswer("no connection: ConnectError", final=False)


@pytest.mark.parametrize(
    "url", ["ftp://files.example/", "file:///etc/passwd", "hooks.example", "", "http://", "http://\x00/"]
)
async def test_what_is_not_a_web_address_is_final(url: str) -> None:
    async with Outbound.open() as outbound:
        answer = await outbound.post(url, b"", {})
    assert isinstance(answer, NoAnswer)
    assert answer.final
