"""A back-test: reads the day grid as it was first known, and what came of it. Writes nothing; no service need run."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from services.health.backtest import outcomes
from services.health.backtest.lead import AT_RISK_BELOW, lead, warnings
from services.health.backtest.observe import cuts, observations, observe
from services.health.backtest.outcomes import Lives
from services.health.backtest.report import Report, reported
from services.health.model import Model
from services.health.recorded import DaysScored, Names, OnProgress, Span, chunks, score_days
from services.health.rules import Rules
from services.health.store import outcomes as store
from services.health.store import recorded
from services.health.vector.board import NO_CLOSE
from shared.clock import DAY_US, day_of, from_us, to_us
from shared.database import Database
from shared.errors import Refused

IN_FORCE = "in-force"
"""Stands for the models in force, each over its own segments."""

RENEWS_IN = "days_to_renewal"
"""The measure that tells how far the next renewal is."""


class Judges(NamedTuple):
    """What is judged, and by which segments: a model over some of them, or those in force."""

    name: str
    by_segment: Mapping[str, Model]


class Asked(NamedTuple):
    """How it is to be judged. `since`: the first day, else that of the first close; `every_days`: between two cuts;
    `control`: a seed by which the outcomes are dealt out among the accounts anew, as a negative control."""

    horizon_days: int
    since: dt.date | None = None
    every_days: int = 30
    at_risk_below: int = AT_RISK_BELOW
    control: int | None = None


class Outcomes(NamedTuple):
    """Who was a customer when, and what has to be known of where that comes from."""

    lives: Lives
    words: str


async def from_record(database: Database, now: int) -> Outcomes:
    """The outcomes that revenue tells of until `now` (µs)."""
    async with database.reading() as reading:
        lives = outcomes.from_record(await store.movements(reading), now)
    words = "Left: no recurring revenue any more in the record, for 30 days at least."
    return Outcomes(lives, words)


async def from_file(database: Database, ends: Mapping[str, int | None], where: str) -> Outcomes:
    """The outcomes of a file: what each account is called → when it left."""
    async with database.reading() as reading:
        meant = await store.meant(reading, list(ends))
        accounts = await recorded.with_score(reading)
    left = {meant[name]: at for name, at in ends.items() if at is not None and name in meant}
    unknown = len(ends) - len(meant)
    words = f"Left: as {where} says; whoever it does not name has stayed."
    return Outcomes(
        outcomes.from_ends(left, accounts),
        words + (f" {unknown} of its lines name no account that is known, or several." if unknown else ""),
    )


def judges(rules: Rules, model: Model | None) -> Judges:
    """A model over the segments that one of its name scores, else over all; None stands for those in force."""
    if model is None:
        return Judges(IN_FORCE, rules.in_force)
    alike = [segment for segment, scoring in rules.in_force.items() if scoring.name == model.name]
    return Judges(model.key, dict.fromkeys(alike or rules.in_force, model))


async def backtest(  # noqa: PLR0917
    database: Database,
    rules: Rules,
    judging: Judges,
    came: Outcomes,
    asked: Asked,
    now: int,
    on_progress: OnProgress = lambda done, total: None,
) -> Report:
    """The report. Raises Refused where there is no grid, or too few have left."""
    span = await span_of(database, asked.since, now)
    days = cuts(span.first_day, span.last_day, asked.horizon_days, asked.every_days)
    if not days:
        first, last = (from_us(day * DAY_US).date() for day in (span.first_day, span.last_day))
        raise Refused(
            f"days are closed from {first} to {last} only: no score is {asked.horizon_days} days old",
            "`steward backfill` writes the closes of the past; or ask about a shorter --horizon",
        )
    scored = await score_judged(database, rules, judging, span, on_progress)
    lives = came.lives if asked.control is None else _dealt(came.lives, asked.control)
    renewing = await _renewing(database, rules, span, days, asked.horizon_days)
    seen = observations(observe(scored.board, lives, days, asked.horizon_days), renewing)
    warned = lead(warnings(scored.board, lives, asked.at_risk_below))
    report = reported(judging.name, asked.horizon_days, days, seen, warned, asked.at_risk_below)
    notes = [*_notes(scored, asked), _note_of_renewals(asked.horizon_days, known=renewing is not None), came.words]
    return replace(report, notes=notes)


async def span_of(database: Database, since: dt.date | None, now: int) -> Span:
    """All accounts with a score, from `since` or the first close to the day before `now` (µs). Raises Refused."""
    async with database.reading() as reading:
        accounts, first = await recorded.with_score(reading), await recorded.first_close(reading)
    if first is None:
        raise Refused("no day is closed yet", "`steward backfill` writes the closes of the past")
    first_day = day_of(to_us(first))
    asked = day_of(to_us(dt.datetime.combine(since, dt.time(), dt.UTC))) if since else first_day
    return Span(accounts, max(first_day, asked), day_of(now) - 1, as_first_known=True)


async def score_judged(
    database: Database, rules: Rules, judging: Judges, span: Span, on_progress: OnProgress
) -> DaysScored:
    """The scores of every day, each by the model of the segment that the account was in."""
    whole: DaysScored | None = None
    for model in {model.key: model for model in judging.by_segment.values()}.values():
        own = {segment for segment, judge in judging.by_segment.items() if judge.key == model.key}
        found = await score_days(database, model, rules.columns, span, on_progress)
        _keep_only(found, own)
        whole = found if whole is None else _merged(whole, found)
    assert whole is not None
    return whole


def _keep_only(found: DaysScored, segments: set[str]) -> None:
    """Takes what lies in other segments off the board."""
    board = found.board
    other = [code for code, name in enumerate(board.names) if name not in segments]
    board.scores[np.isin(board.segments, other)] = NO_CLOSE


def _merged(one: DaysScored, other: DaysScored) -> DaysScored:
    names = list(one.board.names)
    codes = np.array([names.index(name) for name in other.board.names], np.int8)
    theirs = other.board.scores != NO_CLOSE
    one.board.scores[theirs] = other.board.scores[theirs]
    one.board.segments[theirs] = codes[other.board.segments[theirs]]
    one.recorded_from.update(other.recorded_from)
    return one


async def _renewing(
    database: Database, rules: Rules, span: Span, days: Sequence[int], horizon_days: int
) -> set[tuple[int, int]] | None:
    """(account, day) of the cuts at which a renewal lay within the horizon; None where that is not recorded."""
    places = [place for column, place in rules.columns.places.items() if column.measure == RENEWS_IN]
    if not places:
        return None
    found: set[tuple[int, int]] = set()
    for day in days:
        cut = span._replace(first_day=day, last_day=day)
        async for chunk in chunks(database, cut, places[:1], Names()):
            near = (chunk.values[:, 0] >= 0) & (chunk.values[:, 0] <= horizon_days)
            found.update((span.accounts[place], day) for place in chunk.places[near].tolist())
    return found


def _note_of_renewals(horizon_days: int, *, known: bool) -> str:
    some = f"those with a renewal within {horizon_days} days" if known else "all accounts, as renewals are not recorded"
    return f"What FC-1 promises is held against staying for {horizon_days} days, of {some}."


def _dealt(lives: Lives, seed: int) -> Lives:
    return outcomes.permuted(lives, np.random.default_rng(seed).permutation(sorted(lives)).tolist())


def _notes(scored: DaysScored, asked: Asked) -> Sequence[str]:
    notes = ["Every close is taken as it was first recorded: later corrections do not count."]
    if scored.late:
        notes.append(
            f"{scored.late:,} of {scored.closes:,} closes were written more than two days after their day: imported "
            "history, which counts as known when it occurred."
        )
    for column, since in scored.without_data():
        when = "on all of these days" if since is None else f"before {from_us(since * DAY_US).date()}"
        notes.append(f"{column.key} is without data {when}.")
    notes.append("Intervals of 95 %: of an AUC by bootstrap over accounts (1,000 times, seed 7), of a share by Wilson.")
    if asked.control is not None:
        notes.append(f"A negative control: outcomes were dealt out among the accounts anew (seed {asked.control}).")
    return notes
