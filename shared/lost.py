"""Whether an error says that the database went away: it restarts, fails over, or cannot be reached. Pure.

What was asked of it may have been carried out or not: only the answer to a commit tells.
"""

import errno
import re
import socket

import asyncpg

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,  # what answers is a standby by now
    asyncpg.TargetServerAttributeNotMatched,
)
_CLOSED = re.compile("connection (is|was) closed|connection has been released")
_NO_WAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}


def is_lost(error: BaseException) -> bool:
    """Whether the database may answer if the same is asked again in a while."""
    if isinstance(error, asyncpg.InterfaceError):
        return _CLOSED.search(str(error)) is not None
    return isinstance(error, _AWAY) or _is_unreachable(error)


def _is_unreachable(error: BaseException) -> bool:
    """Whether no connection came about, as asyncpg lets it through. A broken pipe is that of whoever reads us."""
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return not isinstance(error, BrokenPipeError)
    several = str(error).startswith("Multiple exceptions: ")  # a name with several addresses, of which none answers
    return isinstance(error, OSError) and (error.errno in _NO_WAY or several)
