"""PB-3 At-Risk, to the day: its table, both branches of its conditional steps, its triggers, exit and escalations."""

import datetime as dt

import pytest

from services.playbooks.matching import Standing, Verdict, decide
from services.playbooks.nouns import Begin, CloseTask, FinishRun, RunState, StepState
from services.playbooks.occasions import Occasion
from services.playbooks.simulate import Simulation, Turn, day, simulate
from tests.playbooks.stories import NOON, PB_3, asked_to_cancel, fell, seen

TABLE = [
    ("alert", 0, "System", "CS Platform"),
    ("review", 0, "CSM", "Internal"),
    ("outreach", 1, "CSM", "Email/Call"),
    ("internal-escalation", 2, "CSM", "Slack/Meeting"),
    ("executive-outreach", 3, "CSM Manager", "Email/Call"),
    ("discovery", 5, "CSM", "Video"),
    ("root-cause", 7, "CSM", "Internal doc"),
    ("recovery-plan", 10, "CSM", "Success plan"),
    ("plan-review", 14, "CSM", "Video"),
    ("checkpoint", 21, "CSM", "Video"),
    ("assessment", 30, "CSM", "Internal review"),
]
REPLY = {"replied_since_start": True}


def play(*script: Turn, **start: object) -> Simulation:
    return simulate(PB_3, fell(), script, seen=seen(**start), starts_at=NOON)  # type: ignore[arg-type]


def on(number: int) -> dt.date:
    return NOON.date() + dt.timedelta(days=number)


def test_pb_3_has_eleven_dated_steps_one_by_the_system_and_ten_for_people() -> None:
    assert [(s.id, s.offset.days, s.role, s.channel) for s in PB_3.steps] == TABLE
    assert [s.id for s in PB_3.steps if s.action == "alert"] == ["alert"]
    assert [s.id for s in PB_3.steps if s.condition] == ["internal-escalation", "executive-outreach"]


def test_pb_3_without_a_reply_every_step_comes_on_its_day() -> None:
    steps = {step: when for step, when in play().opened().items() if step in dict.fromkeys(row[0] for row in TABLE)}
    opened_on = {"internal-escalation": 2, "executive-outreach": 3}
    assert steps == {step: (on(opened_on.get(step, 0)), on(due)) for step, due, *_ in TABLE}


def test_pb_3_with_a_reply_on_day_1_both_conditional_steps_are_not_needed() -> None:
    simulation = play(Turn(day(1), REPLY))
    assert set(simulation.opened()) == {row[0] for row in TABLE} - {"internal-escalation", "executive-outreach"}
    not_needed = simulation.run.progress.steps["internal-escalation"]
    assert not_needed.state is StepState.NOT_NEEDED
    assert not_needed.words == "somebody has replied since the run started"


def test_pb_3_with_a_reply_between_day_2_and_day_3_only_the_first_conditional_step_comes() -> None:
    opened = play(Turn(day(2), REPLY)).opened()
    assert opened["internal-escalation"] == (on(2), on(2))
    assert "executive-outreach" not in opened


def test_pb_3_a_score_below_20_needs_the_executive_although_somebody_replied() -> None:
    opened = play(Turn(day(1), REPLY), Turn(day(2), {"score": 18})).opened()
    assert "internal-escalation" not in opened
    assert opened["executive-outreach"] == (on(3), on(3))


@pytest.mark.parametrize("day_number", [0, 1, 2, 3, 29, 30])
def test_pb_3_which_tasks_are_open_on_which_day(day_number: int) -> None:
    conditional = {"internal-escalation": 2, "executive-outreach": 3}
    expected = [row[0] for row in TABLE[1:] if conditional.get(row[0], 0) <= day_number]
    assert sorted(play().tasks_on(on(day_number))) == sorted(expected)


def test_pb_3_days_are_those_of_the_accounts_time_zone() -> None:
    late = dt.datetime(2026, 3, 4, 16, 0, tzinfo=dt.UTC)  # already the 5th in Auckland
    simulation = simulate(PB_3, fell(), seen=seen(zone="Pacific/Auckland"), starts_at=late)
    steps = simulation.run.progress.steps
    assert steps["outreach"].due_on == dt.date(2026, 3, 6)
    opened = next(h.at for h in simulation.happenings if getattr(h.effect, "step", "") == "internal-escalation")
    assert opened == dt.datetime(2026, 3, 6, 11, 0, tzinfo=dt.UTC)  # midnight of the 7th in Auckland


def test_pb_3_starts_when_the_score_crosses_below_40() -> None:
    (decision,) = decide(fell(score=36, previous=52), [PB_3], Standing({}), NOON)
    assert decision.verdict is Verdict.STARTED
    assert decision.words == "the score 36 is below 40 (it was 52)"


@pytest.mark.parametrize("score", [40, 41, 59])
def test_pb_3_does_not_start_at_40_or_above(score: int) -> None:
    (decision,) = decide(fell(score=score, previous=62, to_band="at_risk"), [PB_3], Standing({}), NOON)
    assert decision.verdict is Verdict.NO_MATCH
    assert decision.words == f"the score {score} is not below 40"


def test_pb_3_does_not_start_on_the_way_up() -> None:
    (decision,) = decide(fell(direction="up", score=39), [PB_3], Standing({}), NOON)
    assert decision.verdict is Verdict.NO_MATCH


def test_pb_3_starts_when_the_account_asks_to_cancel_whatever_its_score() -> None:
    (decision,) = decide(asked_to_cancel(score=75), [PB_3], Standing({"score": 75}), NOON)
    assert decision.verdict is Verdict.STARTED
    assert decision.words == "the signal is cancel_requested (Acme has asked to cancel: too expensive)"


@pytest.mark.parametrize("occasion", [fell(), asked_to_cancel()])
def test_pb_3_does_not_start_for_an_account_that_has_left(occasion: Occasion) -> None:
    (decision,) = decide(occasion, [PB_3], Standing({"stage": "churned"}), NOON)
    assert decision.verdict is Verdict.SUPPRESSED
    assert decision.words.startswith("the lifecycle stage is churned; the s")
    (decision,) = decide(occasion, [PB_3], Standing({"stage": "renewal"}), NOON)
    assert decision.verdict is Verdict.STARTED


def test_pb_3_is_cancelled_once_the_account_has_left() -> None:
    simulation = play(Turn(day(4, hour=9), {"stage": "churned"}), stage="renewal")
    assert simulation.run.state is RunState.CANCELLED
    assert simulation.run.ended_because == "the lifecycle stage is churned"
    assert simulation.tasks_on(on(4)) == []


def test_pb_3_exits_when_the_score_has_been_60_or_more_for_7_days() -> None:
    simulation = play(Turn(day(4), {"score": 60}))
    ended = simulation.happenings[-1]
    assert ended.effect == FinishRun(RunState.EXITED, "the score 60 is at least 60, for 7 days")
    assert ended.at == NOON + day(11)
    closed = {h.effect.step for h in simulation.happenings if isinstance(h.effect, CloseTask)}
    assert {"review", "assessment"} <= closed
    assert simulation.tasks_on(on(12)) == []


def test_pb_3_an_interruption_of_the_seven_days_counts_anew() -> None:
    simulation = play(Turn(day(4), {"score": 70}), Turn(day(10), {"score": 59}), Turn(day(12), {"score": 61}))
    assert simulation.happenings[-1].at == NOON + day(19)
    assert simulation.run.state is RunState.EXITED


def test_pb_3_a_score_that_becomes_unknown_interrupts_the_seven_days() -> None:
    simulation = play(Turn(day(4), {"score": 70}), Turn(day(10), {"score": None}), Turn(day(11), {"score": 70}))
    assert simulation.happenings[-1].at == NOON + day(18)


def test_pb_3_without_response_for_three_days_the_manager_hears_once() -> None:
    raised = [h for h in play().happenings if h.effect[0] == "no-response"]
    assert [h.at for h in raised] == [NOON + day(3)]
    assert isinstance(raised[0].effect, Begin)
    assert raised[0].effect.kind == "alert"
    assert raised[0].effect.title == "Acme: no response in 3 days"
    assert raised[0].effect.role == "CSM Manager"


def test_pb_3_with_a_response_the_manager_is_left_alone() -> None:
    assert "no-response" not in play(Turn(day(2, hour=20), REPLY)).opened()


def test_pb_3_below_20_an_executive_gets_involved_once() -> None:
    simulation = play(Turn(day(6), {"score": 19}), Turn(day(8), {"score": 30}), Turn(day(9), {"score": 12}))
    came = [h for h in simulation.happenings if h.effect[0] == "executive" and not isinstance(h.effect, CloseTask)]
    assert [h.at for h in came] == [NOON + day(6)]
    assert simulation.opened()["executive"] == (on(6), on(7))


def test_pb_3_at_20_no_executive_gets_involved() -> None:
    assert "executive" not in play(Turn(day(6), {"score": 20})).opened()


def test_pb_3_a_cancel_request_engages_the_save_team_at_once() -> None:
    started = simulate(PB_3, asked_to_cancel(), seen=seen(), starts_at=NOON).opened()
    joined = play(Turn(day(5), joins=asked_to_cancel())).opened()
    assert started["save-team"][0] == on(0)
    assert joined["save-team"][0] == on(5)
    assert "save-team" not in play().opened()


def test_pb_3_several_people_leaving_calls_for_an_account_review() -> None:
    assert "account-review" not in play(Turn(day(5), {"stakeholders_left": 1})).opened()
    assert play(Turn(day(5), {"stakeholders_left": 2})).opened()["account-review"] == (on(5), on(7))


def test_pb_3_is_completed_when_all_is_done() -> None:
    people = tuple(row[0] for row in TABLE[1:])
    simulation = play(Turn(day(1), REPLY), Turn(day(30), closes=people))
    assert simulation.run.state is RunState.COMPLETED
    assert simulation.happenings[-1].effect == FinishRun(RunState.COMPLETED, "every step is done")


def test_pb_3_is_not_completed_while_a_conditional_step_waits_for_its_day() -> None:
    people = tuple(row[0] for row in TABLE[1:])
    simulation = play(Turn(day(1), REPLY, closes=people))
    assert simulation.happenings[-1].at == dt.datetime(2026, 3, 7, tzinfo=dt.UTC)
    assert simulation.run.state is RunState.COMPLETED
