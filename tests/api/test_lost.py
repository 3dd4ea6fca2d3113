"""The server ends the connection in the midst of a request: whoever asked is told to come again, at every door."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI

from shared.database import Database, Reading, Writing
from tests.api.conftest import As, Client
from tests.api.test_segment import TRACK
from tests.api.test_stripe import BODY, signed

EVENT = {"specversion": "1.0", "id": "1", "source": "crm", "type": "note.added", "subject": "acme", "data": {}}


class HangingUp:
    """A database whose server hangs up as soon as a transaction has begun."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        async with self._database.reading() as tx:
            await hang_up(tx)
            yield tx

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writing]:
        async with self._database.writing() as tx:
            await hang_up(tx)
            yield tx


async def hang_up(tx: Reading) -> None:
    with contextlib.suppress(asyncpg.PostgresError):
        await tx.value("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture
def hanging_up(app: FastAPI, database: Database) -> None:
    app.state.database = HangingUp(database)


@pytest.mark.usefixtures("hanging_up")
@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/v1/accounts", {}),
        ("GET", "/v1/accounts/102", {}),
        ("POST", "/v1/events", {"json": EVENT}),
        ("POST", "/v1/track", {"json": TRACK}),
        ("POST", "/v1/webhooks/stripe", {"content": BODY, "headers": {"stripe-signature": signed(BODY)}}),
    ],
)
async def test_it_is_a_503_that_says_when_to_come_again(
    keys: dict[str, str], speak: As, method: str, path: str, sent: dict[str, Any]
) -> None:
    answer = await speak(keys["ingest"]).request(method, path, **sent)
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "2"
    assert told["detail"].startswith("The connection to the database was lost")
    assert told["remedy"].startswith("Send it again in a moment")


async def test_a_person_is_shown_a_page_that_says_so(app: FastAPI, database: Database, visitor: Client) -> None:
    app.state.database = HangingUp(database)
    answer = await visitor.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "The connection to the database was lost" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
