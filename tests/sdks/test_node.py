"""SDKs for Node, as they are published: every event that they send arrives once, through answers of 503."""

import asyncio
from collections import Counter

import pytest

from shared.database import Database
from tests.sdks.conftest import SETTINGS
from tests.sdks.door import Door, arrived
from tests.sdks.node_runtime import Run
from tests.sdks.test_python import CALLS, names

pytestmark = pytest.mark.node


@pytest.mark.parametrize("script", ["segment.cjs", "rudder.cjs"])
async def test_segment_s_and_rudderstack_s(script: str, node: Run, door: Door, database: Database) -> None:
    assert await asyncio.to_thread(node, script, door.url, door.key) == []
    came = await arrived(database, SETTINGS)
    assert came.accepted == CALLS
    assert came.ids == 15
    assert came.records > came.ids, "the batch that was kept and answered 503 all the same was kept twice"
    assert await names(database) == ("Acme", "Mia Wong")


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_cloudevents(mode: str, node: Run, door: Door, database: Database) -> None:
    statuses = await asyncio.to_thread(node, "cloudevents.cjs", door.url, door.key, mode)
    assert Counter(statuses) == {503: 2, 202: 7}
    came = await arrived(database, SETTINGS)
    assert came.accepted == Counter({"account.updated": 1, "person.updated": 1, "usage.recorded": 5})
    assert (came.ids, came.records) == (7, 8)
