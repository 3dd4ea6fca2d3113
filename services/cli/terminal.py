"""What a person sees: output, progress and refusals in words, with the remedy and never a traceback for what we
expected. Nothing heavy is imported here, so that `steward --help` answers at once."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import re
import sys
from collections.abc import Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperGroup

from shared.errors import NotReady, Refused, StewardError

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


_UNWATCHED_WIDTH = 160
"""Letters in a line of a table that goes to a file or a pipe."""


class Screen:
    """Standard output or standard error, made when something is first shown there."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def console(self) -> "Console":
        """Rich's console, which no text steers."""
        from services.cli.steady import Steady

        console = Steady(stderr=self._stderr)
        return console if console.is_terminal else Steady(stderr=self._stderr, width=_UNWATCHED_WIDTH)

    def print(self, *things: Any, **how: Any) -> None:
        """Shows things; text may have Rich's markup, and is not broken into lines."""
        self.console.print(*things, **({"soft_wrap": True} if isinstance(things[0], str) else {}) | how)


out = Screen()
err = Screen(stderr=True)

REFUSED, NOT_READY, FAILED = 2, 3, 1
UNHEARD = 141
"""What a shell says of a program whose reader has gone: 128 and SIGPIPE."""
_OPENING = re.compile(r"(\\*)\[")


class Polite(TyperGroup):
    """A group of commands whose expected errors end in words and an exit code, 2 for what cannot be done as asked,
    3 for what is not there yet; without words where nobody reads them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            _hush()
            raise typer.Exit(UNHEARD) from error
        except Exception as error:
            told = explain(error)
            if told is None:
                raise
            words, remedy, code = told
            complain(words, remedy)
            raise typer.Exit(code) from error


def _hush() -> None:
    """Nobody reads on, as behind `| head`: what is still to be written goes nowhere, without a word."""
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def complain(words: str, remedy: str = "") -> None:
    """Says on standard error what went wrong and what to do."""
    err.print(f"[bold red]✗[/] {escape(words)}")
    if remedy:
        err.print(f"  [bold]→[/] {escape(remedy)}")


def escape(text: str) -> str:
    """Text that Rich shall not read as markup: strangers write names. The screen stops what would steer it."""
    return _OPENING.sub(r"\1\1\[", text)


def explain(error: BaseException) -> tuple[str, str, int] | None:
    """(words, remedy, exit code) of an error that was to be expected; None for a bug, which keeps its traceback."""
    if isinstance(error, BaseExceptionGroup):
        return next((told for inner in error.exceptions if (told := explain(inner))), None)
    if isinstance(error, Refused):
        return error.words, error.remedy, REFUSED
    if isinstance(error, NotReady):
        return str(error), "`steward doctor` looks at every component", NOT_READY
    if isinstance(error, StewardError):
        return f"{type(error).__name__}: {error}", "`steward doctor` looks at every component", FAILED
    return _settings_error(error) or _database_error(error) or _system_error(error)


def _settings_error(error: BaseException) -> tuple[str, str, int] | None:
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError) or error.title != "Settings":
        return None
    faults = [f"STEWARD_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
    return "; ".join(faults), "correct the environment; docs/operations.md lists every variable", REFUSED


def _database_error(error: BaseException) -> tuple[str, str, int] | None:
    asyncpg = sys.modules.get("asyncpg")
    if asyncpg is None:
        return None
    from shared.lost import is_lost

    if is_lost(error):
        return "the connection to PostgreSQL was lost", "run it again: what was committed is kept", NOT_READY
    if not isinstance(error, asyncpg.PostgresError):
        return None
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
        return "the database is not migrated to this version", "`steward migrate` brings it up to date", REFUSED
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError):
        return f"PostgreSQL refuses: {error}", "correct STEWARD_DATABASE_URL", REFUSED
    return f"PostgreSQL says: {error}", "`steward doctor` looks at every component", FAILED


def _system_error(error: BaseException) -> tuple[str, str, int] | None:
    if not isinstance(error, OSError) or error.errno is None:
        return None
    where = f" ({error.filename})" if error.filename else ""
    remedy = "check the path, the port and who may use them; STEWARD_DATA_DIR and STEWARD_API_PORT choose others"
    return f"{error.strerror}{where}", remedy, FAILED


def run(act: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, on uvloop where there is one. Only warnings are logged, unless it says more."""
    import asyncio

    from shared.logs import start_logging

    start_logging("warning")
    try:
        import uvloop
    except ImportError:  # not on every platform
        return asyncio.run(act)
    return uvloop.run(act)


def examples(*lines: tuple[str, str]) -> str:
    """The end of a command's help: (command, what it does)."""
    told = [f"[green]$ {escape(command)}[/]  [dim]{escape(words)}[/]" for command, words in lines]
    return "\n\n".join(["[bold]Examples[/]", *told])


def group(name: str, words: str, *lines: tuple[str, str]) -> typer.Typer:
    """A group of commands, e.g. `steward rejected …`."""
    return typer.Typer(name=name, help=words, no_args_is_help=True, rich_markup_mode="rich", epilog=examples(*lines))
