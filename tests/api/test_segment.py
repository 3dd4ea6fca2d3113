"""Segment's HTTP API: three ways to show a key, limits and answers as Segment's, every message kept first."""

import base64
import datetime as dt
import gzip
import json
from typing import Any

import pytest
from fastapi import FastAPI

from services.api.problems import TooLarge
from services.api.rate import Rate
from services.api.routes.segment import shown_key
from services.api.segment_in import (
    CALLS,
    MOST_BATCH_BYTES,
    MOST_CALL_BYTES,
    MOST_MESSAGES,
    read_batch,
    read_call,
)
from services.ingest.sources.segment import SOURCE
from services.ingest.sources.source import Options
from shared.broker import Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.database import Database
from shared.errors import Malformed
from tests.api import company
from tests.api.conftest import SETTINGS, As, Client
from tests.api.test_events_in import kept

NOW = company.NOW.isoformat()
TRACK = {"userId": "mia", "event": "Report Exported", "messageId": "m-1", "context": {"groupId": "acme"}}


def body(**message: Any) -> bytes:
    return json.dumps({**TRACK, **message}).encode()


def batch_of(*messages: Any, **outer: Any) -> bytes:
    return json.dumps({"batch": messages, **outer}).encode()


def basic(key: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}


def value_of(record: Outgoing) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(record.value)
    return value


def ids_of(records: list[Outgoing]) -> list[str]:
    return [dict(record.headers)["ce_id"].decode() for record in records]


# --- calls --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
async def test_each_call_is_kept_as_one_record(call: str, database: Database, sender: Client) -> None:
    answer = await sender.post(f"/v1/{call}", content=body())
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    [(topic, key, value, headers)] = await kept(database)
    assert (topic, key, json.loads(value)) == ("product.events", b"acme", {**TRACK, "type": call})
    assert headers == {
        "ce_specversion": "1.0", "ce_id": "m-1", "ce_source": "segment", "ce_type": "segment.message",
        "ce_subject": "acme", "ce_time": NOW, "content-type": "application/json", "steward_received_at": NOW,
    }  # fmt: skip


async def test_each_message_of_a_batch_is_a_record_with_what_the_batch_says_of_all(
    database: Database, sender: Client
) -> None:
    own = {"type": "page", "userId": "bo", "messageId": "m-2", "context": {"ip": "::1", "groupId": "beta"}}
    sent = batch_of(
        {"type": "track", **TRACK}, own, {"type": "identify", "userId": "cy", "messageId": "m-3"},
        context={"ip": "10.0.0.1", "app": "web"}, integrations={"All": True}, sentAt="2026-11-22T08:00:00Z",
    )  # fmt: skip
    assert (await sender.post("/v1/batch", content=sent)).status_code == 200
    records = await kept(database)
    assert [(key, headers["ce_id"], headers.get("ce_subject")) for _, key, _, headers in records] == [
        (b"acme", "m-1", "acme"), (b"beta", "m-2", "beta"), (b"cy", "m-3", None),
    ]  # fmt: skip
    contexts = [json.loads(value)["context"] for _, _, value, _ in records]
    assert contexts == [
        {"ip": "10.0.0.1", "app": "web", "groupId": "acme"}, {"ip": "::1", "app": "web", "groupId": "beta"},
        {"ip": "10.0.0.1", "app": "web"},
    ]  # fmt: skip
    assert {json.loads(value)["sentAt"] for _, _, value, _ in records} == {"2026-11-22T08:00:00Z"}


def test_the_batch_knows_best_when_it_was_sent() -> None:
    first, second = read_batch(batch_of({"sentAt": "then"}, {}, sentAt="now"), NOW)
    assert value_of(first)["sentAt"] == value_of(second)["sentAt"] == "now"
    assert value_of(read_batch(batch_of({"sentAt": "then"}), NOW)[0])["sentAt"] == "then"


def test_numbers_keep_their_digits_and_the_write_key_does_not_travel() -> None:
    sent = b'{"writeKey":"w","batch":[{"writeKey":"w","type":"track","userId":90071992547409931,"x":1.10}]}'
    [record] = read_batch(sent, NOW)
    assert record.value == b'{"type":"track","userId":90071992547409931,"x":1.10}'
    assert record.key == b"90071992547409931"


def test_what_is_no_message_is_a_record_too_and_will_be_seen_among_the_rejected() -> None:
    records = read_batch(b'{"batch":[5,null,{"type":"page","userId":"mia"},"x"]}', NOW)
    assert [record.value for record in records if record.key is None] == [b"5", b"null", b'"x"']
    assert len(set(ids_of(records))) == 4


@pytest.mark.parametrize("context", ["null", "5", '"x"', "[]"])
def test_a_context_that_is_none_harms_nobody(context: str) -> None:
    sent = '{"batch":[{"type":"page","userId":"mia","context":' + context + '}],"context":{"groupId":"acme"}}'
    [record] = read_batch(sent.encode(), NOW)
    assert record.key in (b"acme", b"mia")


# --- ids ----------------------------------------------------------------------------------------------


def test_a_timed_message_without_an_id_sent_again_is_the_same() -> None:
    message = {"type": "page", "userId": "mia", "timestamp": NOW}
    first = read_batch(batch_of(message, sentAt="2026-11-22T08:00:00Z"), NOW)
    again = read_batch(batch_of({}, message, sentAt="2026-11-22T09:00:00Z"), "2026-11-22T09:00:00Z")
    assert ids_of(first) == ids_of(again)[1:]


def test_two_untimed_messages_without_an_id_are_two() -> None:
    message = {"type": "page", "userId": "mia"}
    first = read_batch(batch_of(message, message), NOW) + read_call("page", json.dumps(message).encode(), "later")
    assert len(set(ids_of(first))) == 3


@pytest.mark.parametrize("own", ["", "x" * 201, "a\x00", 5.5, None, ["m"]])
def test_what_can_be_no_id_is_replaced(own: Any) -> None:
    [made] = ids_of(read_call("page", body(messageId=own), NOW))
    assert len(made) == 32


def test_a_message_id_that_is_too_long_is_still_the_same_when_it_comes_again() -> None:
    whole, long = "m" * 99, "m" * 100
    first, again = (read_call("page", body(messageId=long, sentAt=at), at) for at in (NOW, "2026-11-22T09:00:00Z"))
    assert ids_of(first) == ids_of(again)
    assert ids_of(first) != ids_of(read_call("page", body(messageId=long + "m"), NOW))
    assert ids_of(read_call("page", body(messageId=whole), NOW)) == [whole]


# --- keys ---------------------------------------------------------------------------------------------


async def test_the_write_key_is_shown_by_basic_body_or_bearer(
    database: Database, speak: As, keys: dict[str, str]
) -> None:
    key, stranger = keys["ingest"], speak(None)
    for n, (headers, more) in enumerate([
        (basic(key), {}), ({"authorization": f"Bearer {key}"}, {}), ({}, {"writeKey": key}),
        ({"authorization": "Bearer of-another-service"}, {"writeKey": key}), (basic("abc123"), {"writeKey": key}),
    ]):  # fmt: skip
        answer = await stranger.post("/v1/track", content=body(messageId=f"m-{n}", **more), headers=headers)
        assert answer.status_code == 200, (headers, answer.text)
    assert all(key.encode() not in value for _, _, value, _ in await kept(database))
    assert len(await kept(database)) == 5


@pytest.mark.parametrize("headers", [{}, basic("abc123"), {"authorization": "Basic %%%"}, {"authorization": "Basic"}])
async def test_a_wrong_key_is_told_so_and_nothing_is_kept(
    headers: dict[str, str], database: Database, speak: As
) -> None:
    for path in (*CALLS, "batch"):
        answer = await speak(None).post(f"/v1/{path}", content=body(writeKey="abc123"), headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "unauthenticated"
        assert answer.json()["message"] == answer.json()["detail"]
        assert "role ingest" in answer.json()["remedy"]
    assert await kept(database) == []


async def test_a_key_that_may_only_read_is_refused(speak: As, keys: dict[str, str]) -> None:
    answer = await speak(None).post("/v1/track", content=body(), headers=basic(keys["viewer"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_only_a_whole_key_counts_as_shown() -> None:
    assert shown_key(None) is None
    assert shown_key("Basic " + base64.b64encode(b"\xff\xfe:").decode()) is None
    assert shown_key("Digest x") is None


# --- limits -------------------------------------------------------------------------------------------


async def test_as_much_as_segment_takes_is_taken(sender: Client) -> None:
    fill = "x" * (MOST_CALL_BYTES - len(body(fill="")))
    assert (await sender.post("/v1/track", content=body(fill=fill))).status_code == 200
    answer = await sender.post("/v1/track", content=body(fill=fill + "x"))
    assert (answer.status_code, answer.json()["code"]) == (400, "too-large")


def test_a_batch_is_bounded_in_bytes_and_in_messages() -> None:
    assert len(read_batch(batch_of(*[{}] * MOST_MESSAGES), NOW)) == MOST_MESSAGES
    with pytest.raises(TooLarge, match="2501"):
        read_batch(batch_of(*[{}] * (MOST_MESSAGES + 1)), NOW)
    with pytest.raises(TooLarge):
        read_batch(batch_of({"fill": "x" * MOST_BATCH_BYTES}), NOW)


def test_a_message_in_a_batch_is_bounded_as_it_is_alone() -> None:
    fill = "x" * (MOST_CALL_BYTES - len(body(fill="")))
    whole = {**TRACK, "fill": fill}
    assert len(read_batch(batch_of(whole, whole), NOW)) == 2
    with pytest.raises(TooLarge, match=r"batch\[1\]"):
        read_batch(batch_of(whole, {**TRACK, "fill": fill + "x"}), NOW)


async def test_a_message_that_is_too_large_refuses_its_batch(database: Database, sender: Client) -> None:
    sent = batch_of({"type": "track", **TRACK}, {**TRACK, "fill": "x" * MOST_CALL_BYTES})
    answer = await sender.post("/v1/batch", content=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "too-large")
    assert "batch[1]" in answer.json()["message"]
    assert await kept(database) == []


async def test_a_body_beyond_all_bounds_is_a_400_that_sdks_can_read(sender: Client) -> None:
    async def chunks() -> Any:
        for _ in range(30):
            yield b"x" * 10_000

    for content in (b"x" * (SETTINGS.max_body_bytes + 1), chunks()):
        answer = await sender.post("/v1/batch", content=content)
        assert (answer.status_code, answer.json()["code"]) == (400, "too-large")
        assert answer.json()["message"] == answer.json()["detail"]
    other = await sender.post("/v1/events", content=b"x" * (SETTINGS.max_body_bytes + 1))
    assert (other.status_code, "code" in other.json()) == (413, False)


async def test_a_key_that_asks_too_often_is_told_when_to_come_again(
    app: FastAPI, clock: FrozenClock, database: Database, speak: As, keys: dict[str, str]
) -> None:
    app.state.segment_rate = Rate(2)
    sender, other = speak(keys["ingest"]), speak(keys["admin"])
    answers = [await sender.post("/v1/track", content=body(messageId=f"m-{n}")) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[2]
    assert (refused.headers["retry-after"], refused.headers["x-ratelimit-reset"]) == ("1", "1")
    assert (refused.json()["code"], refused.json()["message"]) == ("too-many-requests", refused.json()["detail"])
    assert (await other.post("/v1/track", content=body(messageId="m-8"))).status_code == 200
    clock.advance(dt.timedelta(seconds=1))
    assert (await sender.post("/v1/track", content=body(messageId="m-2"))).status_code == 200
    assert len(await kept(database)) == 4


def test_without_a_limit_all_pass() -> None:
    unbounded = Rate(0)
    assert all(unbounded.admits("segment", company.NOW) for _ in range(2_000))


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"{", b"[]", b"5", b"null", b'{"batch": 5}', b'{"batch": null}', b"{}", b'{"batch": [}', b"\xff",
        b'{"a":NaN}', b'{"batch":' * 3_000, b"[" * 100_000,
    ],
)  # fmt: skip
async def test_what_is_no_json_batch_is_a_400(sent: bytes, database: Database, sender: Client) -> None:
    answer = await sender.post("/v1/batch", content=sent)
    assert answer.status_code == 400, answer.text
    assert await kept(database) == []
    with pytest.raises(Malformed):
        read_batch(sent, NOW)


async def test_gzipped_json_is_read_even_if_it_is_called_a_form(database: Database, sender: Client) -> None:
    form = {"content-encoding": "gzip", "content-type": "application/x-www-form-urlencoded"}
    sent = gzip.compress(batch_of({"type": "track", **TRACK}))
    assert (await sender.post("/v1/batch", content=sent, headers=form)).status_code == 200
    assert len(await kept(database)) == 1


async def test_a_key_inside_a_gzipped_body_is_found(speak: As, keys: dict[str, str]) -> None:
    sent = gzip.compress(batch_of({"type": "track", **TRACK}, writeKey=keys["ingest"]))
    assert (await speak(None).post("/v1/batch", content=sent, headers={"content-encoding": "gzip"})).status_code == 200


async def test_a_chunked_body_is_read(database: Database, sender: Client) -> None:
    async def chunks() -> Any:
        sent = batch_of({"type": "track", **TRACK})
        for at in range(0, len(sent), 20):
            yield sent[at : at + 20]

    assert (await sender.post("/v1/batch", content=chunks())).status_code == 200
    assert len(await kept(database)) == 1


@pytest.mark.parametrize(
    "sent", [gzip.compress(b"0" * 50_000_000), b"no gzip", gzip.compress(b"{}")[:-4]], ids=["bomb", "plain", "cut"]
)
async def test_a_bomb_and_a_broken_stream_are_a_400(sent: bytes, sender: Client) -> None:
    answer = await sender.post("/v1/batch", content=sent, headers={"content-encoding": "gzip"})
    assert answer.status_code == 400
    assert {"code", "message"} <= set(answer.json())


async def test_another_encoding_is_a_400_too(sender: Client) -> None:
    assert (await sender.post("/v1/batch", content=b"x", headers={"content-encoding": "br"})).status_code == 400


def test_what_the_door_wraps_the_source_understands() -> None:
    [record] = read_batch(batch_of({"type": "track", **TRACK, "timestamp": NOW}, sentAt=NOW), NOW)
    arrived = Record(Partition(record.topic, 0), 0, 0, record.key, record.value, record.headers)
    [event] = SOURCE.translate(arrived, Options())
    assert (event.type, event.account) == ("usage.recorded", ("native", "acme"))
