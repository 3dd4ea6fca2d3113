"""Signals: listed, and shown with their account."""

import pytest

from shared.database import Database
from tests.api.conftest import Client


@pytest.fixture
async def database(settled: Database) -> Database:
    return settled


async def test_signals_are_listed_with_what_stands_behind_them(manager: Client) -> None:
    (signal,) = (await manager.get("/v1/signals?account=102")).json()["data"]
    assert (signal["kind"], signal["severity"], signal["measures"]) == ("usage_drop", "warning", {"usage_trend": -0.42})
    assert (await manager.get("/v1/accounts/102")).json()["signals"] == [signal]


async def test_signals_are_found_by_kind_and_time(manager: Client) -> None:
    whole = (await manager.get("/v1/signals?kind=usage_drop&since=2026-01-01")).json()["data"]
    assert whole
    assert (await manager.get("/v1/signals?kind=no_login")).json()["data"] == []
    assert (await manager.get("/v1/signals", params={"since": whole[0]["at"]})).json()["data"]


async def test_signal_pages_hold_every_signal_once(manager: Client) -> None:
    whole = [signal["id"] for signal in (await manager.get("/v1/signals?limit=200")).json()["data"]]
    first = (await manager.get("/v1/signals?limit=1")).json()
    rest = (await manager.get("/v1/signals", params={"limit": 200, "cursor": first["next"]})).json()
    assert [signal["id"] for signal in first["data"] + rest["data"]] == whole
