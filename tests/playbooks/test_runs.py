"""How a run moves, beyond PB-3: what looking twice, late looks and moved anchors do."""

import datetime as dt

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.playbooks.nouns import Begin, Effect, Moment, Redate, Run, RunState, Seen, StepState
from services.playbooks.runs import advance, close, join, start
from services.playbooks.simulate import Turn, day, simulate
from tests.playbooks.stories import NOON, PB_3, asked_to_cancel, fell, seen, small


def begun(at: dt.datetime = NOON, **values: object) -> tuple[Run, list[Effect]]:
    first = seen(**values)  # type: ignore[arg-type]
    return advance(start(PB_3, fell(), version=1, why="test", seen=first, now=at), PB_3, first, at)


def test_looking_twice_changes_nothing_more() -> None:
    run, effects = begun()
    again, more = advance(run, PB_3, seen(), NOON)
    assert effects
    assert more == []
    assert again == run


def test_a_run_knows_the_next_instant_at_which_it_moves_by_itself() -> None:
    run, _ = begun()
    assert run.next_due == dt.datetime(2026, 3, 5, tzinfo=dt.UTC)  # midnight: who left within 30 days moves with time
    plain = small(steps=[{"id": "a", "at": "D0", "title": "A", "channel": "Call", "role": "CSM"}])
    first = seen()
    run, _ = advance(start(plain, fell(), version=1, why="test", seen=first, now=NOON), plain, first, NOON)
    assert run.next_due is None


def test_a_late_look_sees_that_the_exit_was_met_although_it_no_longer_is() -> None:
    run, _ = begun()
    moments = (Moment(NOON + day(2), {"score": 65}), Moment(NOON + day(10), {"score": 50}))
    run, effects = advance(run, PB_3, seen(score=50)._replace(moments=moments), NOON + day(12))
    assert run.state is RunState.EXITED
    assert run.ended_because == "score >= 60, for 7 days"
    assert effects


def test_a_late_look_sees_an_interruption_that_has_passed() -> None:
    run, _ = begun()
    moments = (
        Moment(NOON + day(2), {"score": 65}),
        Moment(NOON + day(5), {"score": 50}),
        Moment(NOON + day(6), {"score": 65}),
    )
    run, _ = advance(run, PB_3, seen(score=65)._replace(moments=moments), NOON + day(10))
    assert run.state is RunState.OPEN
    assert run.next_due is not None
    assert run.progress.holding == {"score >= 60 for 7 days": NOON + day(6)}


def test_a_moment_below_20_between_two_looks_escalates() -> None:
    run, _ = begun()
    moments = (Moment(NOON + day(0, hour=2), {"score": 15}), Moment(NOON + day(0, hour=3), {"score": 36}))
    run, effects = advance(run, PB_3, seen()._replace(moments=moments), NOON + day(0, hour=4))
    assert [e.step for e in effects if isinstance(e, Begin)] == ["executive"]
    assert run.progress.steps["executive"].words == "the score 15 is below 20"


def test_an_occasion_joins_once() -> None:
    run, _ = begun()
    request = asked_to_cancel()
    joined = join(run, request)
    assert join(joined, request) == joined
    assert len(joined.progress.occasions) == 2
    assert joined.progress.signals == ("cancel_requested",)


def test_a_closed_run_does_not_move() -> None:
    run, _ = begun()
    for step in [name for name, known in run.progress.steps.items() if known.state is StepState.OPEN]:
        run, _ = close(run, step, StepState.SKIPPED, "not now", NOON)
    late = NOON + day(4)
    run, _ = advance(run, PB_3, seen(replied_since_start=True), late)
    assert run.state is RunState.COMPLETED
    assert advance(run, PB_3, seen(score=5), late + day(1)) == (run, [])


def test_a_moved_anchor_re_dates_what_is_not_finished() -> None:
    steps = [
        {"id": "early", "at": "T-60", "title": "Early", "channel": "Call", "role": "CSM"},
        {"id": "late", "at": "T-30", "title": "Late", "channel": "Call", "role": "CSM"},
    ]
    renewal = small(anchor="renewal", steps=steps)
    first = seen()._replace(anchor=dt.date(2026, 6, 30))
    run, _ = advance(start(renewal, fell(), version=1, why="test", seen=first, now=NOON), renewal, first, NOON)
    run, _ = close(run, "early", StepState.DONE, "done", NOON)
    run, effects = advance(run, renewal, first._replace(anchor=dt.date(2026, 7, 31)), NOON + day(1))
    assert effects == [Redate("late", dt.date(2026, 7, 1))]
    assert run.progress.steps["early"].due_on == dt.date(2026, 5, 1)


def test_a_run_survives_its_bytes() -> None:
    run, _ = begun()
    assert msgspec.json.decode(msgspec.json.encode(run), type=Run) == run


_SCRIPTS = st.dictionaries(
    st.integers(1, 80 * 24),
    st.fixed_dictionaries(
        {},
        optional={
            "score": st.none() | st.integers(0, 100),
            "replied_since_start": st.just(True),
            "stakeholders_left": st.integers(0, 3),
        },
    ),
    max_size=12,
)


@given(_SCRIPTS, st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"]))
def test_whatever_happens_each_task_is_opened_once_and_closed_runs_leave_none_open(
    script: dict[int, dict[str, object]], zone: str
) -> None:
    turns = [Turn(day(0, hour=hour), values) for hour, values in script.items()]  # type: ignore[arg-type]
    simulation = simulate(PB_3, fell(), turns, seen=seen(zone=zone), starts_at=NOON)
    opened = [h.effect.step for h in simulation.happenings if isinstance(h.effect, Begin) and h.effect.is_task]
    assert len(opened) == len(set(opened))
    if simulation.run.state is not RunState.OPEN:
        assert simulation.tasks_on(NOON.date() + day(91)) == []
        assert simulation.run.next_due is None


@given(st.lists(st.integers(1, 40 * 24), max_size=20))
def test_looking_more_often_than_needed_changes_nothing(extra: list[int]) -> None:
    script = [Turn(day(6), {"score": 65}), Turn(day(9), {"score": 30}), Turn(day(20), {"score": 61})]
    looks = [Turn(day(0, hour=hour)) for hour in extra if hour % 24]
    plain = simulate(PB_3, fell(), script, seen=seen(), starts_at=NOON)
    watched = simulate(PB_3, fell(), [*looks, *script], seen=seen(), starts_at=NOON)
    assert [h.effect for h in watched.happenings] == [h.effect for h in plain.happenings]
    assert watched.opened() == plain.opened()


def test_seen_names_what_texts_may_name() -> None:
    assert Seen("Acme", {"score": 36}).names["account"] == "Acme"
