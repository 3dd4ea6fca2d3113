"""Lifecycle stages: S1's in force, S2's and S4's beside it, by what happened and by time alone."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.health.life import NEVER
from services.health.moments import marks
from services.health.stages import Reached, load_lifecycles, stage_of
from shared.clock import DAY_US, from_us
from shared.errors import Invalid
from shared.facts import Event, Facts
from shared.fold import fold
from tests.health.stories import NOON, ago, facts_of, histories, said, subscribed, ticket, used

LIFECYCLES = load_lifecycles()
MIDNIGHT = NOON - DAY_US // 2


def contract(days_ago: float, *, renews_in: float = 300, **body: Any) -> Event:
    """A paying subscription since so many days before NOON."""
    given = {"started_at": from_us(ago(days_ago)), "renews_at": from_us(ago(-renews_in)), **body}
    return subscribed(min(days_ago, 1), 1_000, **given)


def stage(*told: Event, by: str = "s1", now: int = NOON) -> str:
    """The stage of an account of which this was told."""
    return stage_of(LIFECYCLES[by], facts_of(*told), now).stage


S1_STORIES: list[tuple[str, list[Event]]] = [
    ("awareness", [said("account.updated", name="Acme")]),
    ("evaluation", [said("opportunity.updated", opportunity_id="o", kind="new")]),
    ("evaluation", [subscribed(3, 100, status="trialing", trial_ends_at=from_us(ago(-4)))]),
    ("purchase", [said("opportunity.updated", opportunity_id="o", kind="new", status="won")]),
    ("onboarding", [contract(20), *used(2, "mia")]),
    ("onboarding", [contract(40)]),
    ("onboarding", used(2, "mia")),
    ("onboarding", [said("account.updated", customer_since=from_us(ago(9)).date())]),
    ("adoption", [contract(40), *used(2, "mia")]),
    ("adoption", [contract(3), said("milestone.reached", 1, milestone="go_live")]),
    ("expansion", [contract(40), said("opportunity.updated", opportunity_id="o", kind="expansion")]),
    ("advocacy", [contract(40), said("advocacy.recorded", 364, advocacy_id="a", kind="review")]),
    ("onboarding", [contract(40), said("advocacy.recorded", 366, advocacy_id="a", kind="review")]),
    ("renewal", [contract(280, renews_in=89), *used(2, "mia")]),
    ("renewal", [contract(40), said("opportunity.updated", opportunity_id="o", kind="renewal")]),
    ("churned", [contract(400, ends_at=from_us(ago(1)))]),
    ("churned", [contract(400, status="cancelled")]),
]


@pytest.mark.parametrize(("name", "told"), S1_STORIES)
def test_s1_moves_by_what_happens(name: str, told: list[Event]) -> None:
    assert stage(*told) == name


def test_an_account_that_comes_back_is_churned_no_more() -> None:
    gone = contract(400, status="cancelled")
    assert (stage(gone), stage(gone, contract(0, id="s2"))) == ("churned", "onboarding")


@pytest.mark.parametrize(
    ("day", "s2", "s4"),
    [
        (0, "onboarding", "onboarding"),
        (89, "onboarding", "onboarding"),
        (90, "adoption", "adoption"),
        (179, "adoption", "adoption"),
        (180, "optimization", "value_realization"),
        (269, "optimization", "value_realization"),
        (270, "renewal", "value_realization"),
        (364, "renewal", "value_realization"),
        (365, "optimization", "expansion"),
    ],
)
def test_s2_and_s4_count_days_since_the_contract_started(day: int, s2: str, s4: str) -> None:
    told = subscribed(0, 1_000, started_at=from_us(ago(day)))
    assert (stage(told, by="s2"), stage(told, by="s4")) == (s2, s4)


def test_s2_is_in_renewal_95_days_and_s4_90_days_before_the_date_in_every_year() -> None:
    assert [stage(contract(700, renews_in=days), by="s2") for days in (96, 95)] == ["optimization", "renewal"]
    assert [stage(contract(700, renews_in=days), by="s4") for days in (91, 90)] == ["expansion", "renewal"]


def test_the_instant_at_which_time_alone_moves_it_is_known() -> None:
    told = facts_of(contract(20), *used(2, "mia"))
    began = Reached("onboarding", ago(20), ago(-10))
    assert stage_of(LIFECYCLES["s1"], told, NOON)._replace(since=ago(20)) == began
    assert stage_of(LIFECYCLES["s1"], told, began.until - 1).stage == "onboarding"
    assert stage_of(LIFECYCLES["s1"], told, began.until)[:2] == ("adoption", began.until)


def test_a_stage_that_only_an_event_can_change_has_no_next_instant() -> None:
    assert stage_of(LIFECYCLES["s1"], facts_of(said("account.updated", name="Acme")), NOON).until == NEVER


@given(histories, st.randoms(), st.sampled_from(sorted(LIFECYCLES)))
def test_the_order_in_which_things_are_told_does_not_matter_for_the_stage(
    told: list[Event], shuffle: Any, name: str
) -> None:
    mixed = list(told)
    shuffle.shuffle(mixed)
    one_by_one = Facts()
    presence: dict[str, tuple[int, int]] = {}
    for event in mixed:
        one_by_one, presence = fold(one_by_one, presence, [event])
    assert stage_of(LIFECYCLES[name], one_by_one, NOON) == stage_of(LIFECYCLES[name], facts_of(*told), NOON)


@given(histories, st.sampled_from(sorted(LIFECYCLES)), st.integers(0, 3 * DAY_US))
def test_until_its_next_instant_a_stage_stays(told: list[Event], name: str, later: int) -> None:
    facts = facts_of(*told)
    reached = stage_of(LIFECYCLES[name], facts, NOON)
    at = min(NOON + later, reached.until - 1)
    assert stage_of(LIFECYCLES[name], facts, at)[:2] == reached[:2]


# --- moments of truth ---------------------------------------------------------------------------------


def test_the_six_moments_of_truth_of_s1() -> None:
    moments = LIFECYCLES["s1"].moments
    assert [moment.label for moment in moments] == [
        "First login", "First support ticket", "First QBR", "Escalation handling", "Renewal conversation",
        "Expansion proposal",
    ]  # fmt: skip
    told = facts_of(
        *used(9, "mia"),
        *used(3, "mia"),
        ticket(8, ticket_id="t1"),
        ticket(5, ticket_id="t2", escalated=True),
        said("meeting.updated", 4, meeting_id="m1", kind="qbr", status="held", starts_at=from_us(ago(4))),
        said("meeting.updated", 6, meeting_id="m2", kind="qbr", status="missed", starts_at=from_us(ago(6))),
        said("opportunity.updated", 2, opportunity_id="o1", kind="renewal"),
        said("opportunity.updated", 1, opportunity_id="o2", kind="expansion"),
    )
    found = [(mark.moment, mark.thing, from_us(mark.at).date()) for mark in marks(told, moments)]
    day = from_us(NOON).date()
    assert found == [
        ("first_login", "", day - dt.timedelta(9)),
        ("first_ticket", "", day - dt.timedelta(8)),
        ("first_qbr", "", day - dt.timedelta(4)),
        ("escalation", "t2", day - dt.timedelta(5)),
        ("renewal_conversation", "o1", day - dt.timedelta(2)),
        ("expansion_proposal", "o2", day - dt.timedelta(1)),
    ]


def test_a_milestone_of_that_name_marks_the_moment() -> None:
    told = facts_of(said("milestone.reached", 5, milestone="first_qbr"))
    assert [(mark.moment, mark.at) for mark in marks(told, LIFECYCLES["s1"].moments)] == [("first_qbr", ago(5))]


# --- files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ([{"name": "a", "enter": [[{"point": "started"}]]}], "the last, which takes whoever is left"),
        ([{"name": "a", "enter": [[]]}, {"name": "b"}], "every stage has a rule but the last"),
        ([{"name": "a", "enter": [[{"point": "born"}]]}, {"name": "b"}], "there is no point 'born'"),
    ],
)
def test_a_file_that_leaves_an_account_without_a_stage_is_refused(
    tmp_path: Path, stages: list[dict[str, Any]], words: str
) -> None:
    (tmp_path / "stages").mkdir()
    file = {"name": "mine", "words": "", "source": "", "stages": [{"label": "", "words": "", **one} for one in stages]}
    (tmp_path / "stages" / "mine.yaml").write_text(yaml.safe_dump(file))
    with pytest.raises(Invalid, match=words):
        load_lifecycles(tmp_path)
