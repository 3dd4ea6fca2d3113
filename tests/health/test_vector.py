"""Many accounts at once: the same digits as one by one."""

from dataclasses import replace
from statistics import quantiles
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.assess import Assessment, Context, Quartiles, assess
from services.health.model import Model
from services.health.vector import weighing
from services.health.vector.peers import peer_places, quartiles, references_of
from services.health.vector.score import UNKNOWN, Peers, Scored, score
from shared.facts import Facts
from tests.health import models
from tests.health.stories import HM2, NOON


def alone(model: Model, row: list[float | None], reference: dict[str, Quartiles]) -> Assessment:
    """What `assess` says of an account whose measures have these values."""
    reads = tuple((lambda facts, now, value=value: value) for value in row)
    fixed: Any = SimpleNamespace(plan=replace(model.plan, reads=reads))
    return assess(fixed, Facts(), Context(reference), NOON)


def told(model: Model, scored: Scored, i: int) -> tuple[Any, ...]:
    """What the matrix says of a row, in the words of an assessment."""
    known = scored.score[i] != UNKNOWN
    exception = scored.exception[i]
    return (
        int(scored.score[i]) if known else None,
        int(scored.raw[i]) if known else None,
        int(scored.coverage[i]),
        model.bands[scored.band[i]].name if known else "unknown",
        [None if p == weighing.NO_POINTS else int(p) for p in scored.points[i]],
        scored.contributions()[i].tolist(),
        None if exception == UNKNOWN else model.exceptions[exception].words,
        int(scored.exception_points[i]),
        int(scored.rounding_points[i]),
    )


def said(model: Model, one: Assessment) -> tuple[Any, ...]:
    """The same of an assessment."""
    leaves = one.contributions[: len(model.leaves)]
    return (
        one.score, one.raw, one.coverage, one.band, [part.points for part in leaves],
        [part.contribution for part in leaves], one.exception, one.exception_points, one.rounding_points,
    )  # fmt: skip


@settings(deadline=None)  # a model is made and loaded for every example
@given(st.data())
def test_any_model_over_any_values_is_equal_to_the_last_digit(data: st.DataObject) -> None:
    model = data.draw(models.models())
    rows = data.draw(models.rows_of(model))
    references = data.draw(models.references_of(model))
    segments = data.draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows)))
    peers = Peers([references[name] for name in models.SEGMENTS], np.array(segments, np.intp))
    scored = score(model, np.array(rows, np.float64), peers)
    for i, row in enumerate(rows):
        assert told(model, scored, i) == said(model, alone(model, row, references[models.SEGMENTS[segments[i]]]))


def test_the_shipped_model_is_equal_too() -> None:
    row = [0.5, 0.8, 4.0, 9.0, 1.0, None, 1.0, 0.0, 1.0, 0.0, 0.333333, 4.5, -1.0, 1.0, 14.0, None]
    peers = {"depth_of_use": Quartiles(2, 4, 6, 8)}
    scored = score(HM2, np.array([row], np.float64), Peers([peers]))
    assert told(HM2, scored, 0) == said(HM2, alone(HM2, row, peers))
    assert scored.score[0] == 39


def test_nothing_known_is_unknown() -> None:
    scored = score(HM2, np.full((2, len(HM2.measures)), np.nan), Peers())
    assert scored.score.tolist() == scored.band.tolist() == [UNKNOWN, UNKNOWN]
    assert not scored.contributions().any()


# --- similar accounts ----------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6) | st.integers(0, 5).map(float), min_size=8, max_size=40))
def test_quartiles_are_those_of_the_day_grid(some: list[float]) -> None:
    found = quartiles(np.array([*some, np.nan]))
    assert found == Quartiles(*quantiles(some, n=4, method="inclusive"), len(some))


def test_a_reference_is_taken_by_segment_and_not_below_eight() -> None:
    values = np.full((15, len(HM2.measures)), np.nan)
    values[:, HM2.measures.index("depth_of_use")] = np.arange(15)
    segments = np.array([0] * 8 + [1] * 7, np.intp)
    assert references_of(peer_places(HM2), values, segments, 2) == [{"depth_of_use": Quartiles(1.75, 3.5, 5.25, 8)}, {}]
