"""One language of conditions: what text means is the same as a closure, in SQL and in words."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.conditions import (
    And,
    Compare,
    Condition,
    Known,
    Lasting,
    Not,
    NotACondition,
    OneOf,
    Or,
    asked,
    can_both_hold,
    closure,
    explain,
    fields_of,
    parse,
    parse_lasting,
    predicate,
    text,
    words,
)
from shared.database import Database
from shared.errors import Invalid
from shared.fields import FIELDS, Field, Kind

SCORE, SEGMENT, REPLIED = FIELDS["score"], FIELDS["segment"], FIELDS["replied_since_start"]


def holds(source: str, **record: Any) -> bool:
    return closure(parse(source))(record)


def test_the_text_form_is_a_typed_tree() -> None:
    condition = parse('score < 40 and segment in ["high_touch"]')
    assert condition == And((Compare(SCORE, "<", 40), OneOf(SEGMENT, ("high_touch",))))
    assert fields_of(condition) == {SCORE, SEGMENT}


def test_or_binds_weaker_than_and_and_brackets_change_it() -> None:
    plain = parse("score < 40 or score > 90 and not replied_since_start")
    assert isinstance(plain, Or)
    bracketed = parse("(score < 40 or score > 90) and not replied_since_start")
    assert isinstance(bracketed, And)


def test_a_lasting_condition_says_its_days() -> None:
    assert parse_lasting("score >= 60 for 7 days") == Lasting(Compare(SCORE, ">=", 60), 7)
    assert parse_lasting("score >= 60") == Lasting(Compare(SCORE, ">=", 60), 0)


@pytest.mark.parametrize(
    ("source", "position", "wanted"),
    [
        ("", 0, "expected a field"),
        ("score", 5, "expected a comparison"),
        ("score << 40", 7, "expected a number"),
        ("scoer < 40", 0, "did you mean 'score'"),
        ("score < forty", 8, "expected a number here"),
        ('score < "40"', 8, "because 'score' is a number"),
        ('segment < "a"', 8, "has no order"),
        ("segment == high_touch", 11, 'a text in "quotes"'),
        ("score < 40 segment", 11, "expected 'and', 'or' or the end"),
        ("(score < 40", 11, "expected ')'"),
        ("score in [1, ]", 13, "expected a number"),
        ("__import__(4)", 0, "no field '__import__'"),
        ("score < 40; drop table", 10, "does not belong here"),
        ("score.__class__ < 4", 5, "does not belong here"),
        ("score < 1e999", 8, "does not belong here"),
        ('segment == "\x00"', 11, "does not belong here"),
        ("not " * 40 + "replied_since_start", 124, "deep"),
        ("score >= 60 for ever", 12, "expected 'and', 'or' or the end"),
    ],
)
def test_an_error_points_at_the_place(source: str, position: int, wanted: str) -> None:
    with pytest.raises(NotACondition) as refused:
        parse(source)
    assert wanted in refused.value.words
    assert refused.value.position == position
    assert refused.value.words.splitlines()[-1] == "  " + " " * position + "^"


@pytest.mark.parametrize(
    "source", ["score >= 60 for ever", "score >= 60 for 0 days", "score >= 60 for 7", "score for -1 days"]
)
def test_a_duration_that_is_none_is_refused(source: str) -> None:
    with pytest.raises(NotACondition):
        parse_lasting(source)


def test_a_text_without_an_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(NotACondition, match="longer than"):
        parse("score < 40 and " * 1_000)


def test_comparison_with_nothing_is_false_and_its_opposite_true() -> None:
    assert not holds("score < 40")
    assert not holds("score != 40", score=None)
    assert holds("not score < 40", score=None)
    assert not holds("segment in ['']".replace("'", '"'))
    assert holds("score is not known")
    assert holds("not replied_since_start")


def test_a_flag_stands_alone_or_is_compared() -> None:
    assert holds("replied_since_start", replied_since_start=True)
    assert holds("replied_since_start == false", replied_since_start=False)
    assert not holds("replied_since_start == false", replied_since_start=None)


@pytest.mark.parametrize(
    ("source", "record", "said"),
    [
        ("score < 40", {"score": 36}, "the score 36 is below 40"),
        ("score < 40", {"score": 46}, "the score 46 is not below 40"),
        ("score < 40", {}, "the score is not known"),
        ('segment == "high_touch"', {"segment": "low_touch"}, "the segment is low_touch, not high_touch"),
        ('segment in ["a", "b"]', {"segment": "c"}, "the segment is c, not one of a, b"),
        ("days_to_renewal <= 30", {"days_to_renewal": 12}, "the time to renewal 12 days is at most 30 days"),
        ("not replied_since_start", {}, "nobody has replied since the run started"),
        ("score < 40 and replied_since_start", {"score": 36}, "nobody has replied since the run started"),
        ("not replied_since_start or score < 20", {"score": 36}, "nobody has replied since the run started"),
        (
            "not replied_since_start or score < 20",
            {"score": 36, "replied_since_start": True},
            "somebody has replied since the run started and the score 36 is not below 20",
        ),
        ("score == 36.5", {"score": 36.5}, "the score is 36.5"),
        ("score is known", {"score": 36}, "the score is 36"),
    ],
)
def test_words_are_true_sentences_about_the_record(source: str, record: Mapping[str, Any], said: str) -> None:
    assert words(parse(source), record) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("not replied_since_start", "nobody has replied since the run started"),
        ("replied_since_start or score < 20", "somebody has replied since the run started or the score is below 20"),
        ('segment in ["high_touch", "low_touch"]', "the segment is one of high_touch, low_touch"),
        ("not (score >= 60 and tier is known)", "not (the score is at least 60 and the tier is known)"),
        ('days_to_renewal == 30 and band != "critical"', "the time to renewal is 30 days and the band is not critical"),
    ],
)
def test_a_condition_is_asked_in_words(source: str, said: str) -> None:
    assert asked(parse(source)) == said


def test_explain_lists_every_comparison_with_its_verdict() -> None:
    findings = explain(parse('score < 40 and segment == "high_touch"'), {"score": 36, "segment": "low_touch"})
    assert [tuple(finding) for finding in findings] == [
        ("score < 40", 36, True),
        ('segment == "high_touch"', "low_touch", False),
    ]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("score < 40", "score < 60", True),
        ("score < 40", "score >= 40", False),
        ("score < 40", "score > 39", True),
        ("score < 40 and score is known", "score is not known", False),
        ('segment == "a"', 'segment in ["b", "c"]', False),
        ('segment != "a"', 'segment != "b"', True),
        ("replied_since_start", "not replied_since_start", False),
    ],
)
def test_whether_two_conditions_can_both_hold_is_decided_exactly(one: str, other: str, both: bool) -> None:
    assert can_both_hold(parse(one), parse(other)) is both


def test_a_field_of_one_run_cannot_be_asked_of_all_accounts() -> None:
    with pytest.raises(Invalid, match="replied_since_start"):
        predicate(parse("not replied_since_start"))


def test_values_are_parameters_and_never_part_of_the_text() -> None:
    asked = predicate(parse('segment == "x\' OR 1=1 --" and score < 40'), first=3)
    assert asked.text == '(coalesce("segment"::text = $3::text, false) AND coalesce("score"::double precision < $4::double precision, false))'  # fmt: skip # noqa: E501
    assert asked.values == ["x' OR 1=1 --", 40]


# --- properties ---------------------------------------------------------------------------------------

_NUMBERS = st.one_of(st.integers(-5, 105), st.sampled_from([0.5, 39.5, 59.999, -1.25]))
_TEXTS = st.sampled_from(["critical", "at_risk", "", 'quo"te', "back\\slash", "نص", "🦊"])


def _values(field: Field) -> st.SearchStrategy[Any]:
    return {Kind.NUMBER: _NUMBERS, Kind.TEXT: _TEXTS, Kind.FLAG: st.booleans()}[field.kind]


@st.composite
def _leaves(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(list(FIELDS.values())))
    orders = ["<", "<=", ">", ">=", "==", "!="] if field.kind is Kind.NUMBER else ["==", "!="]
    match draw(st.integers(0, 2)):
        case 0:
            return Known(field)
        case 1:
            return OneOf(field, tuple(draw(st.lists(_values(field), min_size=1, max_size=3))))
        case _:
            return Compare(field, draw(st.sampled_from(orders)), draw(_values(field)))


def _flat(kind: type[And] | type[Or], parts: list[Condition]) -> Condition:
    """As the parser builds it: no conjunction directly inside a conjunction."""
    return kind(tuple(p for part in parts for p in (part.parts if isinstance(part, kind) else (part,))))


_CONDITIONS = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(And, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(Or, parts)),
    ),
    max_leaves=6,
)
_RECORDS = st.fixed_dictionaries({name: st.none() | _values(field) for name, field in FIELDS.items()})


@given(_CONDITIONS)
def test_the_text_of_a_condition_parses_to_it(condition: Condition) -> None:
    assert parse(text(condition)) == condition


@given(_CONDITIONS, _RECORDS)
def test_every_condition_has_words_for_every_record(condition: Condition, record: dict[str, Any]) -> None:
    assert words(condition, record)
    assert asked(condition)


@given(_CONDITIONS, _CONDITIONS, _RECORDS)
def test_what_holds_together_can_hold_together(one: Condition, other: Condition, record: dict[str, Any]) -> None:
    if closure(one)(record) and closure(other)(record):
        assert can_both_hold(one, other)


_TYPES = {Kind.NUMBER: "double precision", Kind.TEXT: "text", Kind.FLAG: "boolean"}
_COLUMNS = ", ".join(f"(r->>'{name}')::{_TYPES[field.kind]} AS {name}" for name, field in FIELDS.items())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=_CONDITIONS, records=st.lists(_RECORDS, min_size=1, max_size=20))
async def test_the_closure_and_the_sql_agree_on_every_row(
    database: Database, condition: Condition, records: list[dict[str, Any]]
) -> None:
    asked = predicate(condition, first=2, unstored=True)
    async with database.reading() as reading:
        rows = await reading.fetch(
            f"SELECT {asked.text} AS held FROM (SELECT n, {_COLUMNS} FROM jsonb_array_elements($1::jsonb)"
            " WITH ORDINALITY AS rows (r, n)) AS readings ORDER BY n",
            json.dumps(records),
            *asked.values,
        )
    assert [row["held"] for row in rows] == [closure(condition)(record) for record in records]


def test_every_field_is_documented() -> None:
    catalogue = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text("utf-8")
    for field in FIELDS.values():
        kind = f"{field.kind}, {field.unit}" if field.unit else field.kind
        assert f"| `{field.name}` | {kind} | {field.meaning} |" in catalogue
