"""Bad input has a clear answer and is never a 500."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.api.cursors import ByScore, write_cursor
from shared.database import Database
from tests.api import company
from tests.api.conftest import As, Client

TOO_MUCH = 200_000  # the limit in these tests


@pytest.fixture
async def database(settled: Database) -> Database:
    return settled


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/accounts?limit=0", 422, "limit"),
        ("/v1/accounts?limit=201", 422, "limit"),
        ("/v1/accounts?limit=NaN", 422, "limit"),
        ("/v1/accounts?limit=99999999999999999999999", 422, "limit"),
        ("/v1/accounts?limit=" + "9" * 6000, 422, "limit"),
        ("/v1/accounts?cursor=", 422, "cursor"),
        ("/v1/accounts?cursor=!!!", 422, "cursor"),
        ("/v1/accounts?cursor=bm90IGpzb24", 422, "cursor"),
        (f"/v1/accounts?cursor={write_cursor(ByScore(2**63, 1))}", 422, "cursor"),
        (f"/v1/accounts?cursor={write_cursor(ByScore(1, -(2**70)))}", 422, "cursor"),
        ("/v1/tasks?cursor=WzEsMl0", 422, "cursor"),
        ("/v1/accounts?q=%00", 422, "q"),
        ("/v1/accounts?band=a%00b", 422, "band"),
        ("/v1/accounts?owner=" + "x" * 201, 422, "owner"),
        ("/v1/accounts?q=%FF%FE", 200, ""),
        ("/v1/accounts?q=%F0%9F%9A%80%E2%80%AE", 200, ""),
        ("/v1/accounts/0", 422, "account_id"),
        ("/v1/accounts/-1", 422, "account_id"),
        ("/v1/accounts/acme", 422, "account_id"),
        ("/v1/accounts/1.5", 422, "account_id"),
        (f"/v1/accounts/{2**53 + 1}", 422, "account_id"),
        (f"/v1/accounts/{2**64}", 422, "account_id"),
        (f"/v1/accounts/{2**53 - 1}", 404, ""),
        ("/v1/accounts/101/history?since=yesterday", 422, "since"),
        ("/v1/accounts/101/history?since=2026-02-30", 422, "since"),
        ("/v1/accounts/101/history?since=2026-11-22T08:00:00", 422, "since"),
        ("/v1/accounts/101/history?since=2026-11-22T08:00:00+01:00", 200, ""),
        ("/v1/accounts/101/history?since=1763800000", 422, "since"),
        ("/v1/accounts/101/history?until=9999-12-31T23:59:59-12:00", 422, "until"),
        ("/v1/accounts/101/history?as_of=0001-01-01T00:00:00%2B14:00", 422, "as_of"),
        ("/v1/accounts/101/history?known_at=inf", 422, "known_at"),
        ("/v1/tasks?account=NaN", 422, "account"),
        ("/v1/tasks?status=finished", 422, "status"),
        ("/v1/tasks?due_by=5", 422, "due_by"),
        ("/v1/tasks?due_by=2026-13-01", 422, "due_by"),
        ("/v1/runs?state=on", 422, "state"),
        (f"/v1/events?account={2**63}", 422, "account"),
        ("/v1/events/zz", 422, "event_id"),
        ("/v1/events/" + "0" * 32, 404, ""),
        ("/v1/events/" + "0" * 32 + f"?account={2**53}", 422, "account"),
        ("/v1/rejected?reason=because", 422, "reason"),
        (f"/v1/rejected/{2**63}", 422, "rejected_id"),
        ("/v1/rejected/999999", 404, ""),
        ("/v1/nowhere", 404, ""),
        ("/v1/accounts/", 404, ""),
    ],
)
async def test_a_question_that_cannot_be_answered_names_the_field(
    path: str, status: int, field: str, manager: Client
) -> None:
    answer = await manager.get(path)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert field in answer.json()["detail"]


async def test_a_text_that_is_too_long_or_too_short_has_letters_and_not_items(manager: Client) -> None:
    told = (await manager.get("/v1/accounts?owner=" + "x" * 201)).json()["detail"]
    assert told == "owner: should have at most 200 letters, and has 201"
    told = (await manager.get("/v1/accounts?owner=")).json()["detail"]
    assert told == "owner: has too few letters: 0, and at least 1 must be"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 422),
        (b"{}", {"content-type": "application/json"}, 422),
        (b'{"outcome": ""}', {"content-type": "application/json"}, 422),
        (b'{"outcome": "  "}', {"content-type": "application/json"}, 404),
        (b'{"outcome": 5}', {"content-type": "application/json"}, 422),
        (b'{"outcome": NaN}', {"content-type": "application/json"}, 422),
        (b'{"outcome": "x", "by": "me"}', {"content-type": "application/json"}, 422),
        (b'{"outcome": "x\\u0000"}', {"content-type": "application/json"}, 422),
        (b'{"outcome": "\\ud800"}', {"content-type": "application/json"}, 422),
        (b'{"outcome": "\xff"}', {"content-type": "application/json"}, 400),
        (b'{"outcome"', {"content-type": "application/json"}, 400),
        (b'{"outcome": "' + b"x" * 2001 + b'"}', {"content-type": "application/json"}, 422),
        (b"[" * 50_000, {"content-type": "application/json"}, 400),
        (b"outcome=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b'{"outcome": "x"}', {"content-type": "text/plain"}, 415),
        (b'{"outcome": "' + b"x" * TOO_MUCH + b'"}', {"content-type": "application/json"}, 413),
    ],
)
async def test_a_body_that_cannot_be_read_says_why(
    body: bytes, headers: dict[str, str], status: int, manager: Client
) -> None:
    path = "/v1/tasks/00000000-0000-4000-8000-000000000000/complete"
    answer = await manager.post(path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 10_000


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"x" * 5_000_000, {"content-type": "application/json"}, 413),
        (
            gzip.compress(b" " * 50_000_000, mtime=0),
            {"content-type": "application/json", "content-encoding": "gzip"},
            413,
        ),
        (b"not gzip", {"content-type": "application/json", "content-encoding": "gzip"}, 400),
        (gzip.compress(b"[]", mtime=0)[:-4], {"content-type": "application/json", "content-encoding": "gzip"}, 400),
        (gzip.compress(b"[]", mtime=0) * 2, {"content-type": "application/json", "content-encoding": "gzip"}, 400),
        (b"[]", {"content-type": "application/json", "content-encoding": "br"}, 415),
        (b"<a/>", {"content-type": "text/xml"}, 415),
        (b"{}", {}, 415),
        (b"[" * 90_000, {"content-type": "application/json"}, 400),
        (b'{"a": 1e999}', {"content-type": "application/json"}, 400),
    ],
)
async def test_a_delivery_that_cannot_be_read_says_why(
    content: bytes, headers: dict[str, str], status: int, sender: Client
) -> None:
    answer = await sender.post("/v1/events", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_chunked_body_is_counted_too(sender: Client) -> None:
    answer = await sender.post("/v1/events", content=chunks(25), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    answer = await sender.post("/v1/events", content=chunks(15), headers={"content-type": "application/json"})
    assert answer.status_code == 400  # blanks are not JSON


async def test_a_method_that_is_not_offered_names_those_that_are(manager: Client) -> None:
    answer = await manager.delete("/v1/accounts")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["type"] == "urn:steward:problem:method-not-allowed"


@pytest.mark.parametrize(
    "shown", ["", "Basic YTpi", "Bearer", "Bearer x", "Bearer stw_", "Bearer \xff\xfe", "bearer  "]
)
async def test_a_header_that_is_no_key_is_a_401(shown: str, speak: As) -> None:
    client = speak(None)
    answer = await client.get("/v1/accounts", headers=[(b"authorization", shown.encode("latin-1"))])
    assert answer.status_code == 401


class Broken:
    """A database that fails in a way nobody expected."""

    def reading(self) -> Any:
        raise RuntimeError("secret of the house")

    writing = reading


async def test_what_nobody_expected_is_a_500_with_an_id_and_no_secrets(
    app: Any, speak: As, keys: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    app.state.database = Broken()
    answer = await speak(keys["admin"]).get("/v1/accounts")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["id"] in answer.json()["remedy"]


async def test_names_in_any_script_come_back_as_they_are(manager: Client) -> None:
    names = {one["name"] for one in (await manager.get("/v1/accounts")).json()["data"]}
    assert names == {story.name for story in company.STORIES}
