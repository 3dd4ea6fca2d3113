"""Any event that an explanation names can be opened, wherever it lies."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from services.ingest import archiving
from services.ingest.archiving import Order
from services.ingest.store.rebuild import COMPARED
from shared.archive import Archive
from shared.broker import Outgoing, Partition, Record
from shared.clock import to_us
from shared.database import Database
from shared.errors import Reason
from shared.native import event_id
from shared.parking import Parked, park
from tests.cast import NOW, acme_exists, told, used
from tests.cli.conftest import Steward
from tests.ingest.test_rebuild import accept, arrivals


async def something(database: Database) -> None:
    await accept(database, arrivals(acme_exists(), told("ticket.updated", id="t1", source="support", ticket_id="7",
                                                        status="open", opened_at=NOW.isoformat())))  # fmt: skip
    await accept(database, arrivals(used(id="u1"), used("mia", "stranger", id="w1")))


def shown(steward: Steward, *words: str) -> dict[str, Any]:
    said = steward("events", "show", *words, "--json")
    assert said.exit_code == 0, said.stderr
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_an_event_is_shown_by_the_id_that_explanations_write(steward: Steward) -> None:
    steward.meanwhile(something)
    id_ = event_id("support", "t1").hex()
    found = shown(steward, id_)
    assert (found["id"], found["place"], found["type"]) == (id_, "accepted", "ticket.updated")
    assert found["data"]["ticket_id"] == "7"
    assert found["occurred_at"] == NOW.isoformat()
    said = steward("events", "show", id_).stdout
    assert "ticket.updated" in said
    assert '"ticket_id": "7"' in said


def test_an_event_is_shown_by_what_its_source_calls_it(steward: Steward) -> None:
    steward.meanwhile(something)
    assert shown(steward, "t1", "--source", "support")["account_key"] == ["native", "acme"]


def test_a_use_is_found_with_its_account_and_without(steward: Steward) -> None:
    steward.meanwhile(something)
    alone = shown(steward, "u1", "--source", "product")
    assert alone == shown(steward, "u1", "--source", "product", "--account", "Acme")
    assert (alone["type"], alone["data"]) == ("usage.recorded", {"person_id": "mia"})


def test_an_event_that_waits_is_shown(steward: Steward) -> None:
    steward.meanwhile(something)
    found = shown(steward, "w1", "--source", "product")
    assert (found["place"], found["account_id"], found["account_key"]) == ("waiting", None, ["native", "stranger"])


def test_an_event_that_has_left_is_opened_in_the_archive(
    steward: Steward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(database: Database) -> None:
        await something(database)
        later = NOW + dt.timedelta(days=300)
        await archiving.run(database, Archive(str(tmp_path)), Order(later, after_days=2, keep_days=220))

    steward.meanwhile(leave)
    refused = steward("events", "show", "u1", "--source", "product")
    assert refused.exit_code == 2
    assert "STEWARD_ARCHIVE_URL" in refused.stderr
    monkeypatch.setenv("STEWARD_ARCHIVE_URL", str(tmp_path))
    found = shown(steward, "u1", "--source", "product")
    assert found["place"] == "archive"
    assert (tmp_path / found["path"]).is_file()
    assert found["data"] == {"person_id": "mia"}


def test_an_event_that_was_rejected_leads_to_its_record(steward: Steward) -> None:
    async def reject(database: Database) -> None:
        out: Outgoing = told("ticket.updated", id="bad", source="support")
        record = Record(Partition(out.topic, 0), 0, 0, out.key, out.value, out.headers)
        async with database.writing() as tx:
            await park(tx, [Parked(record, "support", Reason.INVALID_PAYLOAD, "no ticket_id", to_us(NOW))], NOW)

    steward.meanwhile(reject)
    said = steward("events", "show", "bad", "--source", "support")
    assert said.exit_code == 2
    assert "steward rejected show 1" in said.stderr


@pytest.mark.parametrize("words", [("ab" * 16,), ("no-id",)])
def test_what_is_not_there_is_refused_in_words(steward: Steward, words: tuple[str, ...]) -> None:
    said = steward("events", "show", *words)
    assert said.exit_code == 2
    assert words[0] in said.stderr


# --- its neighbours -----------------------------------------------------------------------------------


def test_the_archive_is_run_listed_and_verified(
    steward: Steward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward.meanwhile(something)
    assert steward("archive", "run").exit_code == 2
    monkeypatch.setenv("STEWARD_ARCHIVE_URL", str(tmp_path))
    assert "2 files with 3 events written, 1 days of activity have left" in steward("archive", "run").stdout
    assert "2026-03-04" in steward("archive", "list").stdout
    listed = [json.loads(line) for line in steward("archive", "list", "--json").stdout.splitlines()]
    assert {one["kind"]: (one["rows"], one["left_at"] is None) for one in listed} == {
        "activity": (1, False), "telling": (2, True),
    }  # fmt: skip
    assert steward("archive", "verify").exit_code == 0
    (tmp_path / listed[0]["path"]).write_bytes(b"rubbish")
    said = steward("archive", "verify", "--json")
    assert said.exit_code == 1
    assert json.loads(said.stdout)["path"] == listed[0]["path"]


def test_an_empty_archive_says_so(steward: Steward) -> None:
    assert "Nothing is archived yet" in steward("archive", "list").stdout


def test_a_rebuild_says_what_it_compared(steward: Steward) -> None:
    steward.meanwhile(something)
    said = steward("rebuild", "--json")
    assert said.exit_code == 0
    result = json.loads(said.stdout)
    assert (result["equal"], result["events"], result["accounts"], result["differing"]) == (
        True, 3, 1, dict.fromkeys(COMPARED, 0),
    )  # fmt: skip
    assert result["rows_per_second"] > 0


def test_a_rebuild_that_differs_names_the_account_and_fails(steward: Steward) -> None:
    async def meddle(database: Database) -> None:
        await something(database)
        async with database.writing() as tx:
            await tx.execute("UPDATE presence SET last_day = last_day + 1")

    steward.meanwhile(meddle)
    said = steward("rebuild")
    assert said.exit_code == 1
    assert "presence: 1 of 1 differ" in said.stdout
    assert "Acme" in said.stdout


def test_a_rebuild_may_leave_its_schema(steward: Steward) -> None:
    steward.meanwhile(something)
    assert steward("rebuild", "--keep").exit_code == 0

    async def look(database: Database) -> int:
        async with database.writing() as tx:
            found: int = await tx.value("SELECT count(*) FROM rebuild.facts")
            await tx.execute("DROP SCHEMA rebuild CASCADE")
            return found

    assert steward.meanwhile(look) == 1
