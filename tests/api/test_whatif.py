"""Trying a draft by the API: what it answers, and who may ask."""

from typing import Any

import pytest

from services.health.model import load_models
from shared.clock import FrozenClock
from shared.database import Database
from tests.api.conftest import As, Client
from tests.health_io.grids import END, Grid, write

TOLD = Grid(accounts=30, days=80, leavers=20)
HM2 = load_models()["hm-2"].model_dump(mode="json", exclude_defaults=True)


@pytest.fixture
async def manager(database: Database, clock: FrozenClock, manager: Client) -> Client:
    """A manager, looking at a grid of eighty days."""
    await write(database, TOLD)
    clock.at = END
    return manager


def asked(**more: Any) -> dict[str, Any]:
    """A draft that would call everybody below 65 at risk."""
    bands = [dict(band, lower={"stable": 65}.get(band["name"], band["lower"])) for band in HM2["bands"]]
    return {"model": {**HM2, "version": 2, "bands": bands}, **more}


async def test_a_draft_over_the_days_says_which_playbooks_would_have_started(manager: Client) -> None:
    answer = await manager.post("/v1/models/try", json=asked(since="2020-01-01", most=5))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["model"], told["accounts"]) == ("hm-2@2", 30)
    assert sum(told["bands"]["before"].values()) == sum(told["bands"]["after"].values()) == 30
    days = told["history"]
    assert (days["closes"], days["last_day"]) == (2_400, "2026-06-30")
    assert days["crossings"] == sum(one["count"] for one in days["between"]) > 0
    (pb_3,) = (one for one in days["playbooks"] if one["playbook"] == "at-risk")
    assert pb_3["started"] == sum(load["runs"] for load in days["owners"]) > 0
    assert max(load["tasks"] for load in days["owners"]) > 0
    assert len(days["firings"]) == min(5, pb_3["started"])
    assert days["firings"][0]["words"].startswith("the score")
    assert any("as if nobody had answered" in note for note in told["notes"])


async def test_without_a_day_only_what_stands_is_tried(manager: Client) -> None:
    told = (await manager.post("/v1/models/try", json=asked(accounts=10))).json()
    assert (told["accounts"], told["history"]) == (10, None)
    assert told["notes"] == ["This is a sample: the first accounts by id."]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (asked(since="2026-07-01"), "no day is closed since 2026-07-01"),
        ({"model": {**HM2, "bands": []}}, "the draft: bands"),
        ({"model": HM2, "segments": ["galactic"]}, "there is no segment 'galactic'"),
    ],
)
async def test_what_cannot_be_tried_is_refused_in_words(manager: Client, body: dict[str, Any], words: str) -> None:
    answer = await manager.post("/v1/models/try", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_a_csm_may_not(speak: As, keys: dict[str, str]) -> None:
    answer = await speak(keys["csm"]).post("/v1/models/try", json=asked())
    assert answer.status_code == 403
