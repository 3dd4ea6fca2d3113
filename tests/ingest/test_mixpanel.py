"""Mixpanel's events: times in seconds, in milliseconds and on the wall clock of a project; groups as properties."""

import contextlib
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from services.ingest.sources.mixpanel import SOURCE
from services.ingest.sources.source import Options
from shared.broker import Record
from shared.errors import Reason, Rejection
from shared.facts import Event
from tests.ingest.raw import fields, raw, refused, told
from tests.ingest.spoiling import spoilt

T = 1_795_210_078


def tracked(name: str = "Played Song", **properties: Any) -> dict[str, Any]:
    said = {
        "time": T, "distinct_id": "mia", "$insert_id": "29fc2962", "$device_id": "d-1", "company_id": "acme",
        "$email": "mia@acme.example", "$browser": "Chrome", "mp_lib": "web",
    }  # fmt: skip
    return {"event": name, "properties": said | properties}


SAMPLES: list[Record] = [raw(SOURCE, tracked()), raw(SOURCE, tracked("Login", time=T * 1_000))]


def one(body: dict[str, Any], options: Options | None = None) -> Event:
    (event,) = told(SOURCE, body, options)
    return event


def test_an_event_is_use_by_a_person_of_the_account_among_its_properties() -> None:
    event = one(tracked())
    assert (event.type, event.account, event.occurred_at) == ("usage.recorded", ("native", "acme"), T * 1_000_000)
    assert fields(event)["feature"] == "Played Song"
    assert fields(event)["person_id"] == "mia"


@pytest.mark.parametrize("time", [T, float(T), T * 1_000])
def test_seconds_and_milliseconds_are_one_time(time: float) -> None:
    assert one(tracked(time=time)).occurred_at == T * 1_000_000


def test_an_old_projects_wall_clock_is_brought_back_to_its_zone() -> None:
    pacific = Options(zone=ZoneInfo("America/Los_Angeles"))
    assert one(tracked(), pacific).occurred_at == (T + 8 * 3_600) * 1_000_000


def test_the_time_is_no_part_of_the_id_so_that_a_zone_may_be_mended() -> None:
    assert one(tracked()).id == one(tracked(time=T + 1)).id
    assert one(tracked()).id != one(tracked(**{"$insert_id": "other"})).id


@pytest.mark.parametrize(
    ("more", "account"),
    [
        ({"$groups": {"company": "beta"}}, ("native", "beta")),
        ({"company_id": ["acme"]}, ("native", "acme")),
        ({"company_id": ["acme", "beta"]}, ("mixpanel:person", "mia@acme.example")),
        ({"company_id": None, "$email": None}, ("mixpanel:person", "mia")),
    ],
)
def test_whose_event_it_is_is_never_guessed(more: dict[str, Any], account: tuple[str, str]) -> None:
    assert one(tracked(**more)).account == account


@pytest.mark.parametrize(
    "body",
    [
        tracked("$identify"),
        tracked("$mp_web_page_view"),
        tracked(distinct_id="$device:d-1"),
        tracked(distinct_id="d-1"),
        tracked(distinct_id=None),
    ],
)
def test_anonymous_events_and_mixpanels_own_are_of_no_use(body: dict[str, Any]) -> None:
    assert told(SOURCE, body) == ()


def test_a_known_user_is_the_person_whatever_the_distinct_id() -> None:
    assert fields(one(tracked(**{"$user_id": "u-9", "distinct_id": "$device:d-1"})))["person_id"] == "u-9"


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (None, Reason.MISSING_TIME),
        ("now", Reason.MISSING_TIME),
        (1e300, Reason.INVALID_TIME),
        (10**400, Reason.INVALID_TIME),
        (10**11 - 1, Reason.INVALID_TIME),
    ],
)
def test_a_time_that_is_none_is_rejected(time: Any, reason: Reason) -> None:
    assert refused(SOURCE, tracked(time=time)) == reason


@settings(max_examples=150)
@given(spoilt([tracked(), tracked("Login", **{"$groups": {"company": ["a"]}})]))
def test_any_body_is_translated_or_rejected(body: bytes) -> None:
    with contextlib.suppress(Rejection):
        told(SOURCE, body)
