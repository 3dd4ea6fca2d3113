"""The whole service on the embedded log: a crossing goes in, an alert comes out at a real receiver."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.playbooks.definitions import Playbook
from services.playbooks.run import open_house, run
from shared.broker import Outgoing
from shared.clock import FrozenClock
from shared.contracts import Topic
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.errors import Invalid
from shared.settings import Settings
from tests.playbooks.stories import NOON, crossing, small
from tests.playbooks.test_deliver import receiving
from tests.playbooks.world import an_account, published, rows


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await true():  # noqa: ASYNC110  # what we wait for is in the database
            await asyncio.sleep(0.05)


async def test_a_crossing_becomes_a_run_tasks_an_alert_and_events(database: Database) -> None:
    await an_account(database)
    broker = EmbeddedLog(database)
    await broker.create_topics([str(topic) for topic in Topic], 2)
    told = published(crossing())
    async with receiving() as receiver:
        settings = Settings(
            slack_webhook_url=SecretStr(f"http://127.0.0.1:{receiver.port}/hook"), outbound_allow_private=["127.0.0.1"]
        )
        service = asyncio.create_task(run(broker, database, settings, FrozenClock(NOON)), name="playbooks")
        producer = await broker.producer("health")
        for _ in range(2):
            await producer.send([Outgoing(str(Topic.CROSSINGS), told.key, told.value, told.headers)])

        async def all_is_said() -> bool:
            sent = await rows(database, "SELECT FROM deliveries WHERE status = 'sent'")
            events = await rows(database, "SELECT FROM log_records WHERE topic = 'playbook.events'")
            return (len(sent), len(events)) == (1, 10)

        await until(all_is_said)
        service.cancel()
        await asyncio.wait([service])
        assert service.cancelled()
    assert len(receiver.heard) == 1
    assert [row["verdict"] for row in await rows(database, "SELECT verdict FROM decisions")] == ["started"]
    await producer.stop()
    await broker.stop()


def written(directory: Path, *playbooks: Playbook) -> Settings:
    (directory / "playbooks").mkdir()
    for playbook in playbooks:
        (directory / "playbooks" / f"{playbook.id}.yaml").write_text(json.dumps(playbook.model_dump(mode="json")))
    return Settings(config_dir=directory)


async def test_playbooks_that_do_not_pass_lint_do_not_start(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="at-risk, triggers: shares a trigger with 'small'"):
        await open_house(database, written(tmp_path, small()), FrozenClock(NOON))


async def test_what_is_in_force_is_recorded_once_per_content(database: Database, tmp_path: Path) -> None:
    settings = written(tmp_path, small(priority=1))
    for _ in range(2):
        house = await open_house(database, settings, FrozenClock(NOON))
        assert dict(house.versions) == {"at-risk": 1, "small": 1}
    (found,) = await rows(database, "SELECT count(*) FROM definitions")
    assert found["count"] == 2
