"""Salesforce's door: a relay shows a token; a change or a list of them, each a record."""

import json
from typing import Any

import pytest

from services.api.webhooks_in import webhook_records
from services.ingest.sources import translate
from services.ingest.sources.source import Posted
from shared.broker import Outgoing, Partition, Record
from shared.errors import Malformed
from tests.api import company
from tests.ingest.test_salesforce import change

TOKEN = "a-long-token"
URL = "https://steward.example.com/v1/webhooks/salesforce"
ACCOUNT = change("Account", "UPDATE", ["001A"], Industry="Energy")


def records(body: Any, **headers: str) -> list[Outgoing]:
    value = body if isinstance(body, bytes) else json.dumps(body, indent=1).encode()
    shown = headers or {"authorization": f"Bearer {TOKEN}"}
    request = Posted("POST", URL, {name.replace("_", "-"): text for name, text in shown.items()}, value)
    return list(webhook_records("salesforce", request, TOKEN, company.NOW))


def test_a_change_is_kept_raw_keyed_by_its_account() -> None:
    (told,) = records(ACCOUNT)
    assert (told.topic, told.key, json.loads(told.value)) == ("crm.events", b"001A", ACCOUNT)
    headers = dict(told.headers)
    assert (headers["ce_source"], headers["ce_type"]) == (b"salesforce", b"salesforce.event")


def test_what_the_door_wraps_is_what_ingest_reads() -> None:
    (told,) = records({"payload": ACCOUNT})
    (event,) = translate(Record(Partition(told.topic, 0), 1, 0, told.key, told.value, list(told.headers)))
    assert (event.type, event.account) == ("account.updated", ("salesforce", "001A"))


def test_a_relay_may_send_several_at_once() -> None:
    contact = change("Contact", "UPDATE", ["003M"], AccountId="001B", Title="COO")
    several = change("Account", "UPDATE", ["001A", "001C"], Industry="Energy")
    told = records([ACCOUNT, contact, several])
    assert [record.key for record in told] == [b"001A", b"001B", None]
    assert len({dict(record.headers)["ce_id"] for record in told}) == 3


@pytest.mark.parametrize("headers", [{"x_steward_token": TOKEN}, {"authorization": f"bearer {TOKEN}"}])
def test_the_token_is_shown_in_either_header(headers: dict[str, str]) -> None:
    assert len(records(ACCOUNT, **headers)) == 1


@pytest.mark.parametrize(
    "headers",
    [{"x_other": "1"}, {"authorization": TOKEN}, {"authorization": "Bearer "}, {"authorization": "Basic eA=="},
     {"x_steward_token": TOKEN + "x"}, {"x_steward_token": "ü\udcff"}],
)  # fmt: skip
def test_without_the_token_nothing_is_taken(headers: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        records(ACCOUNT, **headers)


@pytest.mark.parametrize("body", [b"not json", b"5", b"null", b"\xff"])
def test_what_is_no_change_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        records(body)


def test_a_change_that_cannot_be_read_is_a_record_of_its_own() -> None:
    told = records([5, {}, {"ChangeEventHeader": 5}, ACCOUNT])
    assert [record.value for record in told][:2] == [b"5", b"{}"]
    assert len({dict(record.headers)["ce_id"] for record in told}) == 4
