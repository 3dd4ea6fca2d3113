"""Parked records are listed, shown, sent again with the time at which they first came, or given up."""

import datetime as dt
import json

import pytest

from services.ingest import parked
from services.ingest.importing import TOPIC as IMPORTED
from services.ingest.store import rejected
from shared import parking
from shared.broker import Partition, Record
from shared.database import Database
from shared.errors import Conflict, NotFound, Reason
from shared.outbox import unpack_headers
from shared.parking import Parked
from tests.cast import NOW
from tests.cli.conftest import Steward

HEADERS = [
    ("ce_type", b"account.updated"), ("steward_received_at", b"2020-01-01T00:00:00Z"), ("steward_body", b"[of others]"),
]  # fmt: skip
HOUR_US = 3_600_000_000


async def park(
    database: Database, *reasons: Reason, topic: str = "crm.events", source: str = "crm", value: bytes | None = None
) -> list[int]:
    """Parks a record for each reason, an hour after it came; their ids."""
    received = int(NOW.timestamp() * 1_000_000) - HOUR_US
    came = Partition(topic, 3)
    records = [
        Parked(Record(came, n, 0, b"acme", value or b'{"n": %d}' % n, HEADERS), source, reason, "why", received)
        for n, reason in enumerate(reasons)
    ]
    async with database.writing() as tx:
        await parking.park(tx, records, NOW)
        return [row["id"] for row in await tx.fetch("SELECT id FROM rejected ORDER BY id")]


async def hold(database: Database, source: str = "crm") -> None:
    async with database.writing() as tx:
        await tx.execute("INSERT INTO sources (source, held_since, rejects_in_a_row) VALUES ($1, $2, 300)", source, NOW)


async def sent(database: Database) -> list[tuple[str, bytes, bytes, dict[str, bytes]]]:
    async with database.reading() as tx:
        rows = await tx.fetch("SELECT topic, key, value, headers FROM outbox WHERE owner = 'ingest' ORDER BY id")
    return [(row["topic"], row["key"], row["value"], dict(unpack_headers(row["headers"]))) for row in rows]


async def statuses(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [row["status"] for row in await tx.fetch("SELECT status FROM rejected ORDER BY id")]


async def test_a_replayed_record_goes_back_with_the_time_at_which_it_first_came(database: Database) -> None:
    ids = await park(database, Reason.INVALID_PAYLOAD, Reason.NOT_JSON)
    async with database.writing() as tx:
        assert await parked.replay(tx, ids[:1]) == 1
    ((topic, key, value, headers),) = await sent(database)
    assert (topic, key, value) == ("crm.events", b"acme", b'{"n": 0}')
    assert headers["ce_type"] == b"account.updated"
    assert "steward_body" not in headers, "what it came with tells of others too"
    first = dt.datetime.fromisoformat(headers["steward_received_at"].decode())
    assert first == NOW - dt.timedelta(hours=1)
    assert await statuses(database) == ["replayed", "parked"]


async def test_what_is_held_goes_back_in_order_and_the_hold_ends(database: Database) -> None:
    await park(database, *[Reason.HELD] * 5)
    await hold(database)
    counts = []
    while not counts or counts[-1]:
        async with database.writing() as tx:
            counts.append(await parked.replay_held(tx, "crm", most=2))
    assert counts == [2, 2, 1, 0]
    assert [value for _, _, value, _ in await sent(database)] == [b'{"n": %d}' % n for n in range(5)]
    async with database.reading() as tx:
        assert await tx.value("SELECT held_since FROM sources") is None


async def test_a_held_record_alone_would_only_be_held_again(database: Database) -> None:
    (one,) = await park(database, Reason.HELD)
    async with database.writing() as tx:
        with pytest.raises(Conflict) as told:
            await parked.replay(tx, [one])
    assert "--source crm" in told.value.remedy


async def test_a_row_of_a_file_is_replayed_by_importing_again(database: Database) -> None:
    (one,) = await park(database, Reason.TOO_FAR_AHEAD, topic="import")
    async with database.writing() as tx:
        with pytest.raises(Conflict) as told:
            await parked.replay(tx, [one])
    assert "import the file again" in told.value.remedy


async def test_all_or_none(database: Database) -> None:
    ids = await park(database, Reason.NOT_JSON, Reason.NOT_JSON)
    for wrong in ([*ids, 99], [99]):
        with pytest.raises(NotFound):
            async with database.writing() as tx:
                await parked.discard(tx, wrong)
    assert await statuses(database) == ["parked", "parked"]


async def test_what_is_dealt_with_is_dealt_with(database: Database) -> None:
    ids = await park(database, Reason.NOT_JSON)
    async with database.writing() as tx:
        assert await parked.discard(tx, ids) == 1
        with pytest.raises(Conflict):
            await parked.replay(tx, ids)
    assert await sent(database) == []


async def test_a_source_that_never_was_in_trouble_is_not_found(database: Database) -> None:
    async with database.writing() as tx:
        with pytest.raises(NotFound):
            await parked.replay_held(tx, "nobody")


async def test_bytes_stay_readable(database: Database) -> None:
    (one,) = await park(database, Reason.NOT_JSON)
    async with database.writing() as tx:
        await parked.discard(tx, [one])
        row = await rejected.one(tx, one)
    assert row is not None
    assert row["value"] == b'{"n": 0}'


# --- on the command line ------------------------------------------------------------------------------


def test_the_list_counts_and_shows_why(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.NOT_JSON, Reason.INVALID_PAYLOAD, Reason.NOT_JSON))
    said = steward("rejected", "list", "--reason", "not_json", "--most", "1").stdout
    assert "2 parked  crm · crm.events · not_json" in said
    assert "invalid_payload" not in said
    assert "go on with --after 1" in said


def test_counts_alone_name_no_record(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.NOT_JSON, Reason.INVALID_PAYLOAD, Reason.NOT_JSON))
    said = steward("rejected", "list", "--counts").stdout
    assert [line.split() for line in said.splitlines()] == [
        ["2", "parked", "crm", "·", "crm.events", "·", "not_json"],
        ["1", "parked", "crm", "·", "crm.events", "·", "invalid_payload"],
    ]


def test_an_empty_list_says_so(steward: Steward) -> None:
    assert "No rejected records." in steward("rejected", "list").stdout


def test_a_source_without_rejects_is_not_told_of_others(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.NOT_JSON))
    assert steward("rejected", "list", "--source", "shop").stdout.strip() == "No rejected records."


def test_a_record_is_shown_with_whence_and_why(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.INVALID_PAYLOAD))
    said = steward("rejected", "show", "1").stdout
    assert "invalid_payload" in said
    assert "ce_type: account.updated" in said
    assert json.dumps({"n": 0}, indent=2) in said


def test_a_body_steers_no_terminal_and_is_to_be_had_as_it_came(steward: Steward) -> None:
    body = b"\x1b[2J\xff \xe2\x80\xaenot JSON\r\n"
    steward.meanwhile(lambda database: park(database, Reason.NOT_JSON, value=body))
    assert "\\u001b[2J\\xff \\u202enot JSON" in steward("rejected", "show", "1").stdout
    assert steward("rejected", "show", "1", "--raw").stdout_bytes == body


def test_replay_and_discard_say_how_many(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, *[Reason.NOT_JSON] * 3))
    assert "2 records go back" in steward("rejected", "replay", "1", "2").stdout
    assert "1 records discarded" in steward("rejected", "discard", "3").stdout
    assert steward.meanwhile(statuses) == ["replayed", "replayed", "discarded"]
    assert steward("rejected", "replay", "3").exit_code == 2


def test_replay_of_a_source_releases_it(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.HELD, Reason.HELD))
    steward.meanwhile(hold)
    assert "2 records go back" in steward("rejected", "replay", "--source", "crm").stdout


def test_replay_of_nothing_in_particular_is_refused(steward: Steward) -> None:
    assert steward("rejected", "replay").exit_code == 2


def test_what_one_mistake_has_parked_is_dealt_with_by_source_and_reason(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.NOT_JSON, Reason.NOT_JSON, Reason.UNKNOWN_TYPE))
    assert steward("rejected", "replay", "--reason", "unknown_type").stdout.startswith("1 records go back")
    assert steward("rejected", "discard", "--source", "crm", "--reason", "not_json").stdout == "2 records discarded.\n"
    assert steward.meanwhile(statuses) == ["discarded", "discarded", "replayed"]
    wrong = steward("rejected", "discard", "--reason", "nosuch")
    assert wrong.exit_code == 2
    assert "not_json" in wrong.stderr


def test_what_a_replay_would_park_again_is_said_with_what_to_do_instead(steward: Steward) -> None:
    ids = steward.meanwhile(lambda database: park(database, Reason.TOO_FAR_AHEAD, Reason.TOO_OLD, Reason.NOT_JSON))
    listed = steward("rejected", "list").stdout
    assert listed.count("a replay is judged by the first arrival") == 2
    ahead, old, other = (steward("rejected", "show", str(one)).stdout for one in ids)
    assert "raise STEWARD_SKEW_HOURS" in ahead
    assert "import it as history" in old
    assert "too_far_ahead: a replay" not in old + other
    assert "a replay" not in other


def test_a_row_of_a_file_that_lies_ahead_is_imported_again(steward: Steward) -> None:
    steward.meanwhile(lambda database: park(database, Reason.TOO_FAR_AHEAD, topic=IMPORTED))
    listed = steward("rejected", "list").stdout
    assert "import the file again with a later --now" in listed
    assert "a replay" not in listed


def test_what_was_dealt_with_is_not_spoken_of(steward: Steward) -> None:
    (own,) = steward.meanwhile(lambda database: park(database, Reason.TOO_OLD))
    assert steward("rejected", "discard", str(own)).exit_code == 0
    assert "a replay" not in steward("rejected", "list", "--all").stdout
