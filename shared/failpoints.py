"""Named places where a test may let the process die. Honoured only where STEWARD_ENV is `test`.

`STEWARD_FAILPOINT=ingest:before_commit:3` kills the process (SIGKILL) when it reaches that place the third time.
"""

import os
import signal

_reached: dict[str, int] = {}


def reach(name: str) -> None:
    """Dies here if the environment says so; otherwise nothing."""
    wanted = _WANTED
    if wanted is None or wanted[0] != name:
        return
    _reached[name] = _reached.get(name, 0) + 1
    if _reached[name] >= wanted[1]:
        os.kill(os.getpid(), signal.SIGKILL)


def _read() -> tuple[str, int] | None:
    told = os.environ.get("STEWARD_FAILPOINT", "")
    if not told or os.environ.get("STEWARD_ENV") != "test":
        return None
    name, _, count = told.rpartition(":")
    return name, int(count)


_WANTED = _read()
