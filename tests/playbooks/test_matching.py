"""Which playbooks an occasion starts, and why the others stay out."""

import datetime as dt
from collections.abc import Sequence

from services.playbooks.definitions import Playbook
from services.playbooks.matching import Decision, Standing, Verdict, decide
from tests.playbooks.stories import NOON, PB_3, asked_to_cancel, fell, small


def verdicts(playbooks: Sequence[Playbook], standing: Standing | None = None) -> dict[str, Verdict]:
    return {d.playbook: d.verdict for d in decide(fell(), playbooks, standing or Standing({}), NOON)}


def test_a_closed_episode_is_suppressed_and_says_so() -> None:
    (decision,) = decide(fell(), [PB_3], Standing({}, episode_closed=True), NOON)
    assert decision == Decision(
        "at-risk", Verdict.SUPPRESSED, "the episode has closed meanwhile; the score 36 is below 40 (it was 52)"
    )


def test_a_later_occasion_joins_the_open_run() -> None:
    (decision,) = decide(asked_to_cancel(), [PB_3], Standing({}, open_runs=frozenset({"at-risk"})), NOON)
    assert decision.verdict is Verdict.JOINED


def test_accounts_of_other_segments_are_passed_by() -> None:
    playbook = small(segments=["high_touch"])
    assert verdicts([playbook], Standing({"segment": "tech_touch", "served_as": "tech_touch"})) == {
        "small": Verdict.NO_MATCH
    }
    assert verdicts([playbook], Standing({"segment": "tech_touch", "served_as": "high_touch"})) == {
        "small": Verdict.STARTED
    }


def test_a_crossing_does_not_start_a_playbook_of_signals() -> None:
    playbook = small(triggers=[{"kind": "signal"}])
    (decision,) = decide(fell(), [playbook], Standing({}), NOON)
    assert decision == Decision("small", Verdict.NO_MATCH, "a crossing does not start it")


def test_a_trigger_without_a_condition_takes_every_crossing() -> None:
    (decision,) = decide(fell(), [small(triggers=[{"kind": "crossing"}])], Standing({}), NOON)
    assert decision == Decision("small", Verdict.STARTED, "there was a crossing (it was 52)")


def test_the_higher_priority_goes_first() -> None:
    low, high = small(priority=10), small(id="high", priority=20)
    decisions = decide(fell(), [low, high], Standing({}), NOON)
    assert [d.verdict for d in decisions] == [Verdict.SUPPRESSED, Verdict.STARTED]
    assert decisions[0].words.startswith("high goes first; the score 36 is below 40")


def test_one_that_excludes_another_yields_to_it() -> None:
    shy, bold = small(id="a-shy", excludes=["bold"]), small(id="bold")
    assert verdicts([shy, bold], Standing({}, open_runs=frozenset({"bold"}))) == {
        "a-shy": Verdict.SUPPRESSED,
        "bold": Verdict.JOINED,
    }


def test_of_two_that_start_together_the_excluded_one_does_not() -> None:
    shy, bold = small(id="z-shy", excludes=["bold"]), small(id="bold")
    assert verdicts([shy, bold]) == {"z-shy": Verdict.SUPPRESSED, "bold": Verdict.STARTED}


def test_re_enrolment_waits_its_days() -> None:
    playbook = small(reenrolment={"after_days": 30})
    ended = NOON - dt.timedelta(days=29)
    assert verdicts([playbook], Standing({}, last_ended={"small": ended})) == {"small": Verdict.SUPPRESSED}
    earlier = ended - dt.timedelta(days=1)
    assert verdicts([playbook], Standing({}, last_ended={"small": earlier})) == {"small": Verdict.STARTED}


def test_a_playbook_out_of_force_is_not_decided_on() -> None:
    assert verdicts([small(in_force=False)]) == {}
