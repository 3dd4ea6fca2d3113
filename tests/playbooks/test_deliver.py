"""Deliveries: to a real loopback receiver, with everything that it may answer."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.playbooks.deliver import LEASE, deliver_next
from services.playbooks.house import House
from services.playbooks.retry import WAITS_S, Outcome, decide
from shared.clock import FrozenClock
from shared.database import Database, Row
from shared.outbound import Answer, NoAnswer, Outbound
from tests.playbooks.stories import NOON, crossing
from tests.playbooks.world import a_house, an_account, crosses, rows

DELIVERY = UUID(int=7)


class Receiver:
    """Answers what it is told to, in turn, and keeps what it heard."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[tuple[int, str]] = []
        self.heard: list[tuple[str, dict[str, object]]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")
        )
        self.heard.append((head.split()[1], json.loads(await reader.readexactly(length))))
        status, headers = self.answers.pop(0) if self.answers else (200, "")
        writer.write(f"HTTP/1.1 {status} X\r\n{headers}Content-Length: 2\r\n\r\nok".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(*answers: tuple[int, str]) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.answers = list(answers)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver


async def an_alert(database: Database, port: int, *, account: str = "Acme") -> House:
    url = SecretStr(f"http://127.0.0.1:{port}/services/T0/B0/secret")
    house = await a_house(database, slack_webhook_url=url, outbound_allow_private=["127.0.0.1"])
    await an_account(database, name=account)
    await crosses(database, house, crossing())
    return house


async def attempt(database: Database, house: House, clock: FrozenClock) -> bool:
    async with Outbound.open(allow_private=house.settings.outbound_allow_private, seconds=5) as outbound:
        return await deliver_next(database, outbound, house.settings, clock)


async def the_delivery(database: Database) -> Row:
    (found,) = await rows(database, "SELECT status, attempts, last_error, next_attempt_at, sent_at FROM deliveries")
    return found


async def test_an_alert_arrives_once(database: Database) -> None:
    async with receiving() as receiver:
        house, clock = await an_alert(database, receiver.port), FrozenClock(NOON)
        assert await attempt(database, house, clock)
        assert not await attempt(database, house, clock)
    ((path, body),) = receiver.heard
    assert path == "/services/T0/B0/secret"
    assert body["text"] == "Acme is at risk: the score 36 is below 40 (it was 52)"
    assert tuple(await the_delivery(database))[:3] == ("sent", 1, None)


async def test_a_delivery_is_tried_again_after_500_and_429_and_each_attempt_is_recorded(database: Database) -> None:
    async with receiving((500, ""), (429, "Retry-After: 60\r\n")) as receiver:
        house, clock = await an_alert(database, receiver.port), FrozenClock(NOON)
        await attempt(database, house, clock)
        first = await the_delivery(database)
        assert tuple(first)[:3] == ("pending", 1, "answered 500: ok")
        assert not await attempt(database, house, clock)
        clock.at = first["next_attempt_at"]
        await attempt(database, house, clock)
        second = await the_delivery(database)
        assert tuple(second)[:4] == ("pending", 2, "answered 429: ok", clock.at + dt.timedelta(seconds=60))
        clock.at = second["next_attempt_at"]
        await attempt(database, house, clock)
    assert tuple(await the_delivery(database))[:3] == ("sent", 3, None)
    assert len({json.dumps(body) for _, body in receiver.heard}) == 1


async def test_an_answer_that_is_final_ends_it(database: Database) -> None:
    async with receiving((404, "")) as receiver:
        house, clock = await an_alert(database, receiver.port), FrozenClock(NOON)
        await attempt(database, house, clock)
        clock.advance(dt.timedelta(days=2))
        assert not await attempt(database, house, clock)
    assert tuple(await the_delivery(database))[:3] == ("failed", 1, "answered 404: ok")


async def test_a_private_address_that_is_not_allowed_is_never_called(database: Database) -> None:
    async with receiving() as receiver:
        await an_alert(database, receiver.port)
        house = await a_house(database, slack_webhook_url=SecretStr(f"http://127.0.0.1:{receiver.port}/"))
        await attempt(database, house, FrozenClock(NOON))
    delivery = await the_delivery(database)
    assert delivery["status"] == "failed"
    assert "not a public address" in delivery["last_error"]
    assert receiver.heard == []


async def test_whoever_dies_while_sending_leaves_it_to_the_next_after_the_lease(database: Database) -> None:
    async with receiving((500, "")) as receiver:
        house, clock = await an_alert(database, receiver.port), FrozenClock(NOON)
        async with database.writing() as tx:
            await tx.execute("UPDATE deliveries SET attempts = 1, next_attempt_at = $1", NOON + LEASE)
        assert not await attempt(database, house, clock)
        clock.advance(LEASE)
        assert await attempt(database, house, clock)
    assert (await the_delivery(database))["attempts"] == 2


async def test_an_address_taken_away_meanwhile_leaves_the_alert_waiting(database: Database) -> None:
    await an_alert(database, 9)
    house = await a_house(database, slack_webhook_url=None)
    await attempt(database, house, FrozenClock(NOON))
    assert tuple(await the_delivery(database))[:3] == ("pending", 1, "no address is set for slack")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_sent(status: int) -> None:
    assert decide(Answer(status, b"", None), 1, DELIVERY, NOON) == Outcome("sent")


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410])
def test_refusals_and_redirects_are_final(status: int) -> None:
    assert decide(Answer(status, b"no_service", None), 1, DELIVERY, NOON) == Outcome(
        "failed", f"answered {status}: no_service"
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(503, b"", None), "answered 503"),
        (Answer(408, b"", None), "answered 408"),
        (NoAnswer("no answer within 10 s", final=False), "no answer within 10 s"),
    ],
)
def test_each_wait_is_longer_until_it_has_failed(answer: Answer | NoAnswer, error: str) -> None:
    waits = []
    for number in range(1, len(WAITS_S) + 1):
        outcome = decide(answer, number, uuid4(), NOON)
        assert outcome.again_at is not None
        assert (outcome.status, outcome.error) == ("pending", error)
        waits.append((outcome.again_at - NOON).total_seconds())
    assert all(0.8 * at <= wait <= 1.2 * at for at, wait in zip(WAITS_S, waits, strict=True))
    assert decide(answer, len(WAITS_S) + 1, DELIVERY, NOON) == Outcome("failed", error)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("60", 60.0),
        ("999999999999", 36_000.0),
        ("Wed, 04 Mar 2026 12:02:00 GMT", 120.0),
        ("soon", None),
        ("-5", None),
        ("Wed, 04 Mar 2020 12:02:00 GMT", None),
    ],
)
def test_retry_after_is_heeded_as_far_as_it_makes_sense(retry_after: str, seconds: float | None) -> None:
    outcome = decide(Answer(429, b"", retry_after), 1, DELIVERY, NOON)
    assert outcome.again_at is not None
    wait = (outcome.again_at - NOON).total_seconds()
    assert wait == seconds if seconds else 4 <= wait <= 6


def test_being_asked_to_slow_down_is_not_soon_a_failure() -> None:
    assert decide(Answer(429, b"", "1"), 50, DELIVERY, NOON).status == "pending"
    assert decide(Answer(429, b"", "1"), 101, DELIVERY, NOON).status == "failed"


def test_what_the_other_side_says_is_kept_short_and_clean() -> None:
    outcome = decide(Answer(400, b"\x00\xff <b>" + b"x" * 5_000, None), 1, DELIVERY, NOON)
    assert outcome.error is not None
    assert "\x00" not in outcome.error
    assert len(outcome.error) < 220
