"""The server ends the connection in the midst of a request: whoever asked is told to come again, at every door."""

from typing import Any

import pytest
from fastapi import FastAPI

from shared.database import Database
from tests.api.conftest import As, Client
from tests.api.test_segment import TRACK
from tests.api.test_stripe import BODY, signed
from tests.losing import Losing

EVENT = {"specversion": "1.0", "id": "1", "source": "crm", "type": "note.added", "subject": "acme", "data": {}}


@pytest.fixture
def losing(app: FastAPI, database: Database) -> None:
    app.state.database = Losing(database)


@pytest.mark.usefixtures("losing")
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
    app.state.database = Losing(database)
    answer = await visitor.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "The connection to the database was lost" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
