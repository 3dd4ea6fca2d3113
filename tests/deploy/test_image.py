"""deploy/Dockerfile: two stages, no root, no tools, and every path that it copies exists."""

import re

import pytest

from tests.deploy.checkout import ROOT, text

DOCKERFILE = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text("deploy/Dockerfile"), flags=re.M))
BUILD, FINAL = re.split(r"(?=^FROM )", DOCKERFILE, flags=re.M)[1:]


def copied() -> list[str]:
    sources = []
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M):
        if not line.startswith("--from"):
            sources += line.split()[:-1]
    return sources


def test_the_image_is_built_in_two_stages_on_the_oldest_python_that_we_support() -> None:
    assert BUILD.startswith("FROM python:3.11-slim AS build\n")
    assert FINAL.startswith("FROM python:3.11-slim\n")


@pytest.mark.parametrize("path", copied())
def test_every_copied_path_exists_and_is_not_ignored(path: str) -> None:
    assert (ROOT / path).exists()
    assert f"!{path}" in text(".dockerignore").splitlines()


def test_nothing_else_reaches_the_build() -> None:
    lines = [line for line in text(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())


def test_every_package_is_checked_against_a_hash() -> None:
    installs = [line for line in re.findall(r"[^&]+", BUILD) if "pip install" in line]
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install


def test_the_final_stage_brings_no_tools() -> None:
    assert re.findall(r"^COPY (.+)$", FINAL, re.M) == ["--from=build /opt/steward /opt/steward"]
    assert not re.search(r"apt-get|pip install|\bgcc\b|build-essential", FINAL)


def test_it_does_not_run_as_root() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", FINAL, re.M)
    assert user is not None
    assert int(user[1]) > 0
    assert FINAL.index("USER ") > FINAL.rindex("RUN ")


def test_python_never_imports_from_the_working_directory() -> None:
    assert re.search(r"\bPYTHONSAFEPATH=1\b", FINAL)


def test_the_build_tools_are_pinned_with_hashes() -> None:
    wanted = set(re.findall(r"^([a-z-]+)>=", text("deploy/build-requirements.in"), re.M))
    pinned = set(re.findall(r"^([a-z-]+)==", text("deploy/build-requirements.lock"), re.M))
    assert wanted <= pinned
    assert text("deploy/build-requirements.lock").count("--hash=sha256:") >= len(pinned)


@pytest.mark.parametrize(
    "path", ["requirements.lock", "deploy/build-requirements.lock", "tests/sdks/node/package-lock.json"]
)
def test_no_lock_file_names_a_registry(path: str) -> None:
    assert "://" not in text(path)
