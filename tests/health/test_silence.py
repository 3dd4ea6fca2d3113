"""Silence of sources: what they told is stale, and no account is blamed for it."""

import datetime as dt

from services.health.assess import Context, assess
from services.health.silence import NO_SILENCE, Quiet, Silence, Teller, silence
from shared.clock import DAY_US, from_us
from tests.health.stories import HM2, NOON, facts_of, said, used

HOUR = dt.timedelta(hours=1)
NOW = from_us(NOON)
USAGE, LOGIN, NPS = "usage.recorded", "login.recorded", "survey.response"


def teller(type_: str, ago: dt.timedelta, source: str = "product", usual: dt.timedelta | None = HOUR) -> Teller:
    return Teller(source, type_, NOW - ago, usual)


def test_a_source_that_is_silent_for_longer_than_usual_makes_its_types_silent() -> None:
    found = silence([teller(USAGE, 3 * HOUR), teller(NPS, HOUR, "survey")], Quiet(), NOW)
    assert found.since == {USAGE: NOON - 3 * DAY_US // 24}
    assert found.heard == {NPS}


def test_one_lively_source_is_enough() -> None:
    found = silence([teller(USAGE, 30 * HOUR), teller(USAGE, HOUR, "segment")], Quiet(), NOW)
    assert found.since == {}


def test_of_several_silent_sources_the_one_heard_last_counts() -> None:
    found = silence([teller(USAGE, 30 * HOUR), teller(USAGE, 10 * HOUR, "segment")], Quiet(), NOW)
    assert found.since == {USAGE: NOON - 10 * DAY_US // 24}


def test_a_file_that_was_imported_once_is_never_silent() -> None:
    assert silence([teller(USAGE, 900 * HOUR, usual=None)], Quiet(), NOW).since == {}


def test_a_measure_is_stale_only_while_nobody_tells_of_anything_that_it_reads() -> None:
    found = Silence({USAGE: 5}, frozenset({LOGIN}))
    assert found.until(frozenset({USAGE})) == 5
    assert found.until(frozenset({USAGE, LOGIN})) is None
    assert found.until(frozenset({USAGE, "usage.reported"})) == 5
    assert found.until(frozenset({NPS})) is None


def test_days_without_login_do_not_grow_while_the_product_is_silent() -> None:
    facts = facts_of(*used(20, "mia"), said(NPS, 20, survey_id="s", survey_type="nps", score=9))
    later = NOON + 20 * DAY_US
    silent = Context(silence=Silence({USAGE: NOON, LOGIN: NOON}))
    then, blamed, spared = (
        {one.measure: one.value for one in assess(HM2, facts, context, at).contributions}
        for context, at in ((Context(), NOON), (Context(), later), (silent, later))
    )
    assert blamed["days_since_last_login"] == (then["days_since_last_login"] or 0) + 20
    assert spared["days_since_last_login"] == then["days_since_last_login"]
    assert spared["dau_mau_ratio"] == then["dau_mau_ratio"]


def test_an_assessment_says_what_is_stale_since_when() -> None:
    facts = facts_of(*used(20, "mia"))
    told = assess(HM2, facts, Context(silence=Silence({USAGE: NOON, LOGIN: NOON})), NOON + DAY_US)
    assert told.stale["days_since_last_login"] == NOON
    assert "nps_score" not in told.stale
    assert assess(HM2, facts, Context(silence=NO_SILENCE), NOON + DAY_US).stale == {}
