"""The database went away, or something else is wrong: that is told apart by the error."""

import errno
import socket

import asyncpg
import pytest

from shared.lost import is_lost


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.InterfaceError("cannot perform operation: connection is closed"),
        asyncpg.InterfaceError("cannot call Connection.fetch(): connection has been released back to the pool"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"),
        OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] Connect call failed"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        TimeoutError(),
    ],
)
def test_a_database_that_restarts_or_cannot_be_reached_is_lost(error: Exception) -> None:
    assert is_lost(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.DiskFullError("full"),
        FileNotFoundError(errno.ENOENT, "No such file", "model.yaml"),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        OSError("Couldn't deserialize thrift"),
        ValueError("connection is closed"),
    ],
)
def test_nothing_else_is(error: Exception) -> None:
    assert not is_lost(error)
