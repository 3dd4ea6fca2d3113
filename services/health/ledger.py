"""What a batch of assessments leaves behind, gathered before anything is written. Pure.

services/health/entering.py enters them, services/health/store/ledger.py writes them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple
from uuid import UUID

from services.health.assess import Assessment
from services.health.causes import Cause
from services.health.moments import Mark
from services.health.overrides import Override
from services.health.present import ChangeRow, CrossingRow, EpisodeRow, HistoryRow, Kept, Moved, Present, SignalRow
from services.health.rules import Rules, Subject, bounded
from services.health.shadows import Shadow
from services.health.signals import Signal
from services.health.transitions import TransitionRow
from shared.broker import Outgoing
from shared.clock import day_of, to_us


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
    moved: list[tuple[Moved, Subject]] = field(default_factory=list)
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
