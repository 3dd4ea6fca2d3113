"""What would raise a score most is reckoned by the model, one step of one measure at a time."""

import pytest
from hypothesis import given

from services.health.assess import Assessment, Context, assess
from services.health.curves import Bend, Curve, Quarters, Step
from services.health.improve import improvements, next_step
from services.health.model import load_models
from tests.health.stories import HM2, NOON, answered, facts_of, histories, met, said, used

MODELS = load_models()
POINT = 1_000_000
RISING = Curve(steps=(Step(points=20), Step(at=2, points=60), Step(above=5, points=100)), reason="ours")
FALLING = Curve(steps=(Step(points=100), Step(at=1, points=60), Step(at=3, points=20)), reason="ours")
LINES = Curve(linear=(Bend(at=0, points=0), Bend(at=10, points=100)), reason="ours")
PEERS = Curve(peers=Quarters(top=100, upper=70, lower=50, bottom=20), reason="ours")


@pytest.mark.parametrize(
    ("curve", "value", "points", "target", "reached"),
    [
        (RISING, 0, 20, 2, 60),
        (RISING, 4, 60, pytest.approx(5), 100),
        (FALLING, 2, 60, 1, 100),
        (FALLING, 7, 20, 3, 60),
        (LINES, 4, 40, 10, 100),
        (PEERS, 4, 50, None, 70),
    ],
)
def test_the_next_step_is_the_nearest_value_that_brings_more(
    curve: Curve, value: float, points: int, target: float | None, reached: int
) -> None:
    assert next_step(curve, value, points * POINT) == (target, reached * POINT)


@pytest.mark.parametrize("curve", [RISING, FALLING, LINES, PEERS])
def test_at_the_top_there_is_no_step(curve: Curve) -> None:
    assert next_step(curve, 5, 100 * POINT) is None


def test_the_greatest_gain_comes_first_and_says_how_far() -> None:
    facts = facts_of(
        *used(20, "mia", feature="reports"), answered(1, 3), met(3, "missed"),
        said("sponsor.updated", 1, identified=True, engaged=False),
    )  # fmt: skip
    told = improvements(HM2, assess(HM2, facts, Context(), NOON))
    assert [one.gain for one in told] == sorted((one.gain for one in told), reverse=True)
    assert len(told) == 3
    nps = next(one for one in told if one.measure == "nps_score")
    assert nps.words == "from 3 of 10 to 7 of 10"


def test_of_an_unknown_score_nothing_is_said() -> None:
    assert improvements(HM2, assess(HM2, facts_of(), Context(), NOON)) == []


def _capped(*more: object) -> Assessment:
    """Nobody has signed in for 20 days, at an account that is well otherwise: 39."""
    happened = [*used(20, "mia", feature="reports"), answered(30, 8), met(3), *more]
    found = assess(HM2, facts_of(*happened), Context(), NOON)  # type: ignore[arg-type]
    assert (found.score, found.exception) == (39, "Nobody has signed in for 14 days")
    return found


def test_of_who_is_held_down_the_end_of_it_is_told_and_no_step_that_leaves_it_there() -> None:
    held = _capped()
    [one] = improvements(HM2, held)
    assert (one.measure, one.gain) == ("days_since_last_login", -held.exception_points)
    assert one.words == "from 20 days to below 14 days; no longer: Nobody has signed in for 14 days"


def test_of_two_that_hold_it_down_the_end_of_both_is_told() -> None:
    held = _capped(*[event for day in range(28, 60) for event in used(day, "mia", feature="reports")])
    [one] = improvements(HM2, held)
    assert one.measure == "days_since_last_login"
    assert ", and Use of key features from -" in one.words
    assert one.gain == -held.exception_points


@given(histories)
def test_whoever_takes_the_step_gets_the_gain(told: list[object]) -> None:
    facts = facts_of(*told)  # type: ignore[arg-type]
    for model in MODELS.values():
        assessment = assess(model, facts, Context(), NOON)
        for one in improvements(model, assessment, most=99):
            if "no longer" in one.words:
                continue
            assert one.target is not None
            place, values = model.measures.index(one.measure), [part.value for part in assessment.contributions]
            leaf, points = model.leaves[place], [part.points for part in assessment.contributions[: len(model.leaves)]]
            nearest = one.target if one.target > one.value or leaf.curve.linear else one.target - 1e-9
            points[place], values[place] = leaf.curve.rate()(nearest, None), nearest
            raw = sum(model.plan.weigh(tuple(points)).parts or ())
            stood = (assessment.raw or 0) + assessment.exception_points
            assert model.plan.bounded(values, raw)[1] == stood + one.gain
