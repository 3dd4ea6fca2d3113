"""A retry is told in words: why, and when."""

import asyncpg
import pytest
import stamina
from stamina import instrumentation

from services.cli.retries import telling_retries


async def test_a_lost_database_is_told_when_it_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    async def ask() -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed")

    insist = stamina.AsyncRetryingCaller(attempts=3).on(asyncpg.ConnectionDoesNotExistError)
    before = instrumentation.get_on_retry_hooks()
    with stamina.set_testing(True, attempts=3), telling_retries(), pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await insist(ask)
    assert instrumentation.get_on_retry_hooks() == before
    told = capsys.readouterr().err.splitlines()
    assert told == [f"… the connection to PostgreSQL was lost; retry {number} in 0.0 s" for number in (1, 2)]
