"""What holds for every source in the table; and that a new one takes what CONTRIBUTING says."""

import contextlib
import copy
import datetime as dt
import importlib
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.recognising import is_person
from services.ingest.sources import SOURCES, settle, source_of, translate
from services.ingest.sources.source import Options, Posted, Source
from shared.broker import Partition, Record
from shared.errors import Invalid, Malformed, Reason, Rejection
from shared.facts import Event
from shared.native import decode_body
from shared.settings import Settings
from tests.deploy.checkout import text
from tests.deploy.recipes import Copy, blocks

each = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
with_door = pytest.mark.parametrize("source", [s for s in SOURCES if s.door], ids=lambda source: source.name)
NOW = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)
OPTIONS = Options(creates_accounts=True, zone=dt.timezone(dt.timedelta(hours=-3)))


def samples(source: Source) -> list[Record]:
    """The records that the source's own test holds up as sound."""
    module = importlib.import_module(f"tests.ingest.test_{source.translate.__module__.rpartition('.')[2]}")
    found: list[Record] = module.SAMPLES
    return found


# --- the table ----------------------------------------------------------------------------------------


def test_names_and_records_are_ones_own() -> None:
    assert len({source.name for source in SOURCES}) == len({source.record for source in SOURCES}) == len(SOURCES)
    assert all(re.fullmatch(r"[a-z]+", source.name) for source in SOURCES)


@each
def test_a_sound_record_becomes_events_of_its_source(source: Source) -> None:
    found = [event for record in samples(source) for event in source.translate(record, OPTIONS)]
    assert found
    for event in found:
        is_sound(event, source)


@each
def test_a_record_says_whose_it_is_and_travels_on_its_own_topic(source: Source) -> None:
    record = samples(source)[0]
    assert (source_of(record), record.partition.topic) == (source.name, source.topic)
    with pytest.raises(Rejection) as caught:
        translate(record._replace(partition=Partition("playbook.events", 0)))
    assert caught.value.reason == Reason.WRONG_TOPIC


@with_door
def test_a_door_has_a_secret_setting_and_its_page(source: Source) -> None:
    assert source.door is not None
    assert source.door.secret in Settings.model_fields
    page = text("docs/sources.md")
    assert f"/v1/webhooks/{source.name}" in page
    assert f"STEWARD_{source.door.secret.upper()}" in page


def test_settings_that_name_no_source_are_refused() -> None:
    for wrong in (
        {"creates_accounts": ["strype"]},
        {"creates_accounts": ["amplitude"]},
        {"templates": {"strype": {}}},
        {"zones": {"crm": "Mars/Olympus"}},
    ):
        with pytest.raises(Invalid):
            settle(**wrong)  # type: ignore[arg-type]


def test_whoever_may_create_accounts_does_so_only_where_the_settings_say_so() -> None:
    choosing = {source.name for source in SOURCES if source.may_create_accounts}
    assert choosing == {"delighted", "intercom", "stripe", "survey", "zendesk"}
    for source in SOURCES:
        made = {wanted: creations(source, wanted) for wanted in (False, True)}
        assert bool(made[True]) == (source.name in choosing | CRMS), source.name
        assert (made[True] != made[False]) == (source.name in choosing), source.name


def creations(source: Source, wanted: bool) -> int:
    options = OPTIONS._replace(creates_accounts=wanted)
    told = [event for record in samples(source) for event in source.translate(record, options)]
    return sum(event.type == "account.updated" and not is_person(event.account) for event in told)


def test_native_times_without_an_offset_lie_in_their_sources_zone() -> None:
    told = {
        "ce_specversion": "1.0", "ce_id": "1", "ce_source": "crm", "ce_type": "login.recorded", "ce_subject": "acme",
        "ce_time": "2026-11-22T09:30:00",
    }  # fmt: skip
    headers = [(name, word.encode()) for name, word in told.items()]
    record = Record(Partition("product.events", 0), 1, 0, None, b'{"person_id":"mia"}', headers)
    (event,) = translate(record, settle(zones={"crm": "Europe/Berlin"}))
    assert event.occurred_at == int(dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000
    with pytest.raises(Rejection, match="naive_time"):
        translate(record, settle(zones={"shop": "Europe/Berlin"}))


# --- spoiled ------------------------------------------------------------------------------------------

odd: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([
        None, True, "", "\x00", "\ud800", "💥", 0, -1, 2**63, 10**30, 10**400, 1e308, -0.0, [], {}, "NaN", "9" * 500,
        "0001-01-01T00:00:00Z", "2026-13-45", "9999-12-31T23:59:59-12:00", {"id": None}, [[[]]], "x" * 5_000,
    ]),
    st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2),
)  # fmt: skip
CRMS = {"hubspot", "salesforce", "segment"}
"""What always tells of accounts."""
DEEP = b"[" * 5_000 + b"]" * 5_000


def spots(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside."""
    inside = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    return [path] * bool(path) + [spot for key, value in inside for spot in spots(value, (*path, key))]


def spoil_value(draw: st.DrawFn, value: bytes) -> bytes:
    """Another value in the place of one to three of those in the JSON, or none; any of them, or what it lies in."""
    body = json.loads(value)
    for _ in range(draw(st.integers(1, 3))):
        places = spots(body)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        inside = body
        for step in way:
            inside = inside[step]
        if draw(st.booleans()):
            inside[last] = copy.deepcopy(draw(odd))
        else:
            del inside[last]
    return json.dumps(body).encode()


def graft(draw: st.DrawFn, value: bytes, other: bytes) -> bytes:
    """A body whose branches have moved: swapped, copied from another body, wrapped, doubled, renamed, many."""
    body, giver = json.loads(value), json.loads(other)
    for _ in range(draw(st.integers(1, 4))):
        places = spots(body)
        if not places:
            break
        inside, last = _at(body, draw(st.sampled_from(places)))
        branch = inside[last]
        match draw(st.integers(0, 6)):
            case 0:
                elsewhere, name = _at(body, draw(st.sampled_from(places)))
                inside[last], elsewhere[name] = copy.deepcopy(elsewhere[name]), copy.deepcopy(branch)
            case 1 if spots(giver):
                foreign, name = _at(giver, draw(st.sampled_from(spots(giver))))
                inside[last] = copy.deepcopy(foreign[name])
            case 2:
                around = [[branch], {str(last): branch}, [branch, branch], json.dumps(branch)]
                inside[last] = draw(st.sampled_from(around))
            case 3 if isinstance(inside, dict):
                inside[draw(st.sampled_from([last.upper(), f" {last}", last[:-1], "id", "type"]))] = inside.pop(last)
            case 4 if isinstance(branch, list):
                inside[last] = branch[::-1] + branch * draw(st.integers(0, 60))
            case 5 if isinstance(branch, str):
                inside[last] = draw(st.sampled_from([branch * 300, branch[::-1], branch.swapcase(), f"{branch}\u0000"]))
            case _ if isinstance(branch, int | float):
                inside[last] = draw(st.sampled_from([-branch, branch * 10**9, branch + 0.5, str(branch), bool(branch)]))
    return json.dumps(body).encode()


def _at(body: Any, path: tuple[Any, ...]) -> tuple[Any, Any]:
    """What the place lies in, and its name there; the nearest that is there still."""
    *way, last = path
    for n, step in enumerate(way):
        try:
            body = body[step]
            body[way[n + 1] if n + 1 < len(way) else last]
        except (KeyError, IndexError, TypeError):
            return {"": body}, ""
    return (body, last) if isinstance(body, dict | list) else ({"": body}, "")


def spoil_bytes(draw: st.DrawFn, value: bytes) -> bytes:
    """Something else in the middle: wrong UTF-8, a NUL, half a body, an abyss."""
    start = draw(st.integers(0, len(value)))
    end = min(len(value), start + draw(st.integers(0, 20)))
    between = [b"", b"\xff", b"\x00", b'"', b"\r\n", b":;=", b"\\ud800", b"-1e999", b"null", DEEP, value]
    return value[:start] + draw(st.sampled_from(between)) + value[end:]


def spoil_lines(draw: st.DrawFn, value: bytes) -> bytes:
    """Lines out of order, doubled, gone, or with another end."""
    lines = draw(st.permutations(value.split(b"\r\n")))
    at = draw(st.integers(0, len(lines) - 1))
    changed = [b"", lines[at].partition(b":")[0] + b":" + draw(st.binary(max_size=20)), lines[at] + b"\r\n" + lines[at]]
    return b"\r\n".join([*lines[:at], draw(st.sampled_from(changed)), *lines[at + 1 :]])


def _twice(draw: st.DrawFn, value: bytes, other: bytes) -> bytes:
    """Branches moved, and then values replaced."""
    return spoil_value(draw, graft(draw, value, other))


@st.composite
def spoiled(draw: st.DrawFn, source: Source) -> Record:
    record = draw(st.sampled_from(samples(source)))
    by_text: list[Callable[[st.DrawFn, bytes], bytes]] = [spoil_bytes, spoil_lines]
    if record.value[:1] in (b"{", b"["):
        other = draw(st.sampled_from(samples(source))).value
        by_text = [spoil_bytes, spoil_value, partial(graft, other=other), partial(_twice, other=other)]
    return record._replace(value=draw(st.sampled_from(by_text))(draw, record.value))


def is_sound(event: Event, source: Source) -> None:
    """All that the rest of the house relies upon."""
    assert decode_body(event.type, event.raw) == event.body
    assert (event.source, len(event.id)) == (source.name, 16)
    assert all(part and len(part) <= 200 and "\x00" not in part and part.encode() for part in event.account)
    assert 0 <= event.occurred_at < 7_289_654_400_000_000
    assert abs(event.sequence) < 2**62


def translates(source: Source, data: st.DataObject) -> None:
    """By the source itself: nothing here catches what it lets slip."""
    options = OPTIONS._replace(creates_accounts=data.draw(st.booleans()))
    with contextlib.suppress(Rejection):
        for event in source.translate(data.draw(spoiled(source)), options):
            is_sound(event, source)


@each
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_spoiled_record_is_translated_or_rejected(source: Source, data: st.DataObject) -> None:
    translates(source, data)


@each
def test_a_number_beyond_all_reckoning_anywhere_is_translated_or_rejected(source: Source) -> None:
    for record in samples(source):
        if record.value[:1] not in (b"{", b"["):
            continue
        for *way, last in spots(json.loads(record.value)):
            body = inside = json.loads(record.value)
            for step in way:
                inside = inside[step]
            inside[last] = "the number"
            value = json.dumps(body).encode().replace(b'"the number"', b"1e99999999999999999999")
            with contextlib.suppress(Rejection):
                for event in source.translate(record._replace(value=value), OPTIONS):
                    is_sound(event, source)


@each
@pytest.mark.soak
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_done_to_a_record_it_is_translated_or_rejected(source: Source, data: st.DataObject) -> None:
    translates(source, data)


@with_door
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_door_opens_or_says_what_is_wrong(source: Source, data: st.DataObject) -> None:
    assert source.door is not None
    body = data.draw(st.one_of(st.binary(max_size=60), spoiled(source).map(lambda record: record.value)))
    names = ["stripe-signature", "x-hub-signature", "x-zendesk-webhook-signature-timestamp", "authorization",
             "x-hubspot-request-timestamp", "x-hubspot-signature-v3", "x-steward-token", "content-type"]  # fmt: skip
    headers = data.draw(st.dictionaries(st.sampled_from(names), st.text(st.characters(max_codepoint=255)), max_size=3))
    posted = Posted("POST", f"https://steward.example/v1/webhooks/{source.name}", headers, body)
    with pytest.raises(Malformed):
        source.door.verify(posted, "secret", NOW)
    with contextlib.suppress(Malformed):
        for one in source.door.unwrap(posted):
            assert one.id.encode()
            assert len(one.id) <= 200
            for key in (one.account, one.other):
                assert key is None or (key.encode() and len(key) <= 200)


# --- the recipe ---------------------------------------------------------------------------------------


def test_a_new_source_is_a_file_a_line_and_a_test(tmp_path: Path) -> None:
    module, line, test, section = blocks("A source")
    copy_ = Copy(tmp_path, "tests/ingest", "docs")
    copy_.write("services/ingest/sources/pulse.py", module)
    copy_.add("services/ingest/sources/__init__.py", line, before='"stripe",')
    copy_.write("tests/ingest/test_pulse.py", test)
    copy_.append("docs/sources.md", section)
    copy_.tested("tests/ingest/test_pulse.py", "tests/ingest/test_sources.py", "-k", "pulse", "-m", "not soak")
