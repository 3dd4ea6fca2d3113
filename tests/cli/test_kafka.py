"""The commands that look at topics, on a real Kafka."""

import json

import pytest

from shared import positions
from shared.broker import Partition
from shared.database import Database
from tests.cli.conftest import Steward
from tests.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka


@pytest.fixture
def on_kafka(steward: Steward, own_kafka_server: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> Steward:
    """The command line on a Kafka without topics."""
    monkeypatch.setenv("STEWARD_KAFKA_BOOTSTRAP", own_kafka_server.bootstrap)
    monkeypatch.setenv("STEWARD_PARTITIONS", "3")
    return steward


def found(steward: Steward, check: str) -> tuple[str, str]:
    lines = steward("doctor", "--json").stdout.splitlines()
    (one,) = [one for one in map(json.loads, lines) if one["check"] == check]
    return one["level"], one["remedy"]


async def far_ahead(database: Database) -> None:
    """Ingest claims to have read what the log does not have: the topic was made anew."""
    async with database.writing() as tx:
        await positions.claim(tx, "ingest", Partition("crm.events", 1), 42, "lane-0")


def test_topics_are_made_looked_at_and_read_from_the_start_again(on_kafka: Steward) -> None:
    assert found(on_kafka, "topics") == ("failure", "`steward topics create`")
    assert "with 3 partitions each" in on_kafka("topics", "create").stdout
    assert "All topics are there" in on_kafka("topics", "create").stdout
    assert found(on_kafka, "topics") == ("ok", "")
    on_kafka.meanwhile(far_ahead)
    assert "42 outside" in on_kafka("offsets", "show").stdout
    assert found(on_kafka, "positions")[1].endswith("`steward offsets reset ingest crm.events 1 --to start`")
    assert "goes on at 0" in on_kafka("offsets", "reset", "ingest", "crm.events", "1", "--to", "start").stdout
    assert found(on_kafka, "positions") == ("ok", "")
