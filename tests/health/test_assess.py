"""From facts to a score: hm-2 on whole accounts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.health.assess import Assessment, Context, Quartiles, assess, decode, encode, next_instant
from services.health.model import UNKNOWN, ExceptionRule, Model
from shared.clock import DAY_US, from_us
from shared.facts import Event, Facts
from shared.facts import encode as encode_facts
from tests.health.stories import (
    CORE,
    HM2,
    NOON,
    ago,
    answered,
    any_facts,
    facts_of,
    invoice,
    met,
    said,
    subscribed,
    ticket,
    turning_facts,
    used,
)

PEERS = Context({"depth_of_use": Quartiles(2, 4, 6, 8)})


def active(days: int, features: int, actions: int) -> list[Event]:
    """Two people came on so many of the last days, and used so many core features, with so many actions a week."""
    coming = [event for day in range(days) for event in used(day, "mia", "tom", actions=0)]
    using = [event for feature in CORE[:features] for event in used(1, "mia", feature=feature, actions=0)]
    return [*coming, *using, *used(1, "mia", actions=4 * 2 * actions)]


def engaged(answer: bool) -> list[Event]:
    """Everything that is yes or no between us."""
    reply = [said("reply.received", 8, reply_id="r")] if answer else []
    outreach = said("outreach.sent", 9, outreach_id="o")
    return [
        met(3, "held" if answer else "missed"),
        outreach,
        *reply,
        said("sponsor.updated", identified=answer, engaged=answer),
    ]


def feels(sentiment: str, rating: float, feature_request: bool) -> list[Event]:
    """Tickets and feedback."""
    asked = [said("feedback.given", 4, feedback_id="g", kind="feature_request")] if feature_request else []
    done = ticket(5, sentiment=sentiment, satisfaction=rating, resolved_at=from_us(ago(4)))
    return [done, said("feedback.given", 3, feedback_id="f", sentiment=sentiment), *asked]


ALL_EXCELLENT = [
    *active(20, 8, 9), *engaged(True), answered(9, 10), invoice(9, 9), subscribed(300, 100), subscribed(9, 110),
    *feels("positive", 5, True),
]  # fmt: skip
ALL_GOOD = [
    *active(10, 6, 5), *engaged(True), answered(9, 8), invoice(9, 2), subscribed(300, 100),
    *feels("neutral", 4.2, True),
]  # fmt: skip
ALL_AT_RISK = [
    *active(4, 4, 3), invoice(9, 2), invoice(40, 2), subscribed(300, 100), subscribed(9, 90),
    ticket(5, satisfaction=3.5), said("feedback.given", 3, feedback_id="f"),
]  # fmt: skip
ALL_CRITICAL = [
    *active(2, 3, 1), *engaged(False), answered(9, 2), invoice(9), invoice(40), subscribed(300, 100), subscribed(9, 90),
    *feels("negative", 2, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "score", "band"),
    [
        (ALL_EXCELLENT, 100, "healthy"),
        (ALL_GOOD, 76, "stable"),
        (ALL_AT_RISK, 50, "at_risk"),
        (ALL_CRITICAL, 27, "critical"),
    ],
)
def test_err_4_an_account_that_is_all_one_word_lies_in_that_words_band(
    told: list[Event], score: int, band: str
) -> None:
    assessment = assess(HM2, facts_of(*told), PEERS, NOON)
    assert (assessment.score, assessment.band, assessment.exception) == (score, band, None)


def test_err_4_its_leaves_have_the_points_of_that_word() -> None:
    points = {part.points for part in assess(HM2, facts_of(*ALL_AT_RISK), PEERS, NOON).contributions}
    assert points == {50_000_000, None}


# --- rounding, exceptions, coverage -------------------------------------------------------------------


def with_rules(*rules: ExceptionRule) -> Model:
    """hm-2 with these exceptions."""
    return Model.model_validate({**HM2.model_dump(), "exceptions": [rule.model_dump() for rule in rules]})


def rule(op: str, value: float, **bound: float) -> ExceptionRule:
    """An exception on the NPS answer."""
    when = {"measure": "nps_score", "op": op, "value": value}
    return ExceptionRule.model_validate({"when": when, "words": f"nps {op} {value}", "reason": "ours", **bound})


@pytest.mark.parametrize(("most", "score", "band"), [(59.5, 60, "stable"), (59.499999, 59, "at_risk")])
def test_err_5_a_score_is_rounded_before_it_is_banded(most: float, score: int, band: str) -> None:
    assessment = assess(with_rules(rule(">", 0, at_most=most)), facts_of(*ALL_GOOD), PEERS, NOON)
    assert (assessment.score, assessment.band) == (score, band)
    assert assessment.raw == 76_125_000


def test_tr_s0_1_fourteen_days_without_a_login_hold_the_score_at_39() -> None:
    facts = facts_of(*[event for event in ALL_EXCELLENT if event.type != "usage.recorded"], *used(13, "mia"))
    quiet, red = assess(HM2, facts, Context(), NOON), assess(HM2, facts, Context(), NOON + DAY_US)
    assert (quiet.band, quiet.exception) == ("stable", None)
    assert (red.score, red.band, red.exception) == (39, "critical", "Nobody has signed in for 14 days")
    assert red.raw is not None
    assert red.exception_points == 39_000_000 - red.raw


def test_the_first_exception_that_changes_the_score_counts() -> None:
    model = with_rules(
        rule(">", 9, at_most=1), rule(">=", 8, at_most=90), rule("==", 8, at_most=50), rule("<=", 8, at_most=9)
    )
    assessment = assess(model, facts_of(*ALL_GOOD), PEERS, NOON)
    assert (assessment.score, assessment.exception) == (50, "nps == 8")


def test_an_exception_can_lift_a_score() -> None:
    assessment = assess(with_rules(rule("<", 7, at_least=45)), facts_of(*ALL_CRITICAL), PEERS, NOON)
    assert (assessment.score, assessment.exception_points) == (45, 45_000_000 - 27_125_000)


def test_fx_9_too_little_known_is_unknown_and_neither_red_nor_green() -> None:
    for told in (ALL_EXCELLENT, ALL_CRITICAL):
        scarce = [event for event in told if event.type not in {"usage.recorded", "survey.response"}]
        only_money_and_mood = [event for event in scarce if event.type in {"invoice.updated", "ticket.updated"}]
        assessment = assess(HM2, facts_of(*only_money_and_mood), Context(), NOON)
        assert (assessment.score, assessment.raw, assessment.band) == (None, None, UNKNOWN)
        assert assessment.coverage == 100_000 + 75_000
        assert {part.contribution for part in assessment.contributions} == {0}


def test_silence_alone_never_makes_an_unknown_account_red() -> None:
    assert assess(HM2, facts_of(*used(20, "mia")), Context(), NOON).band == UNKNOWN


def test_without_peers_depth_is_recorded_and_not_rated() -> None:
    facts = facts_of(*ALL_GOOD)
    depth = {part.measure: part for part in assess(HM2, facts, Context(), NOON).contributions}["depth_of_use"]
    assert (depth.value, depth.points, depth.contribution) == (5, None, 0)


def test_a_leaf_that_grew_stale_gives_its_weight_away() -> None:
    facts = facts_of(*ALL_GOOD)
    later = assess(HM2, facts, PEERS, NOON + 175 * DAY_US)
    nps = {part.measure: part for part in later.contributions}["nps_score"]
    assert (nps.value, nps.points) == (None, None)
    assert later.coverage < 1_000_000


def test_an_assessment_survives_its_bytes() -> None:
    assessment = assess(HM2, facts_of(*ALL_GOOD), PEERS, NOON)
    assert decode(encode(assessment)) == assessment


# --- properties ---------------------------------------------------------------------------------------

contexts = st.sampled_from([Context(), PEERS, Context({"depth_of_use": Quartiles(0.1, 1, 20, 7)})])


def total(assessment: Assessment) -> int:
    """What all parts of a score come to, in millionths."""
    parts = sum(part.contribution for part in assessment.contributions)
    return parts + assessment.exception_points + assessment.rounding_points


@given(any_facts, contexts)
def test_the_parts_add_up_to_the_score(facts: Facts, context: Context) -> None:
    assessment = assess(HM2, facts, context, NOON)
    assert total(assessment) == (assessment.score or 0) * 1_000_000
    assert sum(part.contribution for part in assessment.contributions) == (assessment.raw or 0)
    assert (assessment.score is None) == (assessment.band == UNKNOWN) == (assessment.coverage < 350_000)


@given(any_facts)
def test_values_lie_inside_the_bounds_that_measures_declare(facts: Facts) -> None:
    for watched, part in zip(HM2.read, assess(HM2, facts, Context(), NOON).contributions, strict=True):
        low, high = watched.told.bounds
        assert part.value is None or low <= part.value <= high


@settings(max_examples=150)
@given(turning_facts, st.integers(0, DAY_US), st.floats(0, 1, exclude_max=True))
def test_an_assessment_stays_the_same_until_the_next_instant(facts: Facts, after: int, way: float) -> None:
    now = NOON - DAY_US // 2 + after
    until = next_instant(HM2, facts, now)
    assert now < until <= (now // DAY_US + 1) * DAY_US
    between = min(now + int((until - now) * way), until - 1)
    assert assess(HM2, facts, PEERS, between) == assess(HM2, facts, PEERS, now)
    assert assess(HM2, facts, PEERS, until - 1) == assess(HM2, facts, PEERS, now)


def test_the_next_instant_is_the_end_of_a_subscription_that_ends_today() -> None:
    ends = NOON + 3_600_000_000
    facts = facts_of(*ALL_GOOD, subscribed(8, 100, ends_at=from_us(ends)))
    assert next_instant(HM2, facts, NOON) == ends
    assert next_instant(HM2, facts, ends) == (NOON // DAY_US + 1) * DAY_US


def test_assessing_leaves_the_facts_alone() -> None:
    facts = facts_of(*ALL_GOOD)
    before = encode_facts(facts)
    assess(HM2, facts, PEERS, NOON)
    assert encode_facts(facts) == before
