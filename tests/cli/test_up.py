"""`steward up` in a process of its own: everything starts on nothing, and stops when it is told to."""

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


def test_up_starts_on_nothing_and_stops_cleanly(up: "subprocess.Popen[str]", environment: dict[str, str]) -> None:
    at = address(up)
    with urllib.request.urlopen(f"{at}/readyz") as answer:
        assert answer.status == 200
    told = subprocess.run([*COMMAND, "doctor"], env=environment, capture_output=True, text=True, check=False)
    assert "service health: running" in told.stdout
    assert told.returncode == 0, told.stdout
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
