"""At a terminal: all that is known of a person, and to forget them."""

import json
from pathlib import Path

from shared.broker import Partition, Record
from shared.clock import to_us
from shared.database import Database
from shared.errors import Reason
from shared.parking import Parked, park
from tests.cast import NOW
from tests.cli.conftest import Steward
from tests.ingest.identity_world import World
from tests.ingest.test_privacy import MAIL, a_company_with_mia, named


async def a_story(database: Database) -> None:
    await a_company_with_mia(database)


async def text(database: Database) -> str:
    async with database.writing() as tx:
        await tx.execute("DELETE FROM outbox")
    return await World(database).everything()


def test_the_export_holds_all_that_names_a_person(steward: Steward, tmp_path: Path) -> None:
    steward.meanwhile(a_story)
    file = tmp_path / "mia.json"
    assert steward("privacy", "export", MAIL, "--output", str(file)).exit_code == 0
    told = json.loads(file.read_text(encoding="utf-8"))
    assert set(told["person"]["ids"]) >= {"mia.chen-77", "20978"}
    assert {event["type"] for event in told["events"]} == {"person.updated", "survey.response", "feedback.given"}
    assert sum(row["count"] for row in told["activity"]) == 2
    assert (len(told["waiting"]), len(told["rejected"]), len(told["people"])) == (2, 1, 2)


def test_without_yes_it_is_only_shown(steward: Steward) -> None:
    steward.meanwhile(a_story)
    said = steward("privacy", "erase", MAIL)
    assert said.exit_code == 2
    assert "nothing was erased" in said.stderr
    assert named(steward.meanwhile(text))


def test_with_yes_nothing_names_them_any_more(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert "Forgotten at 1 accounts" in steward("privacy", "erase", MAIL, "--yes").stdout
    assert named(steward.meanwhile(text)) == []
    assert steward("privacy", "export", MAIL).exit_code == 2


def test_an_id_may_be_meant_at_one_account_alone(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert steward("privacy", "erase", "mia.chen-77", "--account", "acme", "--yes").exit_code == 0
    assert named(steward.meanwhile(text)) == []


async def a_namesake_perhaps(database: Database) -> None:
    await a_story(database)
    record = Record(Partition("crm.events", 0), 8, 0, None, b'{"person_id": "mia.chen-77"}', [])
    async with database.writing() as tx:
        await park(tx, [Parked(record, "shop", Reason.MISSING_ACCOUNT, "why", to_us(NOW))], NOW)


def test_it_is_shown_what_goes_though_it_may_be_a_namesake_s(steward: Steward) -> None:
    steward.meanwhile(a_namesake_perhaps)
    said = steward("privacy", "erase", MAIL)
    assert "2 rejected records" in said.stdout
    assert "Of the rejected records 1 hold no more than an id of theirs, which may be a namesake's" in said.stdout
