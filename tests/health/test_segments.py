"""Segments: SEG-1 to SEG-9 and HM-10 as the shipped files say them, and what a file may not say."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.health.factors import arr_of
from services.health.segments import Scheme, load_segments, segment_of
from services.health.tiers import counts, ranked
from shared.clock import from_us
from shared.errors import Invalid
from shared.facts import Event, Facts
from tests.health.stories import NOON, ago, facts_of, said, subscribed

SCHEMES = load_segments()


def account(**fields: Any) -> Facts:
    """An account of which the CRM says this."""
    return facts_of(said("account.updated", **fields))


def placed(scheme: str, **fields: Any) -> str:
    """The segment of such an account."""
    return segment_of(account(**fields), NOON, SCHEMES[scheme])


def coverage_of(scheme: str) -> dict[str, tuple[str, str | None]]:
    """Segment → its touch and its ratio, as people write it."""
    told = {segment.name: segment.coverage for segment in SCHEMES[scheme].segments}
    return {name: (c.touch, c.ratio and c.ratio.words) for name, c in told.items() if c}


# --- by revenue ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arr", "segment"),
    [(100_000, "high_touch"), (99_999, "low_touch"), (15_000, "low_touch"), (14_999, "tech_touch"), (0, "tech_touch")],
)
def test_seg_4_includes_its_lower_bounds(arr: int, segment: str) -> None:
    assert placed("seg-4", arr=arr) == segment == segment_of(account(arr=arr), NOON)


def test_seg_4_says_how_each_segment_is_cared_for_and_what_it_may_cost() -> None:
    assert coverage_of("seg-4") == {
        "high_touch": ("high", "1:10–25"), "low_touch": ("low", "1:50–100"), "tech_touch": ("tech", "1:500+"),
    }  # fmt: skip
    told = [segment.coverage for segment in SCHEMES["seg-4"].segments]
    costs = [one.cost_to_serve.words for one in told if one and one.cost_to_serve]
    assert costs == ["15–25 % of ARR", "5–10 % of ARR", "below 3 % of ARR"]
    assert [one.contacts.words for one in told if one and one.contacts] == ["1:5+", "1:2–4", "1:1–2"]


@pytest.mark.parametrize(
    ("scheme", "bounds"),
    [
        ("seg-2", {100_001: "enterprise", 100_000: "mid_market", 25_000: "mid_market", 24_999: "smb"}),
        ("seg-3", {100_001: "enterprise", 25_000: "mid_market", 0: "smb"}),
        (
            "seg-5",
            {500_000: "strategic", 100_000: "enterprise", 25_000: "mid_market", 5_000: "smb", 4_999: "self_serve"},
        ),
        ("seg-6", {100_000: "enterprise", 15_000: "mid_market", 0: "digital"}),
        ("seg-7", {150_000: "enterprise", 30_000: "mid_market", 29_999: "smb"}),
    ],
)
def test_err_9_each_scheme_by_revenue_is_a_preset_of_its_own(scheme: str, bounds: dict[int, str]) -> None:
    assert {arr: placed(scheme, arr=arr) for arr in bounds} == bounds


@pytest.mark.parametrize(
    ("arr", "name"),
    [
        ("100000.50", "enterprise"),
        ("100000.000001", "enterprise"),
        ("100000.00", "mid_market"),
        ("25000", "mid_market"),
        ("24999.999999", "smb"),
    ],
)
def test_seg_2_enterprise_is_more_than_100k_to_the_millionth(arr: str, name: str) -> None:
    assert placed("seg-2", arr=arr) == name


def test_a_bound_can_be_a_fraction_and_is_exact(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    bounds = [segment("big", above_arr=1000.1), segment("mid", from_arr=1000.1), segment("small", from_arr=0)]
    mine = {"name": "mine", "words": "", "segments": bounds}
    (tmp_path / "segments" / "mine.yaml").write_text(yaml.safe_dump(mine))
    scheme = load_segments(tmp_path)["mine"]
    arrs = ("1000.100001", "1000.10", "1000.099999")
    assert [segment_of(account(arr=arr), NOON, scheme) for arr in arrs] == ["big", "mid", "small"]
    assert Scheme.model_validate_json(scheme.model_dump_json()) == scheme


def test_seg_2_seg_3_seg_5_seg_6_have_their_ratios() -> None:
    assert coverage_of("seg-2") == {
        "enterprise": ("high", "1:8"), "mid_market": ("medium", "1:25"), "smb": ("tech", "1:100+"),
    }  # fmt: skip
    assert coverage_of("seg-3")["mid_market"] == ("medium", "1:10–15")
    assert [ratio for _, ratio in coverage_of("seg-5").values()] == [
        "1:5–10",
        "1:15–25",
        "1:40–75",
        "1:100–200",
        "1:500+",
    ]
    assert [ratio for _, ratio in coverage_of("seg-6").values()] == ["1:15", "1:50", "1:300+"]


def test_revenue_in_force_outranks_what_the_crm_says() -> None:
    told = [said("account.updated", arr=200_000), subscribed(300, 1_250)]
    assert segment_of(facts_of(*told), NOON) == "low_touch"
    assert arr_of(facts_of(*told), NOON) == 15_000_000_000


def test_several_subscriptions_add_up() -> None:
    assert segment_of(facts_of(subscribed(300, 5_000, "s1"), subscribed(9, 4_000, "s2")), NOON) == "high_touch"


@pytest.mark.parametrize(
    "told",
    [
        subscribed(300, 9_000, status="trialing"),
        subscribed(300, 9_000, ends_at=from_us(ago(1))),
        subscribed(2, 9_000, started_at=from_us(ago(-3))),
        said("account.updated", name="Acme"),
    ],
)
def test_unknown_revenue_is_tech_touch(told: Event) -> None:
    assert segment_of(facts_of(told), NOON) == "tech_touch"


def test_a_subscription_counts_until_the_instant_of_its_end() -> None:
    facts = facts_of(subscribed(300, 9_000, ends_at=from_us(NOON)))
    assert (segment_of(facts, NOON - 1), segment_of(facts, NOON)) == ("high_touch", "tech_touch")


def test_seg_9_a_strategic_account_is_high_touch_whatever_it_pays() -> None:
    assert placed("seg-4", arr=10, strategic=True) == placed("hm-10", strategic=True) == "high_touch"
    assert placed("seg-4", arr=10, strategic=False) == "tech_touch"
    assert placed("seg-5", arr=10, strategic=True) == "self_serve"


# --- by more than revenue -----------------------------------------------------------------------------


def test_hm_10_weighs_four_factors() -> None:
    """0.4 × 65 + 0.25 × 80 + 0.2 × 50 + 0.15 × 20 = 59."""
    told = {"complexity": 80, "growth_potential": 50, "strategic_value": 20}
    assert placed("hm-10", arr=100_000, **told) == "low_touch"
    assert placed("hm-10", arr=100_000, **told | {"strategic_value": 60}) == "high_touch"
    weights = {factor.name: factor.weight for factor in SCHEMES["hm-10"].factors}
    assert weights == {"arr": 40, "complexity": 25, "growth_potential": 20, "strategic_value": 15}


def test_hm_10_has_no_cliff_at_100k() -> None:
    told = {"complexity": 90, "growth_potential": 70, "strategic_value": 50}
    assert placed("hm-10", arr=99_000, **told) == placed("hm-10", arr=101_000, **told) == "high_touch"
    assert placed("hm-10", arr=150_000, complexity=10, growth_potential=20, strategic_value=10) == "low_touch"


@pytest.mark.parametrize("arr", [0, 14_999, 15_000, 99_999, 100_000])
def test_hm_10_sorts_as_seg_4_where_only_the_revenue_is_known(arr: int) -> None:
    assert placed("hm-10", arr=arr) == placed("seg-4", arr=arr)


@pytest.mark.parametrize(
    ("scheme", "second", "cells"),
    [
        ("seg-8-complexity", "complexity", ["tech_touch", "low_touch", "low_touch", "high_touch"]),
        ("seg-8-growth", "growth_potential", ["tech_touch", "low_touch", "high_touch", "high_touch"]),
    ],
)
def test_seg_8_both_matrices(scheme: str, second: str, cells: list[str]) -> None:
    sides = [(99_999, 49), (99_999, 50), (100_000, 49), (100_000, 50)]
    assert [placed(scheme, arr=arr, **{second: other}) for arr, other in sides] == cells


@pytest.mark.parametrize(
    ("fields", "fit"),
    [
        ({"annual_revenue": 10_000_000}, "target"),
        ({"annual_revenue": 100_000_000, "process_owner": True, "bottleneck": "by hand"}, "ideal"),
        ({"annual_revenue": 100_000_001, "process_owner": True, "bottleneck": "by hand"}, "outside"),
        ({"annual_revenue": 9_999_999, "transformation_goals": True}, "outside"),
        ({"process_owner": True, "transformation_goals": True, "bottleneck": "by hand"}, "outside"),
    ],
)
def test_seg_12_a_target_turns_over_10_to_100_million(fields: dict[str, Any], fit: str) -> None:
    assert placed("seg-12", **fields) == fit


# --- by rank ------------------------------------------------------------------------------------------


def test_seg_1_err_12_of_200_accounts_25_60_and_115() -> None:
    assert counts(SCHEMES["seg-1"], 200) == {"platinum": 25, "gold": 60, "silver": 115}


@given(st.integers(0, 10_000))
def test_seg_1_its_shares_are_the_whole_base(accounts: int) -> None:
    taken = counts(SCHEMES["seg-1"], accounts)
    assert sum(taken.values()) == accounts
    assert all(abs(taken[s.name] - accounts * (s.share or 0) / 100) < 1 for s in SCHEMES["seg-1"].segments)


@given(st.dictionaries(st.integers(1, 99), st.integers(0, 3) | st.none()), st.randoms())
def test_seg_1_a_larger_revenue_never_has_a_lower_tier_and_ties_do_not_depend_on_order(
    revenue: dict[int, int | None], shuffle: Any
) -> None:
    tiers = ranked(SCHEMES["seg-1"], revenue)
    order = [segment.name for segment in SCHEMES["seg-1"].segments]
    best_first = sorted(revenue, key=lambda one: (revenue[one] is None, -(revenue[one] or 0), one))
    assert [order.index(tiers[one]) for one in best_first] == sorted(order.index(tier) for tier in tiers.values())
    mixed = list(revenue.items())
    shuffle.shuffle(mixed)
    assert ranked(SCHEMES["seg-1"], dict(mixed)) == tiers


# --- files --------------------------------------------------------------------------------------------


def test_a_scheme_of_ones_own_lies_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    mine = {
        "name": "seg-4",
        "words": "all alike",
        "segments": [{"name": "all", "label": "All", "from_arr": 0, "words": ""}],
    }
    (tmp_path / "segments" / "mine.yaml").write_text(yaml.safe_dump(mine))
    assert segment_of(facts_of(), NOON, load_segments(tmp_path)["seg-4"]) == "all"


def segment(name: str, **more: Any) -> dict[str, Any]:
    """A segment of a file."""
    return {"name": name, "label": name, "words": "", **more}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"segments": [segment("big", from_arr=5)]}, "from the highest from_arr to 0"),
        ({"segments": [segment("a", share=60), segment("b", share=30)]}, "must sum to 100"),
        ({"segments": [segment("a", from_score=50), segment("b", from_score=0)]}, "factors and from_score"),
        ({"segments": [segment("a", from_arr=5), segment("a", from_arr=0)]}, "named once"),
        ({"segments": [segment("a", from_arr=5, above_arr=5), segment("b", from_arr=0)]}, "not both"),
        ({"segments": [segment("a", from_arr=0.0000001), segment("b", from_arr=0)]}, "no more than 6 decimal places"),
        ({"segments": [segment("a", above_arr=0)]}, "from the highest from_arr to 0"),
        ({"segments": [segment("a", from_arr=0)], "strategic": "b"}, "name one of them"),
    ],
)
def test_a_scheme_that_leaves_an_account_out_is_refused(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "mine.yaml").write_text(yaml.safe_dump({"name": "mine", "words": "", **wrong}))
    with pytest.raises(Invalid, match=words):
        load_segments(tmp_path)


def test_above_the_highest_segment_is_none() -> None:
    scheme: Scheme = SCHEMES["seg-4"]
    assert [scheme.above(name) for name in ("tech_touch", "low_touch", "high_touch", "gone")] == [
        "low_touch", "high_touch", "high_touch", "gone",
    ]  # fmt: skip
