"""Files of one's own: what would be half read, not read, or read in place of another is told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.health.configuration import Key
from services.health.gathering import gather, gathered
from services.health.shipped import unread
from shared.errors import Invalid
from tests.health.stories import HM2

MODEL: dict[str, Any] = {**HM2.model_dump(mode="json", exclude_defaults=True), "version": 2}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def wrong(config_dir: Path) -> list[str]:
    return gather(config_dir)[1]


def test_a_directory_that_is_not_there_is_refused_since_what_ships_would_count_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="which is no directory"):
        gathered(tmp_path / "confg")


def test_every_file_that_is_wrong_is_told_at_once(models: Path) -> None:
    (models / "a.yaml").write_text("name: hm-2\n", encoding="utf-8")
    (models / "b.yaml").write_text("name: [", encoding="utf-8")
    (models / "c.yaml").write_text(yaml.safe_dump(MODEL), encoding="utf-8")
    told = wrong(models.parent)
    assert [Path(one.split(": ")[0].split(" is not")[0]).name for one in told] == ["a.yaml", "b.yaml"]
    assert gather(models.parent)[0].documents[Key("models", "hm-2")].content["version"] == 2
    with pytest.raises(Invalid, match=r"a\.yaml.*b\.yaml"):
        gathered(models.parent)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"name: hm-\xfc", "is not UTF-8"),
        (b"name: hm-2\nversion: 2\nname: hm-3\n", "line 3 says name a second time"),
        (b'name: hm-2\nwords: "a\\0b"\n', "line 2 holds a NUL"),
        (b"", "Input should be a valid dictionary"),
        (b"a: &a [x]\nb: [*a, *a]\n", "name: Field required"),
    ],
)
def test_what_would_be_half_read_is_refused(models: Path, text: bytes, words: str) -> None:
    (models / "mine.yaml").write_bytes(text)
    (told,) = wrong(models.parent)
    assert words in told
    assert "mine.yaml" in told


def test_a_file_that_an_editor_begins_with_a_mark_is_read(models: Path) -> None:
    (models / "mine.yaml").write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(MODEL).encode())
    assert wrong(models.parent) == []


def test_two_files_of_one_name_are_told(models: Path) -> None:
    for name in ("a.yaml", "b.yml"):
        (models / name).write_text(yaml.safe_dump(MODEL), encoding="utf-8")
    (told,) = wrong(models.parent)
    assert "b.yml" in told
    assert "a.yaml has the name 'hm-2' too" in told


def test_files_that_lie_where_nobody_reads_are_found(models: Path) -> None:
    for path in (
        "models/right.yaml",
        "model/typo.yaml",
        "models/eu/deep.yml",
        "top.yaml",
        ".github/ci.yml",
        "models/a.md",
    ):
        (models.parent / path).parent.mkdir(parents=True, exist_ok=True)
        (models.parent / path).touch()
    found = unread(models.parent, {"models", "playbooks"})
    assert [str(file) for file in found] == ["model/typo.yaml", "models/eu/deep.yml", "top.yaml"]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("exceptions", 0, "when", "value"), float("nan"), "exceptions.0.when.value"),
        (("exceptions", 0, "when", "value"), float("inf"), "finite"),
        (("bands", 1, "color"), "purple", "'green', 'yellow', 'orange' or 'red'"),
        (("groups", 0, "weight"), True, "valid integer"),
        (("groups", 0, "weight"), 0, "greater than or equal to 1"),
        (("groups", 1, "name"), "product_engagement", "groups need different names"),
        (("bands", 1, "lower"), 80, "each bound once"),
        (("groups", 0, "leaves", 0, "curve"), {"reason": "r", "linear": [{"at": 1, "points": 2}]}, "at least 2 items"),
        (("groups", 0, "leaves"), [], "at least 1 item"),
    ],
)
def test_a_model_that_no_account_could_be_scored_by_is_refused_with_the_place(
    models: Path, place: tuple[str | int, ...], value: object, words: str
) -> None:
    content = yaml.safe_load(yaml.safe_dump(MODEL))
    part: Any = content
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    (models / "mine.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    (told,) = wrong(models.parent)
    assert words in told
    assert "Value error" not in told
