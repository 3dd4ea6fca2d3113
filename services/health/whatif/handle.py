"""Trying a draft: over what stands now, and over every day that was recorded. Reads, and writes nothing."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from services.health.columns import Column
from services.health.model import Model
from services.health.past import day_end
from services.health.recorded import DaysScored, Names, OnProgress, Span, score_days
from services.health.rules import Rules
from services.health.shipped import parsed
from services.health.store import grid, recorded, scores
from services.health.vector.board import Board
from services.health.vector.peers import peer_places
from services.health.vector.references import Served
from services.health.vector.score import Matrix, Scored, bands_of, score
from services.health.whatif.compare import Comparison, Standing, compare, depth
from services.health.whatif.walk import Crossed, Walk
from shared.clock import day_of, to_us
from shared.database import Database, Reading
from shared.errors import Invalid, Refused
from shared.facts import decode

CHUNK = 10_000
"""Accounts that are read at once."""


class _Value(msgspec.Struct, array_like=True):
    """A contribution, as far as its value."""

    measure: str
    value: float | None


class _Values(msgspec.Struct, array_like=True):
    """An assessment, as far as its values."""

    model: str
    segment: str
    score: int | None
    raw: int | None
    coverage: int
    band: str
    contributions: list[_Value]


_decoder = msgspec.msgpack.Decoder(_Values)


class Draft(NamedTuple):
    """A model to be tried, and the segments that it would score."""

    model: Model
    segments: frozenset[str]


class Tried(NamedTuple):
    """What a draft says of what stands. `from_facts`: columns of which some accounts have no standing value, so that it
    was read from their facts."""

    comparison: Comparison
    from_facts: list[Column]


class Walked(NamedTuple):
    """What a draft would have done: the scores of every day, and the crossings in the order of their days."""

    days: DaysScored
    crossings: list[Crossed]


def draft_of(model: Model, rules: Rules, segments: Sequence[str] = ()) -> Draft:
    """Where a draft would score: in the named segments, else where a model of its name does, else everywhere. Raises
    Invalid for a segment that there is not."""
    for segment in segments:
        if segment not in rules.in_force:
            raise Invalid(f"there is no segment {segment!r}", f"there are {', '.join(rules.in_force)}")
    alike = [segment for segment, scoring in rules.in_force.items() if scoring.name == model.name]
    return Draft(model, frozenset(segments or alike or rules.in_force))


def read_draft(content: Any) -> Model:
    """A model out of what its file says. Raises Invalid."""
    return parsed(Model, "the draft", content)


# --- now ----------------------------------------------------------------------------------------------


async def try_now(
    database: Database,
    rules: Rules,
    draft: Draft,
    now: int,
    *,
    only: Sequence[int] | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Tried:
    """The draft beside what stands at `now` (µs), of all accounts in its segments, or of those among `only`."""
    parts: list[Matrix] = []
    standing: list[recorded.Standing] = []
    lacking: set[Column] = set()
    async with database.reading() as reading:
        total = len(await recorded.with_score(reading, only))
        async for some in _standing(reading, draft, only):
            values, missing = _known(rules, draft.model, some)
            await _fill(reading, draft.model, some, values, missing, now)
            lacking.update(column for column, _ in missing)
            standing += some
            parts.append(values)
            on_progress(len(standing), total)
        serving = await grid.serving(reading, day_of(now))
    values = np.concatenate(parts) if parts else np.empty((0, len(draft.model.read)))
    compared = compare(_depths(rules, standing), _scored(draft.model, values, standing, serving))
    return Tried(compared, sorted(lacking))


async def _standing(
    reading: Reading, draft: Draft, only: Sequence[int] | None
) -> AsyncIterator[list[recorded.Standing]]:
    after = 0
    while some := await recorded.standing(reading, after, CHUNK, only):
        after = some[-1].account
        yield [one for one in some if one.segment in draft.segments]


def _known(
    rules: Rules, model: Model, some: Sequence[recorded.Standing]
) -> tuple[Matrix, list[tuple[Column, list[int]]]]:
    """The values that stand, and those columns of the draft that were not assessed, with the rows that lack them."""
    columns = [one.column for one in model.read]
    values = np.full((len(some), len(columns)), np.nan)
    lacking: dict[Column, list[int]] = {}
    for key in sorted({one.model for one in some}):
        rows = [row for row, one in enumerate(some) if one.model == key]
        stood = {one.column: i for i, one in enumerate(rules.models[key].read)} if key in rules.models else {}
        told = [_decoder.decode(some[row].assessment).contributions for row in rows] if stood else []
        for place, column in enumerate(columns):
            if column in stood:
                values[rows, place] = [part[stood[column]].value for part in told]
            else:
                lacking.setdefault(column, []).extend(rows)
    return values, list(lacking.items())


async def _fill(  # noqa: PLR0917
    reading: Reading,
    model: Model,
    some: Sequence[recorded.Standing],
    values: Matrix,
    missing: Sequence[tuple[Column, list[int]]],
    now: int,
) -> None:
    """Puts into the matrix what has to be read from facts."""
    rows = sorted({row for _, lacking in missing for row in lacking})
    if not rows:
        return
    places = {one.column: place for place, one in enumerate(model.read)}
    known = await scores.facts_assessed(reading, [some[row].account for row in rows])
    facts = {row: decode(known[some[row].account]) for row in rows}
    for column, lacking in missing:
        read, place = column.read, places[column]
        values[lacking, place] = [np.nan if (value := read(facts[row], now)) is None else value for row in lacking]


def _scored(model: Model, values: Matrix, standing: Sequence[recorded.Standing], serving: grid.References) -> Scored:
    """The draft's scores, against the reference that serves today; taken from these very values where there is none."""
    names = Names()
    codes = np.array([names.code(one.segment) for one in standing], np.int64)
    served = Served(peer_places(model), names.all, {0: serving})
    days = np.ones(len(standing), np.int64)
    served.peers(days, codes, values)
    return score(model, values, served.peers(days + 1, codes, values))


def _depths(rules: Rules, standing: Sequence[recorded.Standing]) -> list[Standing]:
    depths: dict[tuple[str, str], float] = {}
    computed = [(one, *_computed(one)) for one in standing]
    for one, _, band in computed:
        if (one.model, band) not in depths:
            model = rules.models.get(one.model)
            depths[one.model, band] = depth(model, band) if model else 1.0
    return [Standing(o.account, o.segment, score, band, depths[o.model, band]) for o, score, band in computed]


def _computed(one: recorded.Standing) -> tuple[int | None, str]:
    """Score and band as they are computed, whatever a person has set."""
    if not one.override:
        return one.score, one.band
    told = _decoder.decode(one.assessment)
    return told.score, told.band


# --- every day ----------------------------------------------------------------------------------------


async def span_of(database: Database, accounts: Sequence[int], since: dt.date, now: int) -> Span:
    """The days from `since`, or from the first close, to the one before `now` (µs). Raises Refused without any."""
    async with database.reading() as reading:
        first = await recorded.first_close(reading)
    asked, last = day_of(to_us(dt.datetime.combine(since, dt.time(), dt.UTC))), day_of(now) - 1
    if first is None or max(asked, day_of(to_us(first))) > last:
        raise Refused(f"no day is closed since {since}", "`steward backfill` writes the closes of the past")
    return Span(accounts, max(asked, day_of(to_us(first))), last)


async def try_days(
    database: Database, rules: Rules, draft: Draft, span: Span, on_progress: OnProgress = lambda done, total: None
) -> Walked:
    """The draft over the recorded closes, and the crossings that it would have made."""
    days = await score_days(database, draft.model, rules.columns, span, on_progress)
    return Walked(days, list(_crossings(draft, days.board)))


def _crossings(draft: Draft, board: Board) -> Iterator[Crossed]:
    walk = Walk(draft.model, board.accounts, board.names)
    scoring = np.array([name in draft.segments for name in board.names])
    for day, rows, found, segments in board:
        own = scoring[segments]
        yield from walk.close(day_end(day), rows[own], found[own], bands_of(draft.model, found[own]), segments[own])
