"""The service as a part of a process: where it listens, how it stops, what it sends on."""

import asyncio
import socket

import httpx
import pytest

from services.api import auth, serve
from services.api.roles import Role
from shared.broker import Outgoing
from shared.clock import FrozenClock
from shared.database import Database
from shared.settings import Settings
from tests.api import company
from tests.api.test_events_in import JSON, envelope


class Sink:
    """A broker that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.arrived = asyncio.Event()

    async def producer(self, _: str) -> "Sink":
        return self

    async def send(self, records: list[Outgoing]) -> None:
        self.sent += records
        self.arrived.set()

    async def stop(self) -> None: ...


class Service:
    """The service, running until the block ends."""

    def __init__(self, database: Database, clock: FrozenClock, port: int) -> None:
        self.broker = Sink()
        self._bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        settings = Settings(api_port=port)
        part = serve.run(self.broker, database, settings, clock, on_bound=self._bound.set_result)  # type: ignore[arg-type]
        self._task = asyncio.create_task(part)

    async def __aenter__(self) -> "Service":
        self.port = await asyncio.wait_for(self._bound, 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(self._task, 20)


async def test_an_event_goes_from_http_to_its_topic(database: Database, clock: FrozenClock) -> None:
    async with database.writing() as tx:
        key = await auth.create_key(tx, name="s", role=Role.INGEST, env="test", now=company.NOW, by="t")
    async with Service(database, clock, 0) as service, httpx.AsyncClient() as client:
        address = f"http://127.0.0.1:{service.port}"
        headers = JSON | {"authorization": f"Bearer {key.text}"}
        assert (await client.post(f"{address}/v1/events", json=envelope(), headers=headers)).status_code == 202
        await asyncio.wait_for(service.broker.arrived.wait(), 20)
        assert [record.topic for record in service.broker.sent] == ["crm.events"]
        ready = await client.get(f"{address}/readyz")
        assert ready.json() == {"status": "ready"}
        metrics = (await client.get(f"{address}/metrics")).text
        assert 'steward_http_events_total{door="events",outcome="accepted"}' in metrics
        assert 'route="/v1/events",status="202"' in metrics


async def test_a_port_that_is_taken_is_told_and_another_is_found(
    database: Database, clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with Service(database, clock, port) as service, httpx.AsyncClient() as client:
            assert service.port != port
            assert (await client.get(f"http://127.0.0.1:{service.port}/livez")).status_code == 200


async def test_a_database_that_is_away_makes_it_not_ready(database: Database, clock: FrozenClock) -> None:
    async with Service(database, clock, 0) as service, httpx.AsyncClient() as client:
        await database._pool.close()
        answer = await client.get(f"http://127.0.0.1:{service.port}/readyz")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
