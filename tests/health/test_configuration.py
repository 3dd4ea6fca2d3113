"""Configuration: files are checked together, compared place by place, and versions never change."""

from typing import Any

import pytest

from services.health.configuration import (
    Configuration,
    configuration,
    differences,
    document,
    known_names,
    misnamed_pools,
    places,
    problems,
    unversioned,
)
from services.health.gathering import gathered
from services.health.model import Model
from services.health.rules import Rules
from shared.errors import Invalid
from tests.health.stories import HM2

SHIPPED = gathered(None)
POLICY = SHIPPED.policy.model_dump(mode="json")


def overlaid(kind: str, content: dict[str, Any]) -> Configuration:
    """The shipped configuration with one document of ours over it."""
    return configuration([*SHIPPED.documents.values(), document(kind, "ours", content)])


def test_what_ships_is_right() -> None:
    assert problems(SHIPPED) == []


def test_every_segment_has_a_model() -> None:
    rules = Rules.of(SHIPPED)
    assert rules.in_force.keys() == {segment.name for segment in rules.scheme.segments}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"segments": "seg-99"}, "there is no scheme 'seg-99'"),
        ({"models": {**POLICY["models"], "high_touch": "hm-99"}}, "there is no model 'hm-99'"),
        ({"models": {"high_touch": "hm-2", "low_touch": "hm-2"}}, "no model scores the segment 'tech_touch'"),
        ({"models": {**POLICY["models"], "no_touch": "hm-2"}}, "seg-4 has no segment 'no_touch'"),
        ({"shadow": {"high_touch": "hm-99"}}, "there is no model 'hm-99'"),
    ],
)
def test_a_policy_that_names_what_is_not_there_is_told_and_never_in_force(change: dict[str, Any], words: str) -> None:
    whole = overlaid("policy", {**POLICY, **change})
    assert any(words in told for told in problems(whole))
    with pytest.raises(Invalid, match=words):
        Rules.of(whole)


def test_a_pool_that_waits_for_a_segment_that_there_is_not_is_told_with_its_file() -> None:
    mine = {"name": "p", "words": "", "choose": "round_robin", "segments": ["high_touch", "hihg_touch"]}
    assert list(misnamed_pools(overlaid("pools", mine))) == []
    (told,) = misnamed_pools(overlaid("pools", {**mine, "members": [{"email": "ada@x.example"}]}))
    assert told == (
        "ours: pool p takes the segment 'hihg_touch', which seg-4 has not; it has high_touch, low_touch, tech_touch"
    )
    assert list(misnamed_pools(SHIPPED)) == []


def test_the_names_that_conditions_may_use_are_those_in_force() -> None:
    known = known_names(SHIPPED)
    assert known["segment"] == known["served_as"] == {"high_touch", "low_touch", "tech_touch"}
    assert {"platinum", "gold", "silver"} == known["tier"]
    assert {"unknown", "critical"} < known["band"]
    assert "cancel_requested" in known["signal"]


def test_a_file_of_ones_own_stands_for_the_shipped_one_of_its_name() -> None:
    heavier = HM2.model_dump(mode="json")
    heavier["groups"][0]["weight"] = 80
    whole = overlaid("models", {**heavier, "version": 2})
    assert whole.all(Model)["hm-2"].key == "hm-2@2"
    (version, weight) = differences(SHIPPED, whole)
    assert (version.place, version.before, version.after) == ("version", 1, 2)
    assert (weight.place, weight.before, weight.after) == ("groups.product_engagement.weight", 40, 80)


def test_a_version_never_changes() -> None:
    heavier = HM2.model_dump(mode="json")
    heavier["groups"][0]["weight"] = 80
    known = {HM2.key: HM2}
    assert unversioned(SHIPPED, known) == []
    assert unversioned(overlaid("models", heavier), known) == [
        "model hm-2 has changed and still says version 1: raise its version"
    ]


def test_the_layout_of_a_file_is_no_difference() -> None:
    again = overlaid("models", dict(reversed(HM2.model_dump(mode="json").items())))
    assert differences(SHIPPED, again) == []


def test_parts_of_lists_are_compared_by_name() -> None:
    before = {"leaves": [{"measure": "a", "weight": 1}, {"measure": "b", "weight": 1}]}
    after = {"leaves": [{"measure": "b", "weight": 2}, {"measure": "c", "weight": 1}]}
    assert list(places(before, after)) == [
        ("leaves.a", {"measure": "a", "weight": 1}, None),
        ("leaves.b.weight", 1, 2),
        ("leaves.c", None, {"measure": "c", "weight": 1}),
    ]
