"""Playbook files: what they say, what is refused, what lint finds."""

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from services.playbooks.definitions import Offset, Playbook, schema
from services.playbooks.lint import lint
from services.playbooks.loading import gather, load, read, template
from services.playbooks.names import misnamed
from services.playbooks.wording import fill
from shared.errors import Invalid, NotFound
from tests.playbooks.stories import PB_3, small


def words(*playbooks: Playbook) -> list[str]:
    return [f"{p.place}: {p.words}" for p in lint(playbooks, lambda name: name == "known")]


def a_step(**parts: object) -> list[dict[str, object]]:
    return [{"id": "one", "at": "D0", "title": "One", "channel": "Call", "role": "CSM", **parts}]


def test_the_shipped_library_passes_lint_with_its_templates() -> None:
    def exists(name: str) -> bool:
        return bool(template(name))

    assert lint(load(), exists) == []


def test_the_shipped_files_are_valid_by_the_published_schema() -> None:
    for playbook in load():
        jsonschema.validate(yaml.safe_load(playbook.model_dump_json()), schema())


def test_a_file_of_ones_own_stands_for_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    mine = PB_3.model_copy(update={"name": "Ours", "in_force": False})
    (tmp_path / "playbooks" / "mine.yaml").write_text(mine.model_dump_json())
    (loaded,) = load(tmp_path)
    assert loaded.name == "Ours"
    assert not loaded.in_force


def test_every_file_that_is_wrong_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    texts = {"a.yaml": "id: a", "b.yaml": "id: [", "c.yaml": small().model_dump_json()}
    for name, text in texts.items():
        (tmp_path / "playbooks" / name).write_text(text)
    found, wrong = gather(tmp_path)
    assert [playbook.id for playbook in found] == ["at-risk", "small"]
    assert [next(name for name in texts if name in words) for words in wrong] == ["a.yaml", "b.yaml"]
    with pytest.raises(Invalid, match=r"(?s)a\.yaml.*b\.yaml"):
        load(tmp_path)


def test_two_files_of_one_id_are_told(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / "playbooks" / name).write_text(PB_3.model_dump_json())
    (words,) = gather(tmp_path)[1]
    assert "b.yaml: " in words
    assert "a.yaml has the id 'at-risk' too" in words


KNOWN = {"segment": {"high_touch", "low_touch"}, "band": {"critical"}, "signal": {"cancel_requested"}}


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"segments": ["hihg_touch"]}, "segments: there is no segment 'hihg_touch'; there are high_touch, low_touch"),
        ({"steps": a_step(condition='segment in ["low_touch", "lwo"]')}, "one: there is no segment 'lwo'"),
        ({"exit_criteria": ['band == "healhty" for 7 days']}, "exit_criteria: there is no band 'healhty'"),
        ({"unless": 'band == "chruned"'}, "unless: there is no band 'chruned'"),
        ({"triggers": [{"kind": "signal", "when": 'signal == "cancel"'}]}, "trigger 1: there is no signal 'cancel'"),
    ],
)
def test_a_name_that_nobody_gives_is_told_with_those_that_there_are(changed: dict[str, object], place: str) -> None:
    wrong = Playbook.model_validate({**small().model_dump(mode="json"), **changed})
    (problem,) = misnamed([wrong], KNOWN)
    assert f"{problem.place}: {problem.words}".startswith(place)
    assert misnamed([wrong.model_copy(update={"in_force": False})], KNOWN) == []


def test_what_ships_names_nothing_that_there_is_not() -> None:
    assert misnamed(load(), KNOWN) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"steps": a_step(at="day two")}, "steps.0.at: Value error, 'day two' is not a day"),
        ({"steps": a_step(condition="scoer < 4")}, "did you mean 'score'"),
        ({"exit_criteria": ["score >= 60 for ever"]}, "expected a number of days here"),
        ({"triggers": [{"kind": "signal", "direction": "up"}]}, "a signal has no direction"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(changed: dict[str, object], said: str) -> None:
    told = {**small().model_dump(mode="json"), **changed}
    with pytest.raises(Invalid) as refused:
        read(yaml.safe_dump(told), "mine.yaml")
    assert refused.value.words.startswith("mine.yaml: ")
    assert said in refused.value.words


def test_a_file_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(Invalid, match="not YAML"):
        read("steps: [")


@pytest.mark.parametrize(
    ("at", "offset"), [("D0", Offset("day", 0)), ("B10", Offset("business_day", 10)), ("T-90", Offset("before", 90))]
)
def test_a_day_is_read(at: str, offset: Offset) -> None:
    assert small(steps=a_step(at=at)).steps[0].offset == offset


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"role": None}, "one: has no owner: name a role"),
        ({"role": "Nobody"}, "one: its role 'Nobody' is not among the owners"),
        ({"role": "System"}, "one: a task is for a person; the system does what nobody has to close"),
        ({"title": "Call {acount}"}, "one: {acount} is no placeholder"),
        ({"at": "T-30"}, "one: T-30 counts back from an anchor, and the playbook has none"),
        ({"template": "unheard-of"}, "one: there is no template 'unheard-of'"),
        ({"condition": 'signal == "x"'}, "one: its condition reads 'signal', which is known only of what starts a run"),
    ],
)
def test_lint_finds_a_step_that_cannot_work(parts: dict[str, object], said: str) -> None:
    assert words(small(steps=a_step(**parts))) == [said]


def test_lint_finds_what_cannot_be_known_where_it_is_read() -> None:
    early = small(
        triggers=[{"kind": "crossing", "when": "replied_since_start"}], unless="cancel_requested",
        exit_criteria=['signal == "x"'],
    )  # fmt: skip
    assert words(early) == [
        "trigger 1: 'replied_since_start' is known only once a run has started",
        "unless: 'cancel_requested' is not of the account, but of a run or of what starts one",
        "exit_criteria: 'signal' is known only of what starts a run",
    ]


def test_lint_finds_an_id_that_is_used_twice() -> None:
    assert words(small(steps=a_step() * 2)) == ["one: the id is used twice"]


def test_lint_refuses_two_that_share_a_trigger() -> None:
    other = small(id="other", triggers=[{"kind": "crossing", "when": "score < 60"}])
    assert words(small(), other) == [
        "triggers: shares a trigger with 'other': give both a priority, or let one exclude the other"
    ]


@pytest.mark.parametrize(
    "parts",
    [
        {"priority": 5},
        {"excludes": ["small"]},
        {"segments": ["tech_touch"]},
        {"in_force": False},
        {"triggers": [{"kind": "crossing", "direction": "up", "when": "score < 60"}]},
        {"triggers": [{"kind": "crossing", "when": "score >= 40"}]},
        {"triggers": [{"kind": "signal"}]},
        {"unless": "score < 40"},
    ],
)
def test_lint_accepts_two_that_cannot_meet_or_know_who_goes_first(parts: dict[str, object]) -> None:
    assert words(small(priority=9, segments=["high_touch"]), small(id="other", **parts)) == []


def test_the_same_priority_is_no_order() -> None:
    assert len(words(small(priority=9), small(id="other", priority=9))) == 1


def test_a_template_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        template("unheard-of")


def test_placeholders_are_filled_once_and_only_those_we_know() -> None:
    names = {"account": "{score} & Söhne {0.__class__}", "score": 36}
    assert (
        fill("{account}: {score} {secret} {renews_on} {}", names) == "{score} & Söhne {0.__class__}: 36 {secret} – {}"
    )
