"""Doctor looks at every component; whatever is not well has a remedy."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from services.cli import checks
from services.cli.checks import Finding
from services.cli.wiring import TOPICS, newest_migration
from shared.broker import Bounds, Partition
from shared.errors import Reason
from tests.cast import NOW
from tests.cli.conftest import Steward
from tests.cli.test_offsets import log_of_three
from tests.cli.test_rejected import hold, park

MINUTE = dt.timedelta(minutes=1)
LOG = {Partition("crm.events", 0): Bounds(5, 9)}


def at(position: int) -> dict[str, Any]:
    return {"group": "ingest", "topic": "crm.events", "partition": 0, "position": position}


PARKED = {"source": "hubspot", "topic": "crm.events", "reason": "naive_time", "status": "parked", "count": 12}
FILED = PARKED | {"topic": "import"}
HEARD = {"source": "hubspot", "last_received_at": NOW - 300 * MINUTE}
TROUBLE = {"topic": "crm.events", "partition": 0, "group": "ingest", "since": NOW, "error": "no", "remedy": "mend it"}
WAITING = {"owner": "health", "rows": 3, "oldest": NOW - 5 * MINUTE}


@pytest.mark.parametrize(
    ("finding", "level", "remedy"),
    [
        (checks.of_python((3, 11)), "ok", ""),
        (checks.of_python((3, 10)), "failure", "Python 3.11"),
        (checks.of_disk(80_000_000_000, "/data"), "ok", ""),
        (checks.of_disk(5, "/data"), "failure", "free some space"),
        (checks.of_schema("0005", "0005"), "ok", ""),
        (checks.of_schema("0004", "0005"), "failure", "steward migrate"),
        (checks.of_schema(None, "0005"), "failure", "steward migrate"),
        (checks.of_topics({"a": 8, "b": 8}, ["a", "b"], 8), "ok", ""),
        (checks.of_topics({"a": 8}, ["a", "b"], 8), "failure", "steward topics create"),
        (checks.of_topics({"a": 8, "b": 4}, ["a", "b"], 8), "failure", "--alter"),
        (checks.of_topics({"a": 4, "b": 4}, ["a", "b"], 8), "failure", "STEWARD_PARTITIONS"),
        (checks.of_positions([at(5), at(9)], LOG), "ok", ""),
        (checks.of_positions([at(4)], LOG), "failure", "steward offsets reset ingest crm.events 0 --to start"),
        (checks.of_positions([at(10)], LOG), "failure", "steward offsets"),
        (checks.of_parked([], []), "ok", ""),
        (checks.of_parked([PARKED], []), "warning", "steward rejected list"),
        (checks.of_parked([FILED], []), "warning", "import again"),
        (checks.of_parked([PARKED], [{"source": "hubspot"}]), "failure", "replay --source hubspot"),
        (checks.of_sources([], [], NOW), "ok", ""),
        (checks.of_sources([HEARD], [], NOW), "ok", ""),
        (checks.of_sources([HEARD], ["hubspot"], NOW), "warning", "does it still send"),
        (checks.of_outbox([], NOW), "ok", ""),
        (checks.of_outbox([WAITING | {"oldest": NOW}], NOW), "ok", ""),
        (checks.of_outbox([WAITING], NOW), "warning", "steward health"),
        (checks.of_services({}, {}, ["steward-up"], ["health"])[0], "ok", ""),
        (checks.of_services({}, {"health": 7}, ["steward-health"], ["health"])[0], "ok", ""),
        (checks.of_services({"health": 3}, {}, ["steward-health"], ["health"])[0], "warning", "restart"),
        (checks.of_services({}, {"health": 7}, [], ["health"])[0], "failure", "steward health"),
        (checks.of_services({}, {}, ["steward-ingest"], ["health"])[0], "warning", "steward health"),
        (checks.of_services({}, {}, [], ["health"], embedded=True)[0], "warning", "steward up"),
        (checks.of_outbox([WAITING], NOW, embedded=True), "warning", "steward up"),
        (checks.of_days(1), "ok", ""),
        (checks.of_days(7), "warning", "closes them one after another"),
        (checks.of_troubles([TROUBLE])[0], "failure", "mend it"),
    ],
)  # fmt: skip
def test_whatever_is_not_well_has_a_remedy(finding: Finding, level: str, remedy: str) -> None:
    assert finding.level == level
    assert remedy in finding.remedy
    assert bool(finding.remedy) == (level != "ok")


def test_the_lag_of_a_group_is_what_it_has_not_handled() -> None:
    assert checks.lag_by_group([at(6), at(9)], LOG) == {"ingest": 3}


def found(steward: Steward) -> dict[str, Any]:
    lines = steward("doctor", "--json").stdout.splitlines()
    return {one["check"]: one for one in map(json.loads, lines)}


def test_a_database_that_is_well_is_found_well(steward: Steward) -> None:
    told = found(steward)
    for name in ("database", "schema", "broker", "topics", "outbox", "rejected"):
        assert told[name]["level"] == "ok", name
    assert f"{len(TOPICS)} with 8 partitions each" in told["topics"]["words"]
    said = steward("doctor")
    assert said.exit_code == 0
    assert "Nothing has failed; 4 to look at." in said.stdout


def test_what_is_held_and_what_is_not_handled_fails(steward: Steward) -> None:
    steward.meanwhile(log_of_three)
    steward.meanwhile(lambda database: park(database, Reason.HELD))
    steward.meanwhile(hold)
    told = found(steward)
    assert told["rejected"]["level"] == "failure"
    assert told["service ingest"]["words"] == "not running, 1 records wait"
    said = steward("doctor")
    assert said.exit_code == 1
    assert "2 to mend" in said.stdout


def test_a_database_that_does_not_answer_is_told_without_its_password(
    steward: Steward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD_DATABASE_URL", "postgresql://ada:hunter2@127.0.0.1:9/steward")
    said = steward("doctor")
    assert said.exit_code == 1
    assert "STEWARD_DATABASE_URL" in said.stdout
    assert "hunter2" not in said.stdout


def test_a_broker_that_does_not_answer_is_told(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    told = found(steward)
    assert told["broker"]["level"] == "failure"
    assert "STEWARD_KAFKA_BOOTSTRAP" in told["broker"]["remedy"]
    assert told["outbox"]["level"] == "ok"


def test_doctor_makes_no_database(steward: Steward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STEWARD_DATABASE_URL")
    monkeypatch.setenv("STEWARD_DATA_DIR", str(tmp_path / "none"))
    said = steward("doctor")
    assert "steward up" in said.stdout
    assert not (tmp_path / "none").exists()


def test_the_newest_migration_is_the_last_file() -> None:
    versions = Path(__file__).parents[2] / "migrations" / "versions"
    assert newest_migration() == max(path.name[:4] for path in versions.glob("0*.py"))
