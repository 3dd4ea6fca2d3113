"""The drawings: what is drawn adds up and stays inside."""

import datetime as dt
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.api.console.charts import dial, history, waterfall
from services.api.console.pages import last_move
from services.api.schemas import Change, ChangePart, HistoryRow, ModelBand
from tests.api.company import NOW

BANDS = [
    ModelBand(name="healthy", lower=80, color="green"), ModelBand(name="stable", lower=60, color="yellow"),
    ModelBand(name="at_risk", lower=40, color="orange"), ModelBand(name="critical", lower=0, color="red"),
]  # fmt: skip


def part(points: float, *, by_time: bool = False) -> ChangePart:
    return ChangePart(measure="m", label="M", points=points, words="w", by_time=by_time, events=[], event_count=0)


def row(days_ago: float, score: int | None) -> HistoryRow:
    at = NOW - dt.timedelta(days=days_ago)
    return HistoryRow(
        kind="close", effective_at=at, recorded_at=at, model="m", segment="s", score=score, band="b", coverage=1,
        computed_score=score, override_id=None, corrects=False, measures={},
    )  # fmt: skip


@given(st.floats(0, 100), st.lists(st.floats(-40, 40), max_size=20))
def test_the_bars_of_a_waterfall_hang_together_and_stay_inside(before: float, moves: list[float]) -> None:
    after = before + sum(moves)
    falls = waterfall(before, [part(move) for move in moves], after)
    assert len(falls) <= 11
    assert falls[0].kind == falls[-1].kind == "total"
    for fall in falls:
        assert -0.01 <= fall.x <= 100.01
        assert fall.x + fall.width <= 100.5
    inner = [fall.points or 0 for fall in falls[1:-1]]
    assert abs(sum(inner) - sum(moves)) < 1e-6


def test_what_time_alone_moved_is_drawn_as_such() -> None:
    assert waterfall(50, [part(-4, by_time=True), part(2)], 48)[1].kind == "down by-time"


def test_more_than_eight_causes_end_in_one_bar() -> None:
    falls = waterfall(80, [part(-1)] * 12, 68)
    assert (falls[9].label, falls[9].points) == ("Everything else", -4)


def test_the_hand_of_the_dial_stands_where_the_score_is() -> None:
    assert dial(50, BANDS).hand == (100.0, 34.0, 100.0, 6.0)
    assert dial(None, BANDS).hand is None
    assert [arc.color for arc in dial(1, BANDS).bands] == ["green", "yellow", "orange", "red"]


def test_a_score_holds_until_the_next_and_a_missing_one_breaks_the_line() -> None:
    rows = [row(10, 40), row(20, None), row(30, 80), row(45, 60)]
    drawn = history(rows, 42, BANDS, NOW)
    assert drawn.lines == ["500.0,40 666.7,40 666.7,20", "888.9,60 1000.0,60 1000.0,58"]
    assert drawn.last == (100.0, 58.0)


def test_what_lies_before_the_window_is_drawn_at_its_edge() -> None:
    assert history([row(400, 70)], 70, BANDS, NOW).lines == ["0.0,30 1000.0,30"]


def test_zones_cover_the_whole_height() -> None:
    zones = history([], None, BANDS, NOW).zones
    assert sum(zone.height for zone in zones) == 100
    assert [(zone.name, zone.y) for zone in zones] == [
        ("healthy", 0),
        ("stable", 20),
        ("at_risk", 40),
        ("critical", 60),
    ]


def test_what_was_computed_is_drawn_beside_what_was_set_from_when_to_when() -> None:
    held = UUID(int=1)
    rows = [row(30, 70), row(60, 20), row(90, 70)]
    rows[1] = rows[1].model_copy(update={"override_id": held, "computed_score": 65})
    drawn = history(rows, 70, BANDS, NOW)
    assert drawn.beside == ["333.3,35 666.7,35 666.7,30"]
    still = history(rows[1:], 20, BANDS, NOW, computed=60)
    assert still.beside == ["333.3,35 1000.0,35 1000.0,40"]
    assert history([row(400, 70)], 70, BANDS, NOW).beside == []


def move(points: int, *parts: ChangePart) -> Change:
    return Change(id=1, at=NOW, from_score=40, to_score=40 + points, points=points, cause="events", parts=list(parts))


def test_a_move_of_no_whole_point_does_not_hide_the_one_that_moved_the_score() -> None:
    still, moved, untold = move(0, part(0.2), part(-0.2)), move(-6, part(-6)), move(-3)
    assert last_move([untold, still, moved]) is moved
    assert last_move([untold, still]) is still
    assert last_move([untold]) is None
