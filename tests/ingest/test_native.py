"""Native events: what is accepted, what is rejected and why, and that nothing else can come of a record."""

import contextlib
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.ingest.sources import _FAULTS, source_of, translate
from services.ingest.sources import native as source
from shared.broker import Partition, Record
from shared.clock import from_us
from shared.contracts import NATIVE
from shared.contracts.product import LoginRecorded, UsageRecorded
from shared.errors import Reason, Rejection
from shared.facts import Event, Usage
from shared.native import decode_body, encode_body, event_id, parse_time
from tests.ingest.stories import PAYLOADS, START, as_text, record, structured

USED = {"person_id": "mia"}
MOST_US = 7_289_654_399_999_999  # the last microsecond of the year 2200


def only(record: Record) -> Event:
    (event,) = translate(record)
    return event


def reason(record: Record) -> Reason:
    with pytest.raises(Rejection) as caught:
        translate(record)
    return caught.value.reason


def words(record: Record) -> str:
    with pytest.raises(Rejection) as caught:
        translate(record)
    return caught.value.words


# --- both modes ---------------------------------------------------------------------------------------


def test_a_binary_record_becomes_its_event() -> None:
    told = record("usage.recorded", {"person_id": "mia", "feature": "export", "actions": 3, "plan": "unknown field"})
    assert only(told) == Event(
        id=event_id("app", "1"),
        source="app",
        type="usage.recorded",
        account=("native", "acme"),
        occurred_at=START,
        sequence=0,
        body=Usage("mia", "export", 3),
        raw=b'{"person_id":"mia","feature":"export","actions":3}',
    )


def test_a_structured_record_becomes_the_same_event() -> None:
    envelope = {
        "specversion": "1.0", "id": "1", "source": "app", "type": "usage.recorded", "subject": "acme",
        "time": "2026-01-01T00:00:00Z", "data": USED, "traceparent": "an extension",
    }  # fmt: skip
    assert only(structured(envelope, "product.events")) == only(record("usage.recorded", USED))


@pytest.mark.parametrize("kind", NATIVE)
@given(st.data())
@settings(max_examples=15)
def test_what_is_stored_reads_as_it_was_accepted(kind: str, data: st.DataObject) -> None:
    event = only(record(kind, data.draw(PAYLOADS[kind])))
    assert decode_body(kind, event.raw) == event.body
    assert encode_body(kind, decode_body(kind, event.raw)) == event.raw


def test_only_what_the_source_named_is_stored() -> None:
    event = only(record("account.updated", {"name": "Acme", "industry": None, "colour": "red"}))
    assert json.loads(event.raw) == {"name": "Acme", "industry": None}


def test_emoji_and_right_to_left_names_are_kept() -> None:
    told = record("account.updated", {"name": "חברת 🚀 قهوة"}, ce_subject="לקוח-1", ce_source="👩‍💻")
    event = only(told)
    assert (event.body.name, event.account[1], event.source) == ("חברת 🚀 قهوة", "לקוח-1", "👩‍💻")
    assert source_of(told) == event.source


def test_ids_beyond_2_to_53_keep_their_digits() -> None:
    large = 2**53 + 1
    envelope = (
        f'{{"specversion":"1.0","id":{large},"source":"app","type":"usage.recorded","subject":{10**40 + 1},'
        f'"time":"2026-01-01T00:00:00Z","sequence":{2**61},"data":{{"person_id":{large}}}}}'
    )
    event = only(structured(envelope.encode(), "product.events"))
    assert (event.body.person_id, event.account[1], event.sequence) == (str(large), str(10**40 + 1), 2**61)
    assert event.id == event_id("app", str(large))


def test_money_in_text_keeps_its_digits() -> None:
    event = only(record("invoice.updated", {"invoice_id": 1, "status": "open", "amount": "123456789012.123456"}))
    assert str(decode_body(event.type, event.raw).amount) == "123456789012.123456"


def test_of_a_field_named_twice_the_last_counts() -> None:
    twice = record("usage.recorded", None, value=b'{"person_id":"a","person_id":"b"}')
    assert only(twice).body.person_id == "b"


def test_the_sequence_orders_events_of_one_instant() -> None:
    assert only(record("usage.recorded", USED, ce_sequence="-12")).sequence == -12


@pytest.mark.parametrize("content", [None, "application/json", "application/json; charset=utf-8", "text/x+json", ""])
def test_payloads_are_json_whatever_it_is_called(content: str | None) -> None:
    assert only(record("usage.recorded", USED, **{"content-type": content})).body.person_id == "mia"


# --- rejections ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("because", "headers"),
    [
        (Reason.UNKNOWN_TYPE, {"ce_type": "usage.invented"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_type": None}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_specversion": "0.3"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_specversion": None}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_id": None}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_id": "x" * 201}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_id": "a\x00b"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_id": b"\xff"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_source": None}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_source": "a\x00b"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_source": b"\xff"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_subject": "a\x00b"}),
        (Reason.NOT_A_CLOUDEVENT, {"ce_subject": "x" * 201}),
        (Reason.MISSING_ACCOUNT, {"ce_subject": None}),
        (Reason.MISSING_ACCOUNT, {"ce_subject": ""}),
        (Reason.MISSING_TIME, {"ce_time": None}),
        (Reason.NAIVE_TIME, {"ce_time": "2026-01-01T00:00:00"}),
        (Reason.INVALID_TIME, {"ce_time": "yesterday"}),
        (Reason.INVALID_TIME, {"ce_time": "1969-12-31T23:59:59Z"}),
        (Reason.INVALID_TIME, {"ce_time": "2201-01-01T00:00:00Z"}),
        (Reason.INVALID_PAYLOAD, {"ce_sequence": "1.5"}),
        (Reason.INVALID_PAYLOAD, {"ce_sequence": str(2**62)}),
        (Reason.INVALID_PAYLOAD, {"ce_sequence": "9" * 5_000}),
        (Reason.INVALID_PAYLOAD, {"ce_sequence": "1_0"}),
        (Reason.NOT_JSON, {"content-type": "application/avro"}),
        (Reason.WRONG_TOPIC, {"topic": "crm.events"}),
    ],
)
def test_a_faulty_envelope_has_its_reason(because: Reason, headers: dict[str, Any]) -> None:
    assert reason(record("usage.recorded", USED, **headers)) == because


@pytest.mark.parametrize(
    ("because", "kind", "value"),
    [
        (Reason.NOT_JSON, "usage.recorded", b"not json"),
        (Reason.NOT_JSON, "usage.recorded", b'{"person_id":"\xff"}'),
        (Reason.NOT_JSON, "usage.recorded", rb'{"person_id":"\ud800"}'),
        (Reason.NOT_JSON, "account.updated", rb'{"name":"\udc00"}'),
        (Reason.NOT_JSON, "usage.recorded", b'{"person_id":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        (Reason.NOT_JSON, "account.updated", b'{"name":' + b"[" * 100_000),
        (Reason.TOO_LARGE, "usage.recorded", b'{"person_id":"' + b"a" * 1_000_000 + b'"}'),
        (Reason.INVALID_PAYLOAD, "usage.recorded", b"[]"),
        (Reason.INVALID_PAYLOAD, "usage.recorded", b"null"),
        (Reason.INVALID_PAYLOAD, "usage.recorded", b"{}"),
        (Reason.INVALID_PAYLOAD, "usage.recorded", b'{"person_id":""}'),
        (Reason.INVALID_PAYLOAD, "usage.recorded", b'{"person_id":"a","actions":-1}'),
        (Reason.INVALID_PAYLOAD, "usage.recorded", b'{"person_id":"a","actions":1e300}'),
        (Reason.INVALID_PAYLOAD, "usage.recorded", rb'{"person_id":"a\u0000"}'),
        (Reason.INVALID_PAYLOAD, "login.recorded", rb'{"person_id":"a\u0000"}'),
        (Reason.INVALID_PAYLOAD, "account.updated", rb'{"name":"a\u0000"}'),
        (Reason.INVALID_PAYLOAD, "invoice.updated", b'{"invoice_id":1,"status":"open","amount":-1}'),
        (Reason.INVALID_PAYLOAD, "invoice.updated", b'{"invoice_id":1,"status":"open","amount":NaN}'),
        (Reason.INVALID_PAYLOAD, "invoice.updated", b'{"invoice_id":1.5,"status":"open","amount":1}'),
        (Reason.INVALID_PAYLOAD, "survey.response", b'{"survey_id":1,"survey_type":"nps","score":NaN}'),
        (Reason.INVALID_PAYLOAD, "survey.response", b'{"survey_id":1,"survey_type":"nps","score":11}'),
        (Reason.INVALID_PAYLOAD, "meeting.updated",
         b'{"meeting_id":1,"status":"held","starts_at":"2026-01-01T00:00:00"}'),
        (Reason.INVALID_PAYLOAD, "meeting.updated",
         b'{"meeting_id":1,"status":"held","starts_at":"0001-01-01T00:00:00Z"}'),
        (Reason.INVALID_PAYLOAD, "meeting.updated",
         b'{"meeting_id":1,"status":"held","starts_at":"9999-12-31T23:00:00-05:00"}'),
    ],
)  # fmt: skip
def test_a_faulty_payload_has_its_reason(because: Reason, kind: str, value: bytes) -> None:
    assert reason(record(kind, None, value=value)) == because


def test_a_rejection_names_the_field_and_not_what_was_sent() -> None:
    told = record("ticket.updated", {"ticket_id": "t", "status": "secret", "opened_at": "2026-01-01T00:00:00Z"})
    assert words(told).startswith("status: Input should be 'new'")
    assert "secret" not in words(told)


def test_the_words_of_a_rejection_can_be_stored_and_shown() -> None:
    nasty = record("account.updated", None, value=rb'{"external_ids":{"\u0000\u202e":[]}}')
    assert words(nasty).isprintable()
    assert len(words(record("x" * 5_000, {}))) <= 300


@pytest.mark.parametrize(
    ("because", "envelope"),
    [
        (Reason.NOT_JSON, b"rubbish"),
        (Reason.NOT_JSON, b'{"data":' + b"[" * 100_000),
        (Reason.NOT_JSON, b'{"id":"\xff"}'),
        (Reason.NOT_A_CLOUDEVENT, b"[]"),
        (Reason.NOT_A_CLOUDEVENT, {"specversion": "1.0"}),
        (Reason.NOT_A_CLOUDEVENT, {"specversion": "0.3", "id": "1", "source": "app", "type": "t"}),
        (Reason.NOT_A_CLOUDEVENT, {"specversion": "1.0", "id": {}, "source": "app", "type": "t"}),
        (Reason.NOT_A_CLOUDEVENT, {"specversion": "1.0", "id": 1.5, "source": "app", "type": "usage.recorded"}),
        (Reason.NOT_A_CLOUDEVENT, {"specversion": "1.0", "id": "1", "source": "", "type": "usage.recorded"}),
        (Reason.UNKNOWN_TYPE, {"specversion": "1.0", "id": "1", "source": "app", "type": "t"}),
        (Reason.UNKNOWN_TYPE, {"specversion": "1.0", "id": "1", "source": "app", "type": "stripe.event"}),
        (Reason.MISSING_ACCOUNT, {"specversion": "1.0", "id": "1", "source": "app", "type": "usage.recorded"}),
        (Reason.INVALID_PAYLOAD, {"specversion": "1.0", "id": "1", "source": "app", "type": "usage.recorded",
                                  "subject": "a", "time": "2026-01-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_a_faulty_structured_record_has_its_reason(because: Reason, envelope: Any) -> None:
    assert reason(structured(envelope, "product.events")) == because


# --- whatever comes -----------------------------------------------------------------------------------

names = st.sampled_from(
    ["ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_specversion", "ce_sequence", "content-type", "x"]
)
values = st.binary(max_size=30) | st.sampled_from(
    [b"1.0", b"usage.recorded", b"account.updated", b"stripe.event", b"2026-01-01T00:00:00Z", b"application/json",
     b"application/cloudevents+json", b"acme"]
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()), lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4)
    ), max_leaves=12,
)  # fmt: skip
bodies = st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())


def directly(told: Record) -> None:
    """Translates without the net under `translate`: only Rejection may come out."""
    headers = dict(told.headers)
    with contextlib.suppress(Rejection):
        source.from_structured(told) if source.is_structured(headers) else source.from_binary(told, headers)


def _outcome(told: Record) -> Sequence[Event] | Rejection:
    try:
        return translate(told)
    except Rejection as rejection:
        return rejection


@settings(max_examples=250)
@given(st.lists(st.tuples(names, values), max_size=9), bodies, st.sampled_from(["crm.events", "product.events", ""]))
def test_any_record_is_translated_or_rejected(headers: list[tuple[str, bytes]], value: bytes, topic: str) -> None:
    told = Record(Partition(topic, 0), 0, -1, None, value, headers)
    directly(told)
    assert source_of(told)
    outcome = _outcome(told)
    if isinstance(outcome, Rejection):
        assert outcome.words.isprintable()
    else:
        assert all(event.source == source_of(told) for event in outcome)


@pytest.mark.parametrize("kind", NATIVE)
@settings(max_examples=30)
@given(st.data())
def test_any_payload_is_translated_or_rejected(kind: str, data: st.DataObject) -> None:
    fields = dict.fromkeys(NATIVE[kind][1].model_fields, json_values)
    odd = data.draw(st.fixed_dictionaries({}, optional=fields))
    good = data.draw(PAYLOADS[kind])
    directly(record(kind, None, value=json.dumps({**good, **odd}).encode()))
    directly(structured({"specversion": "1.0", "id": 1, "source": "s", "type": kind, "data": odd}, NATIVE[kind][0]))


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["specversion", "id", "source", "type", "time", "subject", "data", "sequence"]),
                       json_values | st.just("1.0") | st.just("usage.recorded")))  # fmt: skip
def test_any_structured_envelope_is_translated_or_rejected(envelope: dict[str, Any]) -> None:
    directly(structured(envelope, "product.events"))


def test_a_fault_of_ours_parks_the_record_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for fault in _FAULTS:
        monkeypatch.setattr(source, "from_binary", _failing(fault))
        assert reason(record("usage.recorded", USED)) == Reason.INVALID_PAYLOAD


def _failing(fault: type[Exception]) -> Any:
    def fail(*_: Any) -> Event:
        raise fault

    return fail


# --- the fast way accepts what the contract accepts -----------------------------------------------------

odd_values = (
    st.text(st.characters(), max_size=5) | st.integers() | st.floats() | st.booleans() | st.none()
    | st.sampled_from(["", "a", "x" * 200, "x" * 201, "x" * 100, "x" * 101, "\x00", "5",
                       10**9, 10**9 + 1, -1, 0, 2**53 + 1, 10**30, 3.0, "ü" * 200, "🚀" * 101])
)  # fmt: skip
usage_bytes = st.lists(
    st.tuples(st.sampled_from(["person_id", "feature", "actions", "other"]), odd_values), max_size=5
).map(lambda pairs: ("{" + ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in pairs) + "}").encode())


@settings(max_examples=400)
@given(usage_bytes | bodies)
@example(b'{"person_id":"a","x":"\xff"}')
@example(rb'{"person_id":"a","x":"\ud800"}')
@example(b'{"person_id":"a","x":NaN}')
@example(b'{"person_id":"a","x":' + b"[" * 300 + b"]" * 300 + b"}")
@example(rb'{"person_id":"a\\u0000"}')
@example(rb'{"\u0070erson_id":"a"}')
@example(b'\xef\xbb\xbf{"person_id":"a"}')
@example(b"")
def test_the_fast_way_accepts_exactly_what_the_contract_accepts(value: bytes) -> None:
    for kind, contract in (("usage.recorded", UsageRecorded), ("login.recorded", LoginRecorded)):
        try:
            expected = contract.model_validate_json(value)
        except ValidationError:
            with pytest.raises(Rejection):
                decode_body(kind, value)
            continue
        body = decode_body(kind, value)
        assert {name: getattr(body, name) for name in body.__struct_fields__} == expected.model_dump()


# --- ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", "1467")
def test_a_uuid_is_its_own_id(version: str) -> None:
    text = f"0190a1b2-1111-{version}222-8333-444455556666"
    assert event_id("a", text) == event_id("b", text.upper()) == bytes.fromhex(text.replace("-", ""))


@pytest.mark.parametrize(
    "own_id",
    [
        "0190a1b2-1111-5222-8333-444455556666",  # a name within its source
        "00000000-0000-0000-0000-000000000000",
        "0190a1b2-1111-4222-8333-44445555666g",
        "0190a1b2-1111-4222-8333-4444 555 666",
        "0190a1b21-111-4222-8333-444455556666",
        "evt_1",
    ],
)
def test_any_other_id_belongs_to_its_source(own_id: str) -> None:
    assert len(event_id("a", own_id)) == 16
    assert event_id("a", own_id) != event_id("b", own_id)


@given(st.text(), st.text(), st.text(), st.text())
def test_ids_collide_only_when_source_and_id_are_the_same(a: str, x: str, b: str, y: str) -> None:
    if "\x00" not in a + b:
        assert (event_id(a, x) == event_id(b, y)) == ((a, x) == (b, y))


# --- times --------------------------------------------------------------------------------------------


@given(st.integers(0, MOST_US), st.timezones())
def test_every_time_reads_exactly(us: int, zone: dt.tzinfo) -> None:
    assert parse_time(from_us(us).astimezone(zone).isoformat()) == us


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456+00:00"),
        ("2026-01-01T00:00:00.123456999Z", "2026-01-01T00:00:00.123456+00:00"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500000+00:00"),
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01 00:00:00Z", "2026-01-01T00:00:00+00:00"),
        (" 2026-01-01T00:00:00Z ", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_times_are_read_as_sources_write_them(text: str, same: str) -> None:
    assert as_text(parse_time(text)) == same


def test_a_naive_time_lies_in_the_zone_that_is_given() -> None:
    assert as_text(parse_time("2026-07-01T02:00:00", ZoneInfo("Europe/Berlin"))) == "2026-07-01T00:00:00+00:00"
    assert as_text(parse_time("2026-07-01T02:00:00Z", ZoneInfo("Europe/Berlin"))) == "2026-07-01T02:00:00+00:00"


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.]\d+)?(Z|[+-]\d\d:\d\d)?", fullmatch=True),
       st.none() | st.sampled_from([ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")]))  # fmt: skip
@example("0001-01-01T00:00:00", ZoneInfo("Asia/Tokyo"))
@example("9999-12-31T23:59:59", ZoneInfo("America/New_York"))
@example("9999-12-31T23:59:59-23:59", None)
def test_any_text_is_a_time_or_a_rejection(text: str, zone: ZoneInfo | None) -> None:
    try:
        us, because = parse_time(text, zone), None
    except Rejection as rejection:
        us, because = 0, rejection.reason
    assert 0 <= us <= MOST_US
    assert because in {None, Reason.NAIVE_TIME, Reason.INVALID_TIME}


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_subject", "ce_time", "ce_specversion"])
def test_a_header_without_a_value_is_a_reason_and_never_a_fault(name: str) -> None:
    told = record("usage.recorded", USED)
    empty = told._replace(headers=[(key, None if key == name else value) for key, value in told.headers])  # type: ignore[misc]
    assert source.activity_in(empty, dict(empty.headers)) is None
    with pytest.raises(Rejection):
        translate(empty)


TRICKY = {
    "ce_id": ["1", "", "x" * 201, "0193-", "f47ac10b-58cc-4372-a567-0e02b2c3d479", b"\xff", "a\x00",
              "f47ac10b-58cc-5372-a567-0e02b2c3d479", "f47ac10b-58cc-4372-a567-0e02b2c3d47-"],
    "ce_source": ["app", "", b"\xff", "s" * 201],
    "ce_subject": ["acme", "", b"\xff", "a" * 200],
    "ce_time": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567+02:00", "2026-01-01T00:00:00", "soon",
                "1969-01-01T00:00:00Z"],
    "ce_type": ["usage.recorded", "login.recorded", "ticket.updated", "nothing"],
    "ce_specversion": ["1.0", "0.3", None],
    "ce_sequence": [None, "7", "x"],
    "content-type": ["application/json", "application/json; charset=utf-8", "text/plain", None, ""],
}  # fmt: skip
TRICKY_VALUES = [
    b'{"person_id":"mia"}', b'{"person_id":"mia","feature":"export","actions":3}', b'{"person_id":7}', b"{}", b"",
    b'{"person_id":"mi\\u0061"}', b'{"person_id":"mi\\u0000"}', b'{"person_id":"mia","more":1}',
    b'{"person_id":"\xff"}',
    b'{"person_id":"mia","actions":-1}', b'{"person_id":"mia","actions":1e2}', b'{ "actions": 1, "person_id": "mia" }',
]  # fmt: skip


@given(st.fixed_dictionaries({name: st.sampled_from(some) for name, some in TRICKY.items()}),
       st.sampled_from(TRICKY_VALUES), st.sampled_from(["product.events", "crm.events"]))  # fmt: skip
@example({name: some[0] for name, some in TRICKY.items()}, TRICKY_VALUES[1], "product.events")
def test_the_short_way_tells_what_the_long_one_does_or_nothing(
    headers: dict[str, Any], value: bytes, topic: str
) -> None:
    told = record("usage.recorded", None, topic=topic, value=value or b" ", **headers)
    short = source.activity_in(told, dict(told.headers))
    if short is not None:
        long = source.from_binary(told, dict(told.headers))
        assert short._replace(raw=b"") == long._replace(raw=b"")
        assert decode_body(short.type, short.raw) == long.body
