"""The pages agree with the code: settings, reasons, tests and files that they name, links between them."""

import re
from pathlib import Path

import pytest

from shared.errors import Reason
from shared.settings import Settings
from tests.deploy.checkout import ROOT, commands, setting_variables, text
from tests.deploy.settings_table import with_table

PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.md",
]
TOOLING = {"STEWARD_CACHE", "STEWARD_SECRETS_DIR"}
"""Variables that are read before there are settings."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings have."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_table_of_settings_is_what_the_settings_say() -> None:
    page = text("docs/operations.md")
    assert page == with_table(page), "run `python -m tests.deploy.settings_table`"


def test_every_setting_says_what_it_means() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_every_reason_of_rejection_is_explained_and_no_other() -> None:
    section = text("docs/delivery-semantics.md").partition("## Why a record is rejected")[2]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == [str(reason) for reason in Reason]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:services|shared|migrations|tests|deploy|docs|bench|examples)/[\w./-]+)", page.read_text("utf-8")
    )
    for path in {path for path in named if "NAME" not in path}:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_tests_that_are_named_exist(page: Path) -> None:
    for path, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text("utf-8")):
        assert re.search(rf"^(async )?def {test}\(", text(path), re.M), test


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_variables_that_are_named_are_settings(page: Path) -> None:
    named = set(re.findall(r"\bSTEWARD_[A-Z0-9]+(?:_[A-Z0-9]+)*", page.read_text("utf-8")))
    named = {name for name in named if not name.startswith("STEWARD_TEST_")}
    assert named <= setting_variables() | TOOLING


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_named_exist(page: Path) -> None:
    known = commands()
    groups = {command[0] for command in known if len(command) > 1}
    for line in re.findall(r"`steward ([a-z][a-z -]*[a-z])\b[^`]*`", page.read_text("utf-8")):
        words = line.split()
        command = tuple(words[: 2 if words[0] in groups and len(words) > 1 else 1])
        assert command in known or command[0] in groups, f"steward {line}"


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=name_of)
def test_every_decision_names_what_enforces_it_and_is_one_page(page: Path) -> None:
    written = page.read_text("utf-8")
    assert "**Enforced by.**" in written
    assert len(written.splitlines()) <= 60
    assert f"]({page.name})" in text("docs/decisions/README.md")


def test_pages_speak_of_no_machine_and_no_issue() -> None:
    for page in PAGES:
        assert not re.search(r"/work/|/tmp/|/root/|\bissue #?\d", page.read_text("utf-8")), page
