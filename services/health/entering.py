"""Enters assessments into a ledger. Pure.

Most assessments move nothing: `keep`. `enter` is all that one can mean: the row that stands, its history, the
change with its parts, the episode, the crossing and the signals, and what is told to whoever listens.
"""

from collections.abc import Sequence

import msgspec

from services.health import overrides
from services.health.assess import Assessment, encode
from services.health.causes import Cause, as_json
from services.health.crossings import Crossing, Standing
from services.health.ledger import Ledger, Story, history_row
from services.health.model import UNKNOWN
from services.health.moments import marks
from services.health.present import ChangeRow, CrossingRow, EpisodeRow, Kept, Present, SignalRow
from services.health.rules import Judged, bounded
from services.health.signals import Signal
from services.health.stands import moved, next_due, present, stand, stays_put
from services.health.telling import tell_crossing, tell_override, tell_signal, tell_transition
from services.health.transitions import Cause as TransitionCause
from services.health.transitions import Why
from services.health.turning import turned
from shared.clock import from_us

MOST_CAUSES = 3
"""Causes that a crossing names, the heaviest first."""

_SETTLED = Standing()


def keep(ledger: Ledger, judged: Judged) -> None:
    """Enters an assessment that moved nothing and of which there is nothing to tell."""
    after, subject, due = judged.computed, judged.subject, next_due(ledger, judged, _SETTLED)
    same = subject.before if after is judged.then else None
    told = same.assessment if same else encode(after)
    ledger.kept.append((Kept(subject.account, after.coverage, told, subject.version, due), subject))


def enter(ledger: Ledger, judged: Judged, story: Story) -> None:
    """Enters an assessment, and what there is to tell of it."""
    standing, crossing = stand(ledger, judged)
    if judged.moved:
        _enter_history(ledger, judged, story.causes)
    if stays_put(ledger, judged, standing):
        ledger.moved.append((moved(ledger, judged, standing, story.watch), judged.subject))
    else:
        _enter_what_stands(ledger, judged, standing, crossing, story)
    for signal in story.signals:
        add_signal(ledger, signal, judged.after.score)


def _enter_what_stands(
    ledger: Ledger, judged: Judged, standing: Standing, crossing: Crossing | None, story: Story
) -> None:
    stands = present(ledger, judged, standing, story.watch)
    ledger.scores.append((stands, judged.subject))
    _enter_place(ledger, judged, stands, story)
    if judged.moved:
        _enter_overrides(ledger, judged)
    _enter_episode(ledger, judged, standing, crossing)
    if crossing is not None:
        _enter_crossing(ledger, judged, crossing, story.causes)


# --- what is kept of a move ---------------------------------------------------------------------------


def _enter_history(ledger: Ledger, judged: Judged, causes: Sequence[Cause]) -> None:
    subject, after = judged.subject, judged.after
    before, now = subject.before, ledger.now
    if before is None or _reads_otherwise(before, judged):
        ledger.history.append(history_row(subject.account, "move", now, now, after, override=judged.override))
    if before is not None:
        stood, override = overrides.decode(before.override), judged.override
        own = "override" if judged.overridden else "time" if subject.aged_only else "events"
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
