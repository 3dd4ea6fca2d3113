"""Any valid model, and any values that its measures could have, edges of its curves included."""

import math
from typing import Any

from hypothesis import strategies as st

from services.health.curves import Quartiles
from services.health.measures import MEASURES
from services.health.model import Leaf, Model
from services.health.scoring import MOST_WEIGHT

SEGMENTS = ("high_touch", "low_touch")

_points = st.integers(0, 100) | st.floats(0, 100)
_weights = st.integers(1, 5) | st.integers(1, MOST_WEIGHT)
_bound = st.integers(-40, 40).map(lambda n: n / 4) | st.floats(-100, 100) | st.sampled_from([-1e15, 1e15])
_bounds = st.lists(_bound, min_size=2, max_size=5, unique=True)


@st.composite
def _curves(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["steps", "linear", "peers"]))
    if kind == "peers":
        quarters = {name: draw(_points) for name in ("top", "upper", "lower", "bottom")}
        return {"reason": "any", "peers": quarters}
    bounds = sorted(draw(_bounds))
    if kind == "linear":
        return {"reason": "any", "linear": [{"at": bound, "points": draw(_points)} for bound in bounds]}
    begins = [{draw(st.sampled_from(["at", "above"])): bound, "points": draw(_points)} for bound in bounds]
    return {"reason": "any", "steps": [{"points": draw(_points)}, *begins]}


def _read(measure: str) -> dict[str, Any]:
    """A measure with what it must be told: a list of names has no default."""
    lists = {name: ["a", "b"] for name, default in MEASURES[measure].params.items() if default == ()}
    return {"measure": measure, "params": lists}


@st.composite
def _leaves(draw: st.DrawFn, measure: str) -> dict[str, Any]:
    without = draw(st.sampled_from(["exclude", "zero", "neutral"]))
    return {
        **_read(measure),
        "weight": draw(_weights),
        "curve": draw(_curves()),
        "without_data": {"neutral": draw(_points)} if without == "neutral" else without,
    }


@st.composite
def _exceptions(draw: st.DrawFn, measures: list[str]) -> dict[str, Any]:
    when = {
        "measure": draw(st.sampled_from(measures)),
        "op": draw(st.sampled_from([">=", ">", "<=", "<", "=="])),
        "value": draw(st.integers(-10, 10)),
    }
    bound = draw(st.sampled_from(["at_most", "at_least"]))
    return {"when": when, bound: draw(_points), "words": "any", "reason": "any"}


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A valid model of some of the measures."""
    names = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=10, unique=True))
    watched = draw(st.integers(0, len(names) - 1))
    weighed, groups = names[watched:], []
    while weighed:
        size = draw(st.integers(1, len(weighed)))
        some, weighed = weighed[:size], weighed[size:]
        name = f"g{len(groups)}"
        leaves = [draw(_leaves(measure)) for measure in some]
        groups.append({"name": name, "label": name, "weight": draw(_weights), "leaves": leaves})
    lowers = sorted(draw(st.sets(st.integers(1, 90), max_size=4)), reverse=True)
    bands = [
        {"name": f"b{n}", "color": "green", "lower": lower, "action": "any"} for n, lower in enumerate([*lowers, 0])
    ]  # fmt: skip
    return Model.model_validate(
        {
            "name": "any", "version": 1, "words": "any", "groups": groups, "bands": bands, "upward_margin": 5,
            "watched": list(map(_read, names[:watched])),
            "minimum_coverage": draw(st.sampled_from([0, 0.35, 1]) | st.floats(0, 1)),
            "exceptions": draw(st.lists(_exceptions(names), max_size=3)),
        }
    )  # fmt: skip


def edges(leaf: Leaf) -> list[float]:
    """Where the curve of a leaf turns, and the numbers beside."""
    at = [step.lower for step in leaf.curve.steps or ()] + [bend.at for bend in leaf.curve.linear or ()]
    return [*at, *(math.nextafter(bound, way) for bound in at for way in (-math.inf, math.inf))]


@st.composite
def rows_of(draw: st.DrawFn, model: Model) -> list[list[float | None]]:
    """Some rows of values in the model's order."""
    told = [*map(edges, model.leaves), *([] for _ in model.watched)]
    anything = [None, math.inf, -math.inf, 0.0, -0.0]
    values = [
        st.sampled_from([*anything, *known]) | st.floats(-1e9, 1e9) | st.integers(-12, 12).map(lambda n: n / 2)
        for known in told
    ]
    return draw(st.lists(st.tuples(*values).map(list), min_size=1, max_size=12))


_quarters = st.lists(st.integers(-6, 6).map(float), min_size=3, max_size=3).map(sorted)


@st.composite
def references_of(draw: st.DrawFn, model: Model) -> dict[str, dict[str, Quartiles]]:
    """A reference for every segment, of all, some or none of the measures rated against peers, some of too few."""
    return {
        segment: {
            leaf.column.key: Quartiles(*draw(_quarters), draw(st.sampled_from([7, 8, 100])))
            for leaf in model.leaves
            if leaf.curve.peers and draw(st.booleans())
        }
        for segment in SEGMENTS
    }
