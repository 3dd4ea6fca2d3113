"""What a batch of assessments leaves behind, gathered before anything is written. Pure.

Most assessments move nothing: `keep`. `enter` is all that one can mean: the row that stands, its history, the
change with its parts, the episode, the crossing and the signals, and what is told to whoever listens.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.health import crossings, overrides
from services.health.assess import Assessment, encode, next_instant
from services.health.causes import Cause, as_json
from services.health.crossings import Crossing, Episode, Standing
from services.health.model import UNKNOWN
from services.health.moments import Mark, marks
from services.health.overrides import Override
from services.health.present import ChangeRow, CrossingRow, EpisodeRow, HistoryRow, Kept, Present, SignalRow
from services.health.rules import Judged, Rules, Subject, bounded
from services.health.shadows import Shadow
from services.health.signals import Signal
from services.health.telling import tell_crossing, tell_override, tell_signal, tell_transition
from services.health.transitions import Cause as TransitionCause
from services.health.transitions import TransitionRow, Why
from services.health.turning import served_as, turned
from shared.broker import Outgoing
from shared.clock import day_of, from_us, to_us

MOST_CAUSES = 3
"""Causes that a crossing names, the heaviest first."""

RECHECK = dt.timedelta(seconds=1)
"""How soon, at the latest, an account is due again that was assessed before yesterday's reference of its peers."""

_SETTLED = Standing()


class Story(NamedTuple):
    """Why a score moved, what else was noticed, and the events since, as (id, type); `watch` is what is watched from
    now on, None where that stays."""

    causes: Sequence[Cause] = ()
    signals: Sequence[Signal] = ()
    events: Sequence[tuple[str, str]] = ()
    watch: bytes | None = None


@dataclass
class Ledger:
    """The rows to be written at `now`, by their table. `peers_wait`: yesterday's reference is not there yet.
    `configured`: other rules are the reason for what moves."""

    now: dt.datetime
    rules: Rules
    peers_wait: bool = False
    configured: bool = False
    scores: list[tuple[Present, Subject]] = field(default_factory=list)
    kept: list[tuple[Kept, Subject]] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    closing: list[UUID] = field(default_factory=list)
    opening: list[EpisodeRow] = field(default_factory=list)
    suspending: list[UUID] = field(default_factory=list)
    resuming: list[UUID] = field(default_factory=list)
    crossings: list[tuple[CrossingRow, Outgoing]] = field(default_factory=list)
    signals: list[tuple[SignalRow, Outgoing]] = field(default_factory=list)
    shadows: list[Shadow] = field(default_factory=list)
    transitions: list[tuple[TransitionRow, Outgoing]] = field(default_factory=list)
    marks: list[tuple[int, Mark]] = field(default_factory=list)
    lapsed: list[UUID] = field(default_factory=list)
    overrides: list[Outgoing] = field(default_factory=list)

    def add(self, other: "Ledger") -> None:
        """Takes over all rows of another one."""
        for name in (one.name for one in fields(self) if isinstance(getattr(self, one.name), list)):
            getattr(self, name).extend(getattr(other, name))

    def __post_init__(self) -> None:
        self.now_us = to_us(self.now)
        self.yesterday = day_of(self.now_us) - 1


def keep(ledger: Ledger, judged: Judged) -> None:
    """Enters an assessment that moved nothing and of which there is nothing to tell."""
    after, subject, due = judged.computed, judged.subject, _next_due(ledger, judged, _SETTLED)
    same = subject.before if after is judged.then else None
    told = same.assessment if same else encode(after)
    ledger.kept.append((Kept(subject.account, after.coverage, told, subject.version, due), subject))


def enter(ledger: Ledger, judged: Judged, story: Story) -> None:
    """Enters an assessment, and what there is to tell of it."""
    standing, crossing = _stand(ledger, judged)
    present = _present(ledger, judged, standing, story.watch)
    ledger.scores.append((present, judged.subject))
    _enter_place(ledger, judged, present, story)
    if judged.moved:
        _enter_history(ledger, judged, story.causes)
        _enter_overrides(ledger, judged)
    _enter_episode(ledger, judged, standing, crossing)
    if crossing is not None:
        _enter_crossing(ledger, judged, crossing, story.causes)
    for signal in story.signals:
        add_signal(ledger, signal, judged.after.score)


# --- what stands --------------------------------------------------------------------------------------


def standing_of(before: Present | None) -> Standing:
    """The standing that is kept in a row of `scores`."""
    if before is None:
        return Standing()
    episode = None
    if before.episode_id is not None:
        assert before.episode_band is not None
        assert before.episode_opened_at is not None
        episode = Episode(before.episode_id, before.episode_band, to_us(before.episode_opened_at))
    since = None if before.pending_since is None else to_us(before.pending_since)
    return Standing(episode, before.pending_band, since, before.band == UNKNOWN)


def _stand(ledger: Ledger, judged: Judged) -> tuple[Standing, Crossing | None]:
    """A rebase that stays within the episode's band leaves the episode alone, as does a live score that stays in it."""
    account, before, after = judged.subject.account, judged.subject.before, judged.after
    held = standing_of(before)
    rebase = judged.rebase
    if rebase is None:
        if before and before.band == after.band == before.episode_band and before.pending_band is None:
            return held, None
        return crossings.cross(held, judged.model, after, account, ledger.now_us)
    if held.episode and _keeps_its_bands(judged) and after.band in (held.episode.band, UNKNOWN):
        return Standing(held.episode, suspended=after.score is None), None
    return crossings.rebase(judged.model, after, account, ledger.now_us), None


def _present(ledger: Ledger, judged: Judged, standing: Standing, watch: bytes | None) -> Present:
    subject, after, before = judged.subject, judged.after, judged.subject.before
    now, episode, place, layout = ledger.now, standing.episode, judged.place, ledger.rules.layout
    stays = before is not None and (before.score, before.band) == (after.score, after.band)
    return Present(
        account_id=subject.account,
        model=after.model,
        segment=after.segment,
        score=after.score,
        raw=bounded(after),
        coverage=after.coverage,
        band=after.band,
        assessment=encode(judged.computed),
        facts_version=subject.version,
        assessed_at=now,
        effective_at=before.effective_at if before and stays else now,
        next_due=_next_due(ledger, judged, standing),
        closed_through=max(before.closed_through, ledger.yesterday) if before else ledger.yesterday,
        correct_from=before.correct_from if before else None,
        episode_id=episode.id if episode else None,
        episode_band=episode.band if episode else None,
        episode_opened_at=from_us(episode.opened_at) if episode else None,
        pending_band=standing.pending_band,
        pending_since=None if standing.pending_since is None else from_us(standing.pending_since),
        arr=place.arr,
        size=place.size,
        served_as=served_as(ledger.rules, judged, standing),
        stage=place.stage,
        stage_since=place.since,
        stage_due=place.due,
        marks=place.marks,
        traits=place.traits,
        placed_by=layout.digest,
        unshared=before is None or before.unshared or before.traits != place.traits,
        watch=(before.watch if before else b"") if watch is None else watch,
        override=overrides.encode(judged.override),
    )


def _keeps_its_bands(judged: Judged) -> bool:
    """Whether the model is the one that scored before: bands belong to a model (ERR-8)."""
    before = judged.subject.before
    return before is not None and before.model == judged.after.model


def _next_due(ledger: Ledger, judged: Judged, standing: Standing) -> dt.datetime:
    due = next_instant(judged.model, judged.facts, ledger.now_us)
    dwelt, moves = crossings.dwell_ends(standing, judged.model), judged.place.due
    ends = judged.override.until if judged.override else None
    first = from_us(min(instant for instant in (due, dwelt, ends) if instant is not None))
    others = (moves, ledger.now + RECHECK if ledger.peers_wait else None)
    return min([first, *(instant for instant in others if instant is not None)])


# --- what is kept of a move ---------------------------------------------------------------------------


def history_row(  # noqa: PLR0917
    account: int,
    kind: str,
    at: dt.datetime,
    recorded_at: dt.datetime,
    after: Assessment,
    values: Sequence[float | None] | None = None,
    *,
    corrects: bool = False,
    override: Override | None = None,
) -> HistoryRow:
    """An assessment as a row of `score_history`, with the values of its own measures, or with those of all columns.
    `override`: the one by which it has its score and band."""
    values = [part.value for part in after.contributions] if values is None else list(values)
    return HistoryRow(
        account, kind, at, recorded_at, after.model, after.segment, after.score, bounded(after), after.coverage,
        after.band, values, corrects, override.id if override else None,
    )  # fmt: skip


def _enter_history(ledger: Ledger, judged: Judged, causes: Sequence[Cause]) -> None:
    subject, after = judged.subject, judged.after
    before, now = subject.before, ledger.now
    if before is None or _reads_otherwise(before, judged):
        ledger.history.append(history_row(subject.account, "move", now, now, after, override=judged.override))
    if before is not None:
        stood, override = overrides.decode(before.override), judged.override
        own = "override" if stood != override else "time" if subject.aged_only else "events"
        ledger.changes.append(
            ChangeRow(
                subject.account, now, before.score, after.score, overrides.points(before.raw, stood),
                overrides.points(bounded(after), override), before.facts_version, subject.version,
                judged.rebase or own, as_json(causes),
            )
        )  # fmt: skip


def _reads_otherwise(before: Present, judged: Judged) -> bool:
    """Whether the history has another line: of the score, band, model, override, or the score that is computed."""
    after, override = judged.after, overrides.encode(judged.override)
    stood = (before.score, before.band, before.model, before.override, overrides.computed_score(before.raw))
    return stood != (after.score, after.band, after.model, override, judged.computed.score)


def _enter_overrides(ledger: Ledger, judged: Judged) -> None:
    """What became of overrides."""
    before, computed = judged.subject.before, judged.computed.score
    stood = overrides.decode(before.override) if before else None
    for turn in overrides.turns(stood, judged.override, ledger.now):
        ledger.lapsed += [turn.override.id] if turn.change == "expired" else []
        ledger.overrides.append(tell_override(turn, judged.subject.account, judged.after, computed, ledger.now))


def _enter_place(ledger: Ledger, judged: Judged, present: Present, story: Story) -> None:
    """The transitions, and the moments of truth that came."""
    before = judged.subject.before
    cause: TransitionCause = "configuration" if ledger.configured else "time" if judged.subject.aged_only else "events"
    rows = turned(ledger.rules, judged, present, Why(cause, story.events), story.causes)
    ledger.transitions += [(row, tell_transition(row)) for row in rows]
    if before is None or before.marks != present.marks:
        came = marks(judged.facts, ledger.rules.layout.moments)
        ledger.marks += [(present.account_id, mark) for mark in came]


def _enter_episode(ledger: Ledger, judged: Judged, standing: Standing, crossing: Crossing | None) -> None:
    before, episode = judged.subject.before, standing.episode
    was = before.episode_id if before else None
    if was is not None and (episode is None or episode.id != was):
        ledger.closing.append(was)
    if episode is not None and episode.id != was:
        suspended_at = ledger.now if standing.suspended else None
        cause = "crossing" if crossing else judged.rebase or "first"
        ledger.opening.append(
            EpisodeRow(
                episode.id, judged.subject.account, judged.after.model, episode.band, from_us(episode.opened_at),
                suspended_at, cause,
            )
        )  # fmt: skip
    elif episode is not None and before is not None and (before.band == UNKNOWN) != standing.suspended:
        (ledger.suspending if standing.suspended else ledger.resuming).append(episode.id)


def _enter_crossing(ledger: Ledger, judged: Judged, crossing: Crossing, causes: Sequence[Cause]) -> None:
    before, after = judged.subject.before, judged.after
    assert before is not None
    heaviest = weightiest(causes, crossing.direction)
    add_crossing(ledger, crossing, judged.subject.account, after, before.score, heaviest)


def add_crossing(  # noqa: PLR0917
    ledger: Ledger, crossing: Crossing, account: int, after: Assessment, previous: int | None, causes: Sequence[Cause]
) -> None:
    """Enters a crossing, and what is told of it. `previous` is the score in the band that was left."""
    row = CrossingRow(
        crossing.id, account, crossing.episode.id, after.model, crossing.from_band, crossing.to_band,
        crossing.direction, after.score, previous, ledger.now, as_json(causes),
    )  # fmt: skip
    ledger.crossings.append((row, tell_crossing(row, crossing, causes)))


def add_signal(ledger: Ledger, signal: Signal, score: int | None) -> None:
    """Enters a signal, and what is told of it."""
    ledger.signals.append((_signal_row(signal), tell_signal(signal, score)))


def weightiest(causes: Sequence[Cause], direction: str) -> list[Cause]:
    """The causes that pulled hardest in the direction, the hardest first."""
    sign = -1 if direction == "down" else 1
    pulled = [cause for cause in causes if cause.points * sign > 0]
    return sorted(pulled, key=lambda cause: -cause.points * sign)[:MOST_CAUSES]


def _signal_row(signal: Signal) -> SignalRow:
    evidence = msgspec.json.encode(signal.evidence).decode()
    measures = msgspec.json.encode(signal.measures).decode()
    return SignalRow(
        signal.signal_id, signal.account_id, signal.kind, signal.label, signal.side, signal.severity, signal.about,
        signal.words, evidence, measures, signal.window_days, from_us(signal.at),
    )  # fmt: skip
