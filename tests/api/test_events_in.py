"""Native events by HTTP: in every mode that CloudEvents knows, item by item, kept before they are answered."""

import gzip
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.api.events_in import read_events
from services.api.problems import Unsupported
from services.ingest.sources import translate
from shared.broker import Partition, Record
from shared.contracts import NATIVE
from shared.database import Database
from shared.errors import Malformed, Rejection
from shared.outbox import unpack_headers
from tests.api import company
from tests.api.conftest import Client

STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}


def envelope(**changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": "e-1", "source": "crm", "type": "account.updated", "subject": "acme",
        "time": "2026-11-22T08:00:00Z", "data": {"name": "Acme"},
    } | changes  # fmt: skip


async def kept(database: Database) -> list[tuple[str, bytes | None, bytes, dict[str, str]]]:
    """The outbox: topic, key, value, headers."""
    async with database.reading() as tx:
        rows = await tx.fetch("SELECT owner, topic, key, value, headers FROM outbox ORDER BY id")
    assert {row["owner"] for row in rows} <= {"api"}
    headers = [{name: value.decode() for name, value in unpack_headers(row["headers"])} for row in rows]
    return [(row["topic"], row["key"], row["value"], told) for row, told in zip(rows, headers, strict=True)]


async def test_one_event_is_kept_as_a_binary_mode_record_with_its_own_bytes(database: Database, sender: Client) -> None:
    data = b'{"name" : "Acme \xf0\x9f\x9a\x80", "n": 9007199254740993}'
    body = b'{"specversion":"1.0","id":"e-1","source":"crm","type":"account.updated","subject":"acme",'
    body += b'"time":"2026-11-22T08:00:00Z","sequence":"7","data": ' + data + b" }"
    answer = await sender.post("/v1/events", content=body, headers=STRUCTURED)
    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1, "rejected": 0,
        "results": [{"index": 0, "id": "e-1", "status": "accepted", "reason": None, "detail": None}],
    }  # fmt: skip
    assert await kept(database) == [
        (
            "crm.events", b"acme", data,
            {
                "ce_specversion": "1.0", "ce_id": "e-1", "ce_source": "crm", "ce_type": "account.updated",
                "ce_subject": "acme", "ce_time": "2026-11-22T08:00:00Z", "ce_sequence": "7",
                "content-type": "application/json", "steward_received_at": company.NOW.isoformat(),
            },
        )
    ]  # fmt: skip


async def test_every_native_type_goes_to_its_topic(database: Database, sender: Client) -> None:
    events = [envelope(id=kind, type=kind) for kind in NATIVE]
    answer = await sender.post("/v1/events", json=events, headers=BATCH)
    assert answer.json()["accepted"] == len(NATIVE)
    assert {told["ce_type"]: topic for topic, _, _, told in await kept(database)} == {
        kind: str(topic) for kind, (topic, _) in NATIVE.items()
    }


async def test_an_item_that_is_no_event_is_answered_and_the_others_go_on(database: Database, sender: Client) -> None:
    events = [
        envelope(id="good"), envelope(id="odd", type="account.updatd"), [], envelope(id=None), envelope(source=""),
        envelope(specversion="0.3"), envelope(id=9007199254740993), envelope(data_base64="AA=="), envelope(id=1.5),
        envelope(id="x\x00"), envelope(type="stripe.event"), envelope(datacontenttype="text/xml"),
    ]  # fmt: skip
    answer = (await sender.post("/v1/events", json=events, headers=JSON)).json()
    assert [(one["index"], one["status"], one["reason"]) for one in answer["results"]] == [
        (0, "accepted", None), (1, "rejected", "unknown_type"), (2, "rejected", "not_a_cloudevent"),
        (3, "rejected", "not_a_cloudevent"), (4, "rejected", "not_a_cloudevent"), (5, "rejected", "not_a_cloudevent"),
        (6, "accepted", None), (7, "rejected", "not_a_cloudevent"), (8, "rejected", "not_a_cloudevent"),
        (9, "rejected", "not_a_cloudevent"), (10, "rejected", "unknown_type"), (11, "rejected", "not_a_cloudevent"),
    ]  # fmt: skip
    assert "did you mean 'account.updated'?" in answer["results"][1]["detail"]
    assert answer["results"][3]["detail"].startswith("id: ")
    assert [told["ce_id"] for *_, told in await kept(database)] == ["good", "9007199254740993"]


async def test_lines_are_judged_one_by_one(database: Database, sender: Client) -> None:
    deep = b'{"data":' + b"[" * 60_000
    good = [json.dumps(envelope(id=name)).encode() for name in "ab"]
    lines = [good[0], b"", b"{nope", b'{"data": NaN}', b"\xff", deep, good[1]]
    answer = (await sender.post("/v1/events", content=b"\n".join(lines), headers=LINES)).json()
    assert [(one["index"], one["reason"]) for one in answer["results"]] == [
        (0, None), (1, "not_json"), (2, "not_json"), (3, "not_json"), (4, "not_json"), (5, None),
    ]  # fmt: skip
    assert len(await kept(database)) == 2


async def test_binary_mode_reads_the_envelope_from_headers(database: Database, sender: Client) -> None:
    headers = {
        "ce-specversion": "1.0", "ce-id": "b-1", "ce-source": "crm", "ce-type": "account.updated",
        "ce-subject": "Sch%C3%B6n%20%F0%9F%9A%80", "ce-time": "2026-11-22T08:00:00Z",
    }  # fmt: skip
    answer = await sender.post("/v1/events", content=b'{"name": "Acme"}', headers=JSON | headers)
    assert answer.json()["results"][0]["status"] == "accepted"
    [(_, key, value, told)] = await kept(database)
    assert (key, value) == ("Schön 🚀".encode(), b'{"name": "Acme"}')
    assert (told["ce_id"], told["ce_subject"]) == ("b-1", "Schön 🚀")


async def test_what_the_payload_says_is_not_judged_here(database: Database, sender: Client) -> None:
    events = [envelope(data={"arr": -5}), envelope(id="2", time="1999-01-01T00:00:00Z"), envelope(id="3", data=None)]
    answer = (await sender.post("/v1/events", json=events, headers=JSON)).json()
    assert answer["accepted"] == 3
    assert [told["ce_id"] for *_, told in await kept(database)] == ["e-1", "2", "3"]


FAULTS = [
    ({"subject": None}, "missing_account"), ({"time": None}, "missing_time"), ({"time": ""}, "missing_time"),
    ({"time": "2026-11-22T08:00:00"}, "naive_time"), ({"time": "yesterday"}, "invalid_time"),
    ({"time": "1969-12-31T23:00:00Z"}, "invalid_time"), ({"time": "9999-12-31T23:59:59-14:00"}, "invalid_time"),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["single", "array", "lines"])
async def test_an_envelope_that_ingest_would_reject_is_rejected_in_the_answer(
    database: Database, sender: Client, mode: str
) -> None:
    for changes, because in FAULTS:
        one = envelope(**changes)
        body, headers = {
            "single": (json.dumps(one), STRUCTURED), "array": (json.dumps([one]), BATCH),
            "lines": (json.dumps(one), LINES),
        }[mode]  # fmt: skip
        answer = await sender.post("/v1/events", content=body, headers=headers)
        assert answer.status_code == 202
        (told,) = answer.json()["results"]
        assert (told["id"], told["status"], told["reason"]) == ("e-1", "rejected", because)
        assert told["detail"].startswith(("subject: ", "time: "))
    assert await kept(database) == []


def test_a_time_without_offset_is_right_where_the_clock_of_its_source_is_known() -> None:
    body = json.dumps(envelope(time="2026-11-22T08:00:00")).encode()
    assert read_events(STRUCTURED, body, "now", {"crm": ZoneInfo("Europe/Berlin")})[0].record is not None
    assert read_events(STRUCTURED, body, "now", {"shop": ZoneInfo("Europe/Berlin")})[0].reason == "naive_time"


@pytest.mark.parametrize("changes", [changes for changes, _ in FAULTS])
def test_the_answer_and_ingest_give_the_same_reason(changes: dict[str, Any]) -> None:
    sent = envelope(**changes)
    headers = [(name, value.encode()) for name, value in STRUCTURED.items()]
    record = Record(Partition("crm.events", 0), 0, 0, None, json.dumps(sent).encode(), headers)
    with pytest.raises(Rejection) as rejected:
        translate(record)
    assert read_events(STRUCTURED, record.value, "now")[0].reason == rejected.value.reason


async def test_compressed_bodies_are_read(database: Database, sender: Client) -> None:
    body = gzip.compress(json.dumps([envelope(id=str(n)) for n in range(500)]).encode())
    answer = await sender.post("/v1/events", content=body, headers=JSON | {"content-encoding": "gzip"})
    assert answer.json()["accepted"] == 500
    assert len(await kept(database)) == 500


async def test_nothing_is_kept_of_a_request_that_is_refused(database: Database, sender: Client) -> None:
    body = json.dumps([envelope()]).encode() + b" trailing"
    assert (await sender.post("/v1/events", content=body, headers=JSON)).status_code == 400
    assert await kept(database) == []


@pytest.mark.parametrize(
    "kind", ["text/xml", "application/xml", "multipart/form-data", "application/json; charset=utf-16"]
)
def test_other_content_is_not_read(kind: str) -> None:
    with pytest.raises(Unsupported):
        read_events({"content-type": kind}, b"[]", "now")


def test_an_empty_array_has_no_items() -> None:
    assert read_events(JSON, b" [ ] ", "now") == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xef\xbb\xbf{}", b'{"a": NaN}', b'{"a": Infinity}', b"nul", b"[1,]"])
def test_what_is_no_json_is_told_so(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_events(JSON, body, "now")
