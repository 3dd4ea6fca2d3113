"""Recorded values in matrices, read in chunks that fit into memory; and a model scored over every day of them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.health.columns import Column, Columns
from services.health.model import Model
from services.health.store import grid, recorded
from services.health.store.recorded import EACH, HEAD
from services.health.vector.board import Board, blank
from services.health.vector.peers import peer_places
from services.health.vector.references import Served
from services.health.vector.score import Matrix, score
from shared.clock import DAY_US, from_us
from shared.database import Database, Row

MOST_CLOSES = 200_000
"""Closes that are read at once, where a single day has no more than that."""

OnProgress = Callable[[int, int], None]
"""Is told (account-days done, account-days in all), about."""


class Span(NamedTuple):
    """What is read: accounts, by id, and days, the last included. `as_first_known`: closes as they were first recorded,
    rather than with all later corrections."""

    accounts: Sequence[int]
    first_day: int
    last_day: int
    as_first_known: bool = False


class Chunk(NamedTuple):
    """Some closes, by day: the day, the place of the account, the code of the segment, how many columns were recorded,
    whether that was done late; and the values, row × column that was asked for, NaN for none."""

    days: NDArray[np.int64]
    places: NDArray[np.intp]
    segments: NDArray[np.int64]
    widths: NDArray[np.int64]
    late: NDArray[np.bool_]
    values: Matrix


class Names:
    """Codes of segments, in the order in which they are met."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        """The code of a name."""
        if name not in self._codes:
            self._codes[name] = len(self.all)
            self.all.append(name)
        return self._codes[name]


async def chunks(
    database: Database,
    span: Span,
    places: Sequence[int | None],
    names: Names,
    on_progress: OnProgress = lambda done, total: None,
) -> AsyncIterator[Chunk]:
    """The closes of the span, days ascending, with the values at the places of a close; None is a column that nobody
    records. Each chunk is a transaction of its own."""
    every = max(MOST_CLOSES // max(len(span.accounts), 1), 1)
    total = (span.last_day - span.first_day + 1) * len(span.accounts)
    where = {account: place for place, account in enumerate(span.accounts)}
    wanted = [place for place in places if place is not None]
    for first in range(span.first_day, span.last_day + 1, every):
        last = min(first + every, span.last_day + 1)
        days = from_us(first * DAY_US), from_us(last * DAY_US)
        async with database.reading() as reading:
            rows = await recorded.closes(
                reading, span.accounts, days, wanted, as_first_known=span.as_first_known
            )  # fmt: skip
        if rows:
            yield _chunk(rows, where, names, places)
        on_progress((last - span.first_day) * len(span.accounts), total)


def _chunk(rows: Sequence[Row], where: Mapping[int, int], names: Names, places: Sequence[int | None]) -> Chunk:
    accounts, days, segments, widths, late, sent = zip(*rows, strict=True)
    order = np.argsort(np.array(days, np.int64), kind="stable")
    return Chunk(
        np.array(days, np.int64)[order],
        np.array([where[account] for account in accounts], np.intp)[order],
        np.array([names.code(segment) for segment in segments], np.int64)[order],
        np.array(widths, np.int64)[order],
        np.array(late, np.bool_)[order],
        _values(sent, places)[order],
    )


def _values(sent: Sequence[bytes], places: Sequence[int | None]) -> Matrix:
    """The matrix out of arrays as PostgreSQL sends them, all of one length."""
    there = [i for i, place in enumerate(places) if place is not None]
    values = np.full((len(sent), len(places)), np.nan)
    if there:
        raw = np.frombuffer(b"".join(sent), np.uint8).reshape(len(sent), HEAD + EACH * len(there))
        numbers = raw[:, HEAD:].reshape(len(sent), len(there), EACH)[:, :, EACH - 8 :]
        values[:, there] = np.ascontiguousarray(numbers).view(">f8")[:, :, 0]
    return values


# --- a model over every day ---------------------------------------------------------------------------


@dataclass
class DaysScored:
    """A board with what has to be known of it: how many closes were read, how many of them tell of imported history,
    and from which day on each column that the model reads is recorded; None for never."""

    board: Board
    closes: int = 0
    late: int = 0
    recorded_from: dict[Column, int | None] = field(default_factory=dict)

    def without_data(self) -> list[tuple[Column, int | None]]:
        """The columns that are not recorded from the first day on, and from when they are."""
        return [(c, day) for c, day in self.recorded_from.items() if day is None or day > self.board.first_day]


async def score_days(
    database: Database, model: Model, columns: Columns, span: Span, on_progress: OnProgress = lambda done, total: None
) -> DaysScored:
    """The model's scores at the close of every day of the span, against the peers of the day before."""
    reads, names = [one.column for one in model.read], Names()
    places = [columns.places.get(column) for column in reads]
    scored = DaysScored(blank(span.accounts, span.first_day, span.last_day, names.all))
    scored.recorded_from = dict.fromkeys(reads)
    async with database.reading() as reading:
        newest = await grid.newest_day(reading, span.first_day)
        known = await recorded.references(reading, newest or span.first_day, span.last_day)
    served = Served(peer_places(model), names.all, known)
    async for chunk in chunks(database, span, places, names, on_progress):
        _enter(scored, model, chunk, served)
        _note(scored, chunk, dict(zip(reads, places, strict=True)))
    return scored


def _enter(scored: DaysScored, model: Model, chunk: Chunk, served: Served) -> None:
    peers = served.peers(chunk.days, chunk.segments, chunk.values)
    offsets = chunk.days - scored.board.first_day
    scored.board.scores[offsets, chunk.places] = score(model, chunk.values, peers).score
    scored.board.segments[offsets, chunk.places] = chunk.segments


def _note(scored: DaysScored, chunk: Chunk, places: Mapping[Column, int | None]) -> None:
    scored.closes += len(chunk.days)
    scored.late += int(chunk.late.sum())
    for column, place in places.items():
        if place is not None and scored.recorded_from[column] is None:
            there = chunk.days[chunk.widths > place]
            scored.recorded_from[column] = int(there[0]) if len(there) else None
