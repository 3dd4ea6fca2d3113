"""The neutral answer of any survey tool, and the door of tools that sign nothing."""

import contextlib
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings

from services.ingest.sources.source import Options, Posted
from services.ingest.sources.surveys import SOURCE
from shared.broker import Record
from shared.clock import UTC
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event
from shared.native import event_id
from tests.ingest.raw import fields, raw, refused, told
from tests.ingest.spoiling import spoilt


def answer(**more: Any) -> dict[str, Any]:
    return {
        "survey_type": "CSAT", "score": 4, "comment": "Fine.", "responded_at": "2026-11-20T09:00:00Z",
        "source_id": "r-1", "account_id": "acme", "respondent": {"email": "Mia@acme.example", "external_id": "mia"},
    } | more  # fmt: skip


SAMPLES: list[Record] = [
    raw(SOURCE, answer()),
    raw(SOURCE, answer(account_id=None, scale_min=0, scale_max=100, score=80)),
]


def one(sent: dict[str, Any], options: Options | None = None) -> Event:
    (event,) = told(SOURCE, sent, options)
    return event


def test_an_answer_keeps_its_own_id_and_has_the_scale_of_its_kind() -> None:
    event = one(answer())
    assert (event.id, event.account) == (event_id("survey", "r-1"), ("native", "acme"))
    assert fields(event) == {
        "survey_id": "r-1", "survey_type": "csat", "score": 4.0, "scale_min": 1.0, "scale_max": 5.0, "comment": "Fine.",
        "respondent": {"email": "mia@acme.example", "external_id": "mia"},
    }  # fmt: skip


def test_an_answer_makes_its_account_only_where_that_is_wanted() -> None:
    assert [event.type for event in told(SOURCE, answer())] == ["survey.response"]
    said, company = told(SOURCE, answer(), Options(creates_accounts=True))
    assert (company.type, company.account, fields(company)) == ("account.updated", said.account, {})
    (nobodys,) = told(SOURCE, answer(account_id=None), Options(creates_accounts=True))
    assert nobodys.account == ("survey:person", "mia@acme.example")


def test_a_scale_that_is_told_is_the_one_that_counts() -> None:
    said = fields(one(answer(survey_type="nps", score=40, scale_min=-100, scale_max=100)))
    assert (said["scale_min"], said["scale_max"]) == (-100.0, 100.0)


def test_an_answer_that_changed_is_another_event_of_the_same_answer() -> None:
    before, after = one(answer()), one(answer(updated_at="2026-11-20T09:05:00Z", comment="Better."))
    assert before.id != after.id
    assert fields(before)["survey_id"] == fields(after)["survey_id"]
    assert after.occurred_at - before.occurred_at == 300_000_000


def test_an_answer_without_an_id_is_what_it_says() -> None:
    nameless = answer(source_id=None)
    assert one(nameless).id == one(nameless).id
    assert one(nameless).id != one(nameless | {"score": 5}).id


def test_a_time_without_an_offset_lies_in_the_zone_of_the_source() -> None:
    naive = answer(responded_at="2026-11-20T09:00:00")
    assert refused(SOURCE, naive) == Reason.NAIVE_TIME
    berlin = Options(zone=dt.timezone(dt.timedelta(hours=1)))
    assert one(naive, berlin).occurred_at == one(answer(responded_at="2026-11-20T08:00:00Z")).occurred_at


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (answer(survey_type="enps"), Reason.INVALID_PAYLOAD),
        (answer(score=6), Reason.INVALID_PAYLOAD),
        (answer(responded_at=None), Reason.MISSING_TIME),
        (answer(account_id=None, respondent=None), Reason.MISSING_ACCOUNT),
    ],
)
def test_what_cannot_be_an_answer_says_why(wrong: dict[str, Any], reason: Reason) -> None:
    assert refused(SOURCE, wrong) == reason


@settings(max_examples=150)
@given(spoilt([answer(), answer(scale_max=100, account_id=7)]))
def test_any_body_is_translated_or_rejected(sent: bytes) -> None:
    with contextlib.suppress(Rejection):
        told(SOURCE, sent)


# --- the door -----------------------------------------------------------------------------------------

NOW = dt.datetime(2026, 11, 22, 10, tzinfo=UTC)


def posted(content: bytes, **headers: str) -> Posted:
    return Posted("POST", "https://steward/v1/webhooks/survey", headers, content)


@pytest.mark.parametrize("headers", [{"x-steward-token": "t0ken"}, {"authorization": "Bearer t0ken"}])
def test_the_token_opens_the_door_in_either_header(headers: dict[str, str]) -> None:
    assert SOURCE.door is not None
    SOURCE.door.verify(posted(b"", **headers), "t0ken", NOW)


@pytest.mark.parametrize(
    "headers", [{}, {"x-steward-token": "other"}, {"authorization": "Basic t0ken"}, {"x-steward-token": "\udcff"}]
)
def test_without_the_token_it_stays_shut(headers: dict[str, str]) -> None:
    assert SOURCE.door is not None
    with pytest.raises(Malformed, match="X-Steward-Token"):
        SOURCE.door.verify(posted(b"", **headers), "t0ken", NOW)


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (json.dumps(answer()).encode(), 1),
        (json.dumps([answer(), answer(score=1)]).encode(), 2),
        (json.dumps({"responses": [answer(), answer(score=1)]}).encode(), 2),
        (b"\n".join(json.dumps(answer(score=n)).encode() for n in (1, 2, 3)), 3),
        (json.dumps(answer(), indent=2).encode(), 1),
        (b"[]", 0),
    ],
)
def test_a_body_holds_one_answer_or_many(content: bytes, records: int) -> None:
    assert SOURCE.door is not None
    found = SOURCE.door.unwrap(posted(content))
    assert len({wrapped.id for wrapped in found}) == records
    assert all(len(told(SOURCE, wrapped.value)) == 1 for wrapped in found)


@pytest.mark.parametrize("content", [b"", b"\xff", b"5", b'"x"', b"{", b"[" * 50_000])
def test_a_body_that_is_no_json_is_refused(content: bytes) -> None:
    assert SOURCE.door is not None
    with pytest.raises(Malformed):
        SOURCE.door.unwrap(posted(content))
