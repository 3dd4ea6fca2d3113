"""The embedded PostgreSQL is stopped by its last user, however the others went."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.embedded_postgres import embedded_url, settings

DIES = """
import os, sys
from pathlib import Path
from shared.embedded_postgres import embedded_url
embedded_url(Path(sys.argv[1]))
os._exit(70)
"""


def runs(directory: Path) -> bool:
    return (directory / "postgres" / "postmaster.pid").exists()


@pytest.fixture
def left_over(tmp_path: Path) -> Path:
    """A directory whose server was left running by a process that ended hard."""
    assert subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False).returncode == 70
    assert runs(tmp_path)
    return tmp_path


def test_a_server_left_over_by_a_hard_exit_is_used_by_the_next_and_stopped_by_the_last(left_over: Path) -> None:
    process = (left_over / "postgres" / "postmaster.pid").read_text()
    (url, leave), (again, leave_again) = embedded_url(left_over), embedded_url(left_over)
    assert url == again
    assert (left_over / "postgres" / "postmaster.pid").read_text() == process
    leave()
    assert runs(left_over)
    leave_again()
    assert not runs(left_over)


@pytest.mark.parametrize(("gigabytes", "buffers"), [(0.5, "131072kB"), (4, "524288kB"), (64, "1048576kB")])
def test_the_server_takes_an_eighth_of_the_memory_within_bounds(gigabytes: float, buffers: str) -> None:
    assert settings(int(gigabytes * (1 << 30)))["shared_buffers"] == buffers
