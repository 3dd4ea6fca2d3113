"""Delighted's webhook: whose answer it is, on which scale, and a signature over the exact bytes."""

import contextlib
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings

from services.ingest.sources.delighted import SOURCE
from services.ingest.sources.source import Posted
from shared.broker import Record
from shared.clock import UTC, from_us
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event
from shared.native import event_id
from tests.ingest.raw import fields, raw, refused, told
from tests.ingest.spoiling import spoilt

T = 1_795_000_000


def body(happened: str = "created", **response: Any) -> dict[str, Any]:
    answer = {
        "id": "5435", "survey_type": "nps", "score": 9, "comment": None, "created_at": T, "updated_at": T + 60,
        "permalink": "https://app.delighted.com/r/5p", "notes": [], "tags": [], "additional_answers": [],
        "person": {"id": "5975", "email": "Mia@Acme.example", "name": "Mia Chen", "created_at": T - 60},
        "person_properties": {"Customer ID": "acme", "User ID": 9007199254740993, "Location": "USA"}, **response,
    }  # fmt: skip
    return {"event_type": f"survey_response.{happened}", "event_id": f"e-{happened}", "event_data": answer}


SAMPLES: list[Record] = [
    raw(SOURCE, body()),
    raw(SOURCE, body("updated", comment="Good", survey_type="csat", score=5)),
    raw(SOURCE, body(person_properties=None)),
]


def one(sent: dict[str, Any]) -> Event:
    (event,) = told(SOURCE, sent)
    return event


def test_an_answer_is_the_response_of_the_customers_own_account_and_person() -> None:
    event = one(body())
    assert (event.type, event.account, event.source) == ("survey.response", ("native", "acme"), "delighted")
    assert event.id == event_id("delighted", "e-created")
    assert fields(event) == {
        "survey_id": "5435", "survey_type": "nps", "score": 9.0, "scale_min": 0.0, "scale_max": 10.0, "comment": None,
        "respondent": {"email": "mia@acme.example", "external_id": "9007199254740993"},
    }  # fmt: skip


def test_an_answer_happened_when_it_was_given_and_a_change_when_it_was_made() -> None:
    assert one(body()).occurred_at == T * 1_000_000
    assert one(body("updated")).occurred_at == (T + 60) * 1_000_000


def test_without_an_account_it_waits_for_the_person_by_address_or_else_by_id() -> None:
    assert one(body(person_properties=None)).account == ("delighted:person", "mia@acme.example")
    assert one(body(person_properties={}, person={"id": "5975"})).account == ("delighted:person", "5975")


def test_an_answer_of_nobody_is_rejected() -> None:
    assert refused(SOURCE, body(person_properties={}, person=None)) == Reason.MISSING_ACCOUNT


@pytest.mark.parametrize(
    ("kind", "score", "scale"), [("csat", 5, (1, 5)), ("ces", 7, (1, 7)), ("csat3", 3, (1, 3)), ("ces5", 2, (1, 5))]
)
def test_every_kind_of_survey_has_its_scale(kind: str, score: int, scale: tuple[int, int]) -> None:
    said = fields(one(body(survey_type=kind, score=score)))
    assert (said["scale_min"], said["scale_max"]) == scale
    assert said["survey_type"] == kind.rstrip("35")


@pytest.mark.parametrize(
    "sent", [body(survey_type="pmf"), body(survey_type="enps"), body() | {"event_type": "unsubscribe.created"}]
)
def test_what_is_no_answer_of_ours_is_of_no_use(sent: dict[str, Any]) -> None:
    assert told(SOURCE, sent) == ()


def test_a_score_that_does_not_lie_on_its_scale_is_rejected() -> None:
    assert refused(SOURCE, body(score=11)) == Reason.INVALID_PAYLOAD
    assert refused(SOURCE, body(score=None)) == Reason.INVALID_PAYLOAD


@settings(max_examples=150)
@given(spoilt([body(), body("updated", survey_type="ces5", comment="x")]))
def test_any_body_is_translated_or_rejected(sent: bytes) -> None:
    with contextlib.suppress(Rejection):
        told(SOURCE, sent)


# --- the door -----------------------------------------------------------------------------------------

NOW = dt.datetime(2026, 11, 22, 10, tzinfo=UTC)
SENT = json.dumps(body(), indent=1).encode()


def posted(content: bytes = SENT, signed: bytes = SENT, secret: str = "s3cret", prefix: str = "sha256=") -> Posted:
    signature = prefix + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return Posted(
        "POST", "https://steward/v1/webhooks/delighted", {"x-delighted-webhook-signature": signature}, content
    )


def test_a_body_that_is_signed_is_one_record_with_its_exact_bytes() -> None:
    assert SOURCE.door is not None
    SOURCE.door.verify(posted(), "s3cret", NOW)
    (wrapped,) = SOURCE.door.unwrap(posted())
    assert (wrapped.id, wrapped.value) == ("e-created", SENT)


@pytest.mark.parametrize(
    "wrong",
    [posted(signed=SENT + b" "), posted(secret="other"), posted(prefix=""), Posted("POST", "", {}, SENT)],
    ids=["body", "secret", "prefix", "none"],
)
def test_what_is_not_signed_is_refused(wrong: Posted) -> None:
    assert SOURCE.door is not None
    with pytest.raises(Malformed, match="X-Delighted-Webhook-Signature"):
        SOURCE.door.verify(wrong, "s3cret", NOW)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"event_id": 5}'])
def test_a_body_that_is_no_event_is_refused(content: bytes) -> None:
    assert SOURCE.door is not None
    with pytest.raises(Malformed):
        SOURCE.door.unwrap(posted(content))


def test_times_are_seconds() -> None:
    assert from_us(one(body()).occurred_at).year == 2026
