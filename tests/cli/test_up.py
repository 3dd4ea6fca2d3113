"""`steward up` in a process of its own: everything starts on nothing, and stops when it is told to."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "services.cli"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A directory of its own, a port of its own, nothing else."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    return inherited | {"STEWARD_DATA_DIR": str(tmp_path / "data"), "STEWARD_API_PORT": "0", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def up(environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A running `steward up`."""
    with subprocess.Popen([*COMMAND, "up"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


def address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    found = re.search(r"http://localhost:\d+", process.stdout.readline())
    assert found is not None
    return found[0]


def steward(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, check=False)


def database_runs(environment: dict[str, str]) -> bool:
    return (Path(environment["STEWARD_DATA_DIR"]) / "postgres" / "postmaster.pid").exists()


def test_up_starts_on_nothing_refuses_a_second_and_stops_cleanly(
    up: "subprocess.Popen[str]", environment: dict[str, str]
) -> None:
    at = address(up)
    with urllib.request.urlopen(f"{at}/readyz") as answer:
        assert json.load(answer) == {"status": "ready"}
    told = steward(environment, "doctor")
    assert "service health: running" in told.stdout
    assert told.returncode == 0, told.stdout
    second = steward(environment, "up")
    assert second.returncode == 2
    assert "Steward runs on this database already: steward up, since" in second.stderr
    assert "STEWARD_DATA_DIR" in second.stderr
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert not database_runs(environment)
