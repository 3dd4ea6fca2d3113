"""Overrides: what counts beside what is computed, from when to when, and what of a move is theirs."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.health import overrides
from services.health.assess import Assessment
from services.health.model import UNKNOWN
from services.health.overrides import Override, counting, in_force, override_of, part, points, turns
from shared.clock import from_us
from tests.health.stories import HM2, NOON

HOUR = 3_600_000_000


def computed(raw: int | None) -> Assessment:
    """An assessment that comes to this sum."""
    score = overrides.computed_score(raw)
    band = UNKNOWN if score is None else HM2.band_of(score).name
    return Assessment(HM2.key, "tech_touch", score, raw, 1_000_000, band, [], None, 0, 0)


def says(value: int = 30, since: int = NOON, hours: int = 24) -> Override:
    """Ada says so, for so many hours."""
    return override_of(7, value, "ada", "their sponsor told me", since, since + hours * HOUR)


def test_while_it_is_in_force_its_value_and_band_count_and_the_sum_stays() -> None:
    counts = counting(computed(82_400_000), HM2, says(30))
    assert (counts.score, counts.band, counts.raw) == (30, "critical", 82_400_000)


def test_it_counts_where_too_little_is_known() -> None:
    assert counting(computed(None), HM2, says(61)).band == "stable"


def test_it_is_in_force_from_its_instant_to_before_its_end() -> None:
    held = [says()]
    instants = (NOON - 1, NOON, NOON + 24 * HOUR - 1, NOON + 24 * HOUR)
    assert [in_force(held, at) is not None for at in instants] == [False, True, True, False]


def test_of_several_the_newest_is_in_force() -> None:
    first, second = says(30), says(70, since=NOON + HOUR)
    assert in_force([second, first, None], NOON + 2 * HOUR) is second
    assert in_force([second, first], NOON) is first


def test_it_survives_being_kept() -> None:
    assert overrides.decode(overrides.encode(says())) == says()
    assert overrides.decode(overrides.encode(None)) is None


def test_what_became_of_it_is_told_once() -> None:
    first, second = says(30), says(70, since=NOON + HOUR)
    at = from_us(NOON + HOUR)
    assert [turn.change for turn in turns(None, first, from_us(NOON))] == ["set"]
    assert [turn.change for turn in turns(first, first, at)] == []
    assert [turn.change for turn in turns(first, second, at)] == ["replaced", "set"]
    assert [turn.change for turn in turns(first, None, at)] == ["ended"]
    assert [turn.change for turn in turns(first, None, at + dt.timedelta(days=1))] == ["expired"]


sums = st.none() | st.integers(0, 100_000_000)
held = st.none() | st.integers(0, 100).map(says)


@given(sums, held, sums, held)
def test_its_share_and_that_of_the_sums_add_up_to_what_counts(
    raw: int | None, old: Override | None, raw_now: int | None, new: Override | None
) -> None:
    share = part((raw, old), (raw_now, new))
    of_sums = (raw_now or 0) - (raw or 0)
    whole = (points(raw_now, new) or 0) - (points(raw, old) or 0)
    assert (share.points if share else 0) + of_sums == whole


@given(sums)
def test_without_one_there_is_no_share(raw: int | None) -> None:
    assert part((raw, None), (0, None)) is None
    assert counting(computed(raw), HM2, None) == computed(raw)


def test_its_share_says_who_and_why() -> None:
    share = part((68_000_000, None), (68_000_000, says(30)))
    assert share is not None
    assert (share.points, share.words) == (-38_000_000, "ada set 30 until 2026-03-05 12:00 UTC: their sponsor told me")
    steady = part((68_000_000, says(30)), (60_000_000, says(30)))
    assert steady is not None
    assert (steady.points, steady.words) == (8_000_000, "ada holds it at 30 until 2026-03-05 12:00 UTC")
