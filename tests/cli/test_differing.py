"""How contents differ, in words: nothing that was there or is there is left out, but for the reasons of numbers."""

from typing import Any

import pytest

from services.cli.differing import lines
from services.health.configuration import places

LEAF = {
    "measure": "logins", "params": {"days": 30, "kinds": ["a", "b"]}, "weight": 2,
    "curve": {"steps": [{"points": 20.0, "words": "few"}, {"at": 2.0, "points": 70.5}, {"above": 9.0, "points": 100.0}],
              "reason": "ours"},
}  # fmt: skip
TOLD = "params (days 30, kinds [a, b]), weight 2, curve (steps 20; 70.5 from 2; 100 above 9)"
SILENCE = {
    "when": {"measure": "logins", "op": "<", "value": 1.0},
    "at_most": 39.0,
    "words": "Nobody\n came",
    "reason": "",
}


def told(before: Any, after: Any) -> list[str]:
    """The lines of what is different."""
    return [f"{place}: {words}" for found in places(before, after) for place, words in lines(*found)]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"weight": 40}, {"weight": 80}, ["weight: 40 → 80"]),
        ({"least": 0.5}, {"least": 1.0}, ["least: 0.5 → 1"]),
        ({}, {"label": "Logins"}, ["label: new, Logins"]),
        ({"in_force": True}, {"in_force": False}, ["in_force: yes → no"]),
        ({"without_data": "zero"}, {"without_data": {"neutral": 50.0}}, ["without_data: zero → neutral 50"]),
        ({"segments": ["a"]}, {"segments": ["a", "b"]}, ["segments: a → a, b"]),
        ({"watched": [{"measure": "logins"}]}, {}, ["watched.logins: gone"]),
        ({}, {"exceptions": [SILENCE]}, ["exceptions.0: new, when (logins < 1), at most 39, words Nobody came"]),
        (
            {"bands": [{"name": "red", "lower": 0}]},
            {"bands": [{"name": "emergency", "lower": 0}]},
            ["bands.red: gone, lower 0", "bands.emergency: new, lower 0"],
        ),
        (
            {},
            {"groups": [{"name": "use", "label": "Use", "leaves": [LEAF]}]},
            ["groups.use: new, label Use", f"groups.use.leaves.logins: new, {TOLD}"],
        ),
    ],
)  # fmt: skip
def test_what_is_different_has_a_line_for_each_thing_of_a_name(before: Any, after: Any, words: list[str]) -> None:
    assert told(before, after) == words


def test_a_step_more_of_a_curve_is_one_line() -> None:
    longer = {**LEAF, "curve": {"steps": [*LEAF["curve"]["steps"], {"above": 20.0, "points": 10.0}]}}  # type: ignore[dict-item, index]
    assert told([LEAF], [longer]) == ["logins.curve.steps.3: new, 10 above 20", "logins.curve.reason: gone, ours"]
