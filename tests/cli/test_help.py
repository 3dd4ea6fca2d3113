"""Every command says what it does and shows how, at once."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.cli.app import app


def commands(command: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command and group, as its words."""
    yield before
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *before, name)


ALL = list(commands(typer.main.get_command(app)))
PROMISED = [
    "demo", "sample", "up", "ingest", "health", "playbooks", "api", "migrate", "import", "why", "doctor",
    "signals", "signals list", "runs", "runs why", "runs matching",
    "topics", "topics create", "rejected", "rejected list", "rejected show", "rejected replay", "rejected discard",
    "offsets", "offsets show", "offsets reset", "sign-in", "keys", "keys create", "keys revoke", "keys list",
    "archive", "archive run", "archive list", "archive verify", "rebuild", "events", "events show",
    "bench", "bench health", "bench http", "bench ingest", "bench pipeline",
    "unmatched", "unmatched list", "unmatched link", "unmatched discard", "accounts", "accounts merge",
    "accounts unmerge", "accounts unlink", "accounts conflicts", "accounts refreshed",
    "privacy", "privacy export", "privacy erase",
    "config", "config lint", "config plan", "config apply", "config rollback", "config log",
    "backfill", "models", "models list", "models show", "models diff",
    "segments", "segments list", "segments show", "owners", "owners unowned", "owners show", "owners set",
    "owners release", "overrides", "overrides list", "overrides set", "overrides end",
    "models try", "backtest",
    "predict", "predict train", "predict show", "predict list",
]  # fmt: skip


def test_the_commands_are_those_that_are_promised() -> None:
    assert {" ".join(words) for words in ALL if words} == set(PROMISED)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_the_help_of_every_command_has_an_example(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*words, "--help"])
    assert said.exit_code == 0
    shown = said.stdout.partition("Examples")[2]
    assert "$ " in shown
    assert "steward" in shown


@pytest.mark.parametrize("words", [words for words in ALL if words], ids=" ".join)
def test_no_command_takes_a_secret_as_an_argument(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*words, "--help"]).stdout.lower()
    assert not any(f"--{secret}" in said for secret in ("password", "secret", "token", "key ", "url"))


QUESTION = (
    "services.cli.why", "services.cli.wiring", "services.api.queries.accounts", "services.health.configuration",
    "services.health.force", "shared.embedded_postgres",
)  # fmt: skip


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (("services.cli.app",), {"asyncpg", "pydantic", "fastapi", "sqlalchemy", "aiokafka", "numpy"}),
        (QUESTION, {"fastapi", "sqlalchemy", "alembic", "aiokafka", "numpy", "structlog"}),
    ],
    ids=["help", "why"],
)
def test_an_answer_waits_for_nothing_heavy(modules: tuple[str, ...], heavy: set[str]) -> None:
    code = f"import sys, {', '.join(modules)}; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
