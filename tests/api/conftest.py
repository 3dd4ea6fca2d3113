"""The API over a small company, spoken to through its ASGI door."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from migrations.run import migrate
from services.api import auth
from services.api.app import create_app
from services.api.rate import Rate
from services.api.roles import Role
from shared.clock import FrozenClock
from shared.database import Database
from shared.settings import Settings
from tests.api import company

STRIPE_SECRET = "whsec_for_tests"
SETTINGS = Settings(stripe_webhook_secret=STRIPE_SECRET, max_body_bytes=200_000)  # type: ignore[arg-type]
Client = httpx.AsyncClient
As = Callable[..., Client]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(company.NOW)


@pytest.fixture(scope="session")
def made() -> FastAPI:
    """The app, made once: what it stands on is set for each test."""
    return create_app(None, SETTINGS, FrozenClock(company.NOW))  # type: ignore[arg-type]


@pytest.fixture
async def app(made: FastAPI, database: Database, clock: FrozenClock) -> FastAPI:
    made.state.database, made.state.clock = database, clock
    made.state.segment_rate = Rate(SETTINGS.segment_requests_per_s)
    return made


@pytest.fixture(scope="session")
def company_url(postgres_url: str) -> str:
    """A database in which the small company has settled, once for all tests."""

    async def settle() -> str:
        url = await _create(postgres_url, "api_company")
        await migrate(url)
        async with Database.open(url, connections=4) as database, database.writing() as tx:
            await company.settle(tx)
        return url

    return asyncio.run(settle())


async def _create(url: str, name: str, template: str = "template1") -> str:
    """Another database on the same server; its address."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"DROP DATABASE IF EXISTS {name}")
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await connection.close()
    return re.sub(r"(://[^/]*)/[^?]*", rf"\1/{name}", url)


@pytest.fixture
async def settled(company_url: str) -> AsyncIterator[Database]:
    """The small company, for tests that leave it as it is."""
    async with Database.open(company_url, connections=6) as database:
        yield database


@pytest.fixture
async def own_company(postgres_url: str, company_url: str) -> AsyncIterator[Database]:
    """The small company, for a test that changes it."""
    async with Database.open(await _create(postgres_url, "api_own", "api_company"), connections=6) as database:
        yield database


@pytest.fixture
async def keys(database: Database) -> dict[str, str]:
    """A key of every role, by its name; `csm` opens Ada's book, `other csm` nobody's."""
    wanted = [(str(role), role, company.ADA if role is Role.CSM else None) for role in Role]
    made = {}
    async with database.writing() as tx:
        for name, role, owner in [*wanted, ("other csm", Role.CSM, "nobody@example.com")]:
            key = await auth.create_key(tx, name=name, role=role, env="test", now=company.NOW, by="tests", owner=owner)
            made[name] = key.text
    return made


@pytest.fixture
async def speak(app: FastAPI) -> AsyncIterator[As]:
    """`speak(key)`: a client that shows this key, or none."""
    async with AsyncExitStack() as stack:

        def make(key: str | None = None, **headers: str) -> Client:
            shown = {"authorization": f"Bearer {key}"} if key else {}
            client = Client(transport=httpx.ASGITransport(app), base_url="http://steward", headers=shown | headers)
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
async def manager(speak: As, keys: dict[str, str]) -> Client:
    return speak(keys["manager"])


@pytest.fixture
async def csm(speak: As, keys: dict[str, str]) -> Client:
    """Ada, who sees her own book."""
    return speak(keys["csm"])


@pytest.fixture
async def sender(speak: As, keys: dict[str, str]) -> Client:
    """A system that may only send events."""
    return speak(keys["ingest"])


@pytest.fixture
async def visitor(speak: As, database: Database, clock: FrozenClock) -> Client:
    """A manager who has signed in to the console."""
    return await signed_in(speak, database, clock, Role.MANAGER, "grace@example.com")


async def signed_in(speak: As, database: Database, clock: FrozenClock, role: Role, email: str) -> Client:
    """A browser with a session."""
    async with database.writing() as tx:
        link = await auth.create_sign_in_link(tx, email=email, role=role, now=clock.now(), by="tests")
    browser = speak(None, accept="text/html")
    answer = await browser.get(link)
    assert answer.status_code == 303
    return browser
