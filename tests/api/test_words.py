"""How the console speaks."""

import datetime as dt

import pytest

from services.api.console import words
from shared.contracts import NATIVE
from tests.api.company import NOW


@pytest.mark.parametrize(
    ("points", "text"), [(4, "+4"), (-12.46, "−12.5"), (0.04, "±0"), (-0.04, "±0"), (0.05, "+0.1")]
)
def test_points_have_a_true_sign(points: float, text: str) -> None:
    assert words.signed(points) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "–"), (0, "0"), (950, "950"), (18_500, "18.5k"), (120_000, "120k"), (1_240_000, "1.2M")]
)
def test_money_is_short(amount: float | None, text: str) -> None:
    assert words.money(amount) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (86_400 * 3, "3 days ago"), (-90_000, "in 1 day")],
)
def test_times_are_told_in_the_largest_unit(seconds: int, text: str) -> None:
    assert words.ago(NOW - dt.timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("days", "text"), [(-1, "1 day overdue"), (-4, "4 days overdue"), (0, "today"), (1, "tomorrow"), (3, "Wed 25 Nov")]
)
def test_a_day_is_told_from_today(days: int, text: str) -> None:
    assert words.due(NOW.date() + dt.timedelta(days=days), NOW.date()) == text


def test_every_native_event_has_a_line_whatever_it_lacks() -> None:
    for kind in NATIVE:
        assert kind in words._SAID
        assert words.said(kind, {})
    assert words.said("something.new", {"a": 1}) == "Something new"
    assert words.said("ticket.updated", ["odd"]) == "Ticket updated"
