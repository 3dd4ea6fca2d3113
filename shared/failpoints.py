"""Named places where a test may let the process die or freeze. Honoured only where STEWARD_ENV is `test`.

`STEWARD_FAILPOINT=ingest:before_commit:3` kills the process (SIGKILL) when it reaches that place the third time;
`STEWARD_FAILPOINT=freeze:ingest:fetched:3` freezes it there (SIGSTOP) until somebody thaws it.
"""

import os
import signal
from typing import NamedTuple


class _Wanted(NamedTuple):
    name: str
    at: int
    sign: signal.Signals


_reached: dict[str, int] = {}


def reach(name: str) -> None:
    """Dies or freezes here if the environment says so; otherwise nothing."""
    wanted = _WANTED
    if wanted is None or wanted.name != name:
        return
    _reached[name] = _reached.get(name, 0) + 1
    if _reached[name] == wanted.at:
        os.kill(os.getpid(), wanted.sign)


def _read() -> _Wanted | None:
    told = os.environ.get("STEWARD_FAILPOINT", "")
    if not told or os.environ.get("STEWARD_ENV") != "test":
        return None
    freezes = told.startswith("freeze:")
    name, _, count = told.removeprefix("freeze:").rpartition(":")
    return _Wanted(name, int(count), signal.SIGSTOP if freezes else signal.SIGKILL)


_WANTED = _read()
