"""How far a long command has come: bars where a person looks on, else a plain line now and then."""

# ruff: noqa: PLC0415  # rich's bars are imported where somebody sees them

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.cli.terminal import err

if TYPE_CHECKING:
    from rich.console import Console

Tell = Callable[[int, int | None], None]
"""Is told (how much is done, of how much); None where that is not known yet."""

Follow = Callable[[str, int | None], Tell]
"""Begins to follow something by its name, of so much."""

EVERY_S = 10.0
"""Seconds between two plain lines."""


@contextmanager
def following(console: "Console | None" = None, *, keeps: bool = True) -> Iterator[Follow]:
    """Gives `follow`. It is shown on standard error unless a console is named; bars disappear at the end unless one
    `keeps` them."""
    console = console or err.console
    if not console.is_terminal:
        yield lambda what, total: PlainLines(lambda line: console.print(line, highlight=False), what, total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=not keeps) as progress:

        def follow(what: str, total: int | None) -> Tell:
            bar = progress.add_task(what, total=total)
            return lambda done, of: progress.update(bar, completed=done, total=of)

        yield follow


class PlainLines:
    """A line every ten seconds while something goes on, and one when it is done."""

    def __init__(
        self, say: Callable[[str], None], what: str, total: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say, self._what, self._total, self._clock = say, what, total, clock
        self._began = self._said_at = clock()
        self._is_done = False

    def __call__(self, done: int, total: int | None) -> None:
        now, self._total = self._clock(), self._total if total is None else total
        finished = done == self._total and not self._is_done
        if finished or (now - self._said_at >= EVERY_S and not self._is_done):
            of = f" of {self._total:,}" if self._total is not None else ""
            self._say(f"{self._what}: {done:,}{of}, {now - self._began:.0f} s")
            self._said_at, self._is_done = now, finished
