"""The command line as its user has it: arguments in; words and an exit code out; a database behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol, TypeVar

import pytest
from typer.testing import CliRunner

from services.cli.app import app
from shared.database import Database
from shared.logs import start_logging
from tests.conftest import empty

T = TypeVar("T")


class Answer(Protocol):
    """What a command said."""

    exit_code: int
    stdout: str
    stdout_bytes: bytes
    stderr: str


class Steward:
    """A person at a terminal."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, *words: str) -> Answer:
        """`steward` with these words."""
        said = CliRunner().invoke(app, list(words))
        if said.exception is not None and not isinstance(said.exception, SystemExit):
            raise said.exception
        return said

    def meanwhile(self, story: Callable[[Database], Awaitable[T]]) -> T:
        """What a story gives back that happens in the database."""
        return asyncio.run(self._told(story))

    async def _told(self, story: Callable[[Database], Awaitable[T]]) -> T:
        async with Database.open(self.url, connections=4) as database:
            return await story(database)


@pytest.fixture
def steward(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steward]:
    """The command line on an empty database."""
    monkeypatch.setenv("STEWARD_DATABASE_URL", postgres_url)
    monkeypatch.delenv("STEWARD_KAFKA_BOOTSTRAP", raising=False)
    person = Steward(postgres_url)
    person.meanwhile(empty)
    yield person
    start_logging("warning", as_json=True)
