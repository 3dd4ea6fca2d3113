"""A band that nobody acts on is told."""

from services.playbooks.lint import Fall, unanswered
from services.playbooks.loading import load

SHIPPED = load()


def test_a_fall_below_40_is_answered() -> None:
    assert unanswered(SHIPPED, [Fall("high_touch", "critical", 0, 39)]) == []


def test_a_fall_that_starts_nothing_is_told() -> None:
    fall = Fall("high_touch", "at_risk", 40, 59)
    assert unanswered(SHIPPED, [fall]) == [fall]
    assert unanswered([], [fall]) == [fall]
