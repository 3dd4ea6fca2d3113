"""Configuration at the command line: checked, planned, put in force, and back."""

import datetime as dt
import json
from pathlib import Path

import pytest
import yaml

from services.health.model import load_models
from shared.clock import SystemClock, day_of, to_us
from shared.database import Database
from tests.cast import NOW
from tests.cli.conftest import Steward
from tests.health_io.stories import well
from tests.health_io.world import World


@pytest.fixture
def config_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own, over the shipped files."""
    monkeypatch.setenv("STEWARD_CONFIG_DIR", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path


def write_model(config_dir: Path, *, version: int, weight: int) -> None:
    """HM-2 in another version, with another weight."""
    content = load_models()["hm-2"].model_dump(mode="json", exclude_defaults=True)
    content |= {"version": version}
    content["groups"][0]["weight"] = weight
    (config_dir / "models" / "hm-2.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def test_what_ships_is_right(steward: Steward) -> None:
    assert "The files are right." in steward("config", "lint").stdout


def test_a_file_that_is_wrong_is_named_with_its_place(steward: Steward, config_dir: Path) -> None:
    (config_dir / "models" / "hm-2.yaml").write_text("name: hm-2\nversion: none\n", encoding="utf-8")
    said = steward("config", "lint")
    assert said.exit_code == 1
    assert "hm-2.yaml" in said.stderr
    assert "version" in said.stderr


def test_every_file_that_is_wrong_is_told_at_once_playbooks_too(steward: Steward, config_dir: Path) -> None:
    (config_dir / "playbooks").mkdir()
    for file in ("models/hm-2.yaml", "playbooks/a.yaml", "playbooks/b.yml"):
        (config_dir / file).write_text("colour: red\n", encoding="utf-8")
    (config_dir / "playbooks" / "c.yaml").write_text("steps: [", encoding="utf-8")
    said = steward("config", "lint")
    assert said.exit_code == 1
    assert said.stderr.count("✗") == 4
    assert all(name in said.stderr for name in ("hm-2.yaml", "a.yaml", "b.yml", "c.yaml"))


def test_a_file_that_nobody_reads_is_remarked_on(steward: Steward, config_dir: Path) -> None:
    (config_dir / "model").mkdir()
    (config_dir / "model" / "hm-2.yaml").touch()
    said = steward("config", "lint")
    assert said.exit_code == 0
    assert "model/hm-2.yaml is not read: files lie in models, playbooks" in " ".join(said.stdout.split())


def test_a_directory_that_is_not_there_never_takes_out_of_force_what_is(
    steward: Steward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STEWARD_CONFIG_DIR", str(tmp_path / "confg"))
    for command in (["lint"], ["plan"], ["apply", "--yes"]):
        said = steward("config", *command)
        assert said.exit_code in {1, 2}
        assert "is no directory" in " ".join(said.stderr.split())


def test_a_change_is_planned_applied_listed_and_taken_back(steward: Steward, config_dir: Path) -> None:
    assert "Revision 1 is in force" in steward("config", "apply", "--yes", "-m", "as shipped").stdout
    write_model(config_dir, version=2, weight=80)
    planned = json.loads(steward("config", "plan", "--json").stdout)
    assert {(one["place"], one["before"], one["after"]) for one in planned["differences"]} == {
        ("version", 1, 2), ("groups.product_engagement.weight", 40, 80),
    }  # fmt: skip
    assert "Revision 2 is in force" in steward("config", "apply", "--yes").stdout
    assert "say what is in force already" in steward("config", "apply", "--yes").stdout
    assert "40 → 80" in steward("models", "diff", "hm-2@1", "hm-2@2").stdout
    assert "Revision 3 is in force" in steward("config", "rollback", "--yes").stdout
    again = steward("config", "apply", "--yes", "--fire").stdout
    assert "Revision 4 is in force: 0 of 0 accounts have another score, 0 crossings and 0 signals were told." in again
    log = steward("config", "log").stdout
    assert "as shipped" in log
    assert "back to revision 1" in log


def test_models_that_are_built_differently_are_told_apart_in_words(steward: Steward) -> None:
    said = " ".join(steward("models", "diff", "hm-2", "hm-3").stdout.split())
    assert "groups.engagement.leaves.login_frequency: new, label Login frequency" in said
    assert "bands.critical: gone, color red, lower 0, action Alert the CSM" in said
    assert not set('{}"') & set(said)


def test_a_version_that_was_in_force_cannot_be_changed(steward: Steward, config_dir: Path) -> None:
    steward("config", "apply", "--yes")
    write_model(config_dir, version=1, weight=80)
    said = steward("config", "apply", "--yes")
    assert said.exit_code == 2
    assert "raise its version" in said.stderr


def test_nothing_is_put_in_force_unless_somebody_says_yes(steward: Steward) -> None:
    said = steward("config", "apply")
    assert said.exit_code == 1
    assert "revision" in steward("config", "log").stdout
    assert "Revision 1" in steward("config", "apply", "--yes").stdout


def test_days_that_passed_unnoticed_are_closed_one_after_another_before_a_change(
    steward: Steward, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward.meanwhile(acme_is_assessed)
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW + dt.timedelta(days=3))
    said = steward("config", "apply", "--yes")
    assert "3 days passed while health was away" in " ".join(said.stderr.split())
    assert "Revision 1 is in force" in said.stdout
    today = day_of(to_us(NOW))
    assert steward.meanwhile(days_closed) == [today, today + 1, today + 2]


async def acme_is_assessed(database: Database) -> None:
    """Acme is there and has a score."""
    await World(database).wake(*well())


async def days_closed(database: Database) -> list[int]:
    """The days whose close served the next one with its peers."""
    async with database.reading() as reading:
        return [row["day"] for row in await reading.fetch("SELECT day FROM grid_days ORDER BY day")]


def test_models_are_listed_with_whom_they_score(steward: Steward) -> None:
    said = steward("models", "list").stdout
    assert "hm-2@1" in said
    assert "tech_touch" in said
    shown = steward("models", "show", "hm-2").stdout
    assert "DAU/MAU ratio" in shown
    assert "13.3 %" in shown
    assert json.loads(steward("models", "show", "hm-2@1", "--json").stdout)["name"] == "hm-2"


def test_a_model_that_is_not_there_is_refused_with_those_that_are(steward: Steward) -> None:
    said = steward("models", "show", "hm-99")
    assert said.exit_code == 2
    assert "hm-2@1" in said.stderr


def test_a_misspelt_segment_is_told_before_it_is_waited_for(steward: Steward, config_dir: Path) -> None:
    (config_dir / "pools").mkdir()
    pool = "name: ours\nwords: Ours.\nchoose: round_robin\nsegments: [hihg_touch]\nmembers: [{email: ada@x.example}]\n"
    (config_dir / "pools" / "ours.yaml").write_text(pool, encoding="utf-8")
    said = steward("config", "lint")
    assert said.exit_code == 1
    told = " ".join(said.stderr.split())
    assert "ours.yaml" in told.replace(" ", "")
    assert "'hihg_touch'" in told
