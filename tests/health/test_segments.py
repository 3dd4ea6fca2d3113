"""Segments: SEG-4 by the revenue in force, else by what the CRM says."""

from pathlib import Path

import pytest
import yaml

from services.health.segments import arr_of, load_segments, segment_of
from shared.clock import from_us
from shared.errors import Invalid
from shared.facts import Event
from tests.health.stories import NOON, ago, facts_of, said, subscribed


@pytest.mark.parametrize(
    ("arr", "segment"),
    [(100_000, "high_touch"), (99_999, "low_touch"), (15_000, "low_touch"), (14_999, "tech_touch"), (0, "tech_touch")],
)
def test_seg_4_includes_its_lower_bounds(arr: int, segment: str) -> None:
    assert segment_of(facts_of(said("account.updated", arr=arr)), NOON) == segment


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


def test_a_scheme_of_ones_own_lies_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    mine = {
        "name": "seg-4",
        "words": "all alike",
        "segments": [{"name": "all", "label": "All", "from_arr": 0, "words": ""}],
    }
    (tmp_path / "segments" / "mine.yaml").write_text(yaml.safe_dump(mine))
    assert segment_of(facts_of(), NOON, load_segments(tmp_path)["seg-4"]) == "all"


def test_a_scheme_with_a_hole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    mine = {"name": "mine", "words": "", "segments": [{"name": "big", "label": "Big", "from_arr": 5, "words": ""}]}
    (tmp_path / "segments" / "mine.yaml").write_text(yaml.safe_dump(mine))
    with pytest.raises(Invalid, match="from the highest from_arr to 0"):
        load_segments(tmp_path)
