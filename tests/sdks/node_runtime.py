"""Node and the pinned SDKs for tests marked `node`, installed once into .cache.

Where Node or npm is missing the tests are skipped with a line that says how to get them; in CI they fail.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parent / "node"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "sdks"
OLDEST = 20
_PINS = ("package.json", "package-lock.json")
_REMEDY = f"The Node SDKs need Node {OLDEST} or later and npm: apt-get install nodejs npm, or brew install node."

Run = Callable[..., Any]
"""`run(script, *arguments)`: what a script of tests/sdks/node prints as JSON. Blocks for up to 30 seconds."""


@pytest.fixture(scope="session")
def node() -> Run:
    """Runs scripts with the pinned SDKs."""
    need_node()
    _install()
    return _run


def need_node() -> None:
    """Skips the test with the remedy where Node cannot run; fails it where CI is set."""
    if shutil.which("node") and shutil.which("npm") and _version() >= OLDEST:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must run the Node tests. {_REMEDY}")
    pytest.skip(_REMEDY)


def _version() -> int:
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.strip().removeprefix("v").partition(".")[0])


def _install() -> None:
    """What the lock file pins, unless it stands there already; no package runs a script of its own. One at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_alone()


def _install_alone() -> None:
    pins = hashlib.sha256(b"".join((SCRIPTS / name).read_bytes() for name in _PINS)).hexdigest()
    stamp = CACHE / "installed"
    if stamp.is_file() and stamp.read_text() == pins:
        return
    for name in _PINS:
        shutil.copy(SCRIPTS / name, CACHE / name)
    # not `npm ci`: the lock leaves out optional binaries of other platforms, which it would miss
    command = ["npm", "install", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    stamp.write_text(pins)


def _run(script: str, *arguments: str) -> Any:
    done = subprocess.run(
        ["node", str(SCRIPTS / script), *arguments],
        env={**os.environ, "NODE_PATH": str(CACHE / "node_modules")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
