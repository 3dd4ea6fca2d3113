"""What stands for an account now: its row of `scores`, and the rows that a change of it leaves behind.

Every tuple has the columns of its table in one order, so that a list of them can be copied or unnested.
"""

import datetime as dt
from typing import NamedTuple
from uuid import UUID


class Span(NamedTuple):
    """An account's versions above `after`, up to `upto`."""

    account: int
    after: int
    upto: int


class Present(NamedTuple):
    """A row of `scores` without the facts: the assessment in force, when it is due again, the episode.

    `next_due` is when the score can change by itself, `closed_through` the last day whose close is written,
    `correct_from` the day from which the past has changed and is to be told anew. What follows `pending_since` is the
    place beside the score, as the comments of the table say; `watch` which signals hold; `override` what a person has
    set, by which `score` and `band` are while `raw` and `assessment` are what is computed.
    """

    account_id: int
    model: str
    segment: str
    score: int | None
    raw: int | None
    coverage: int
    band: str
    assessment: bytes
    facts_version: int
    assessed_at: dt.datetime
    effective_at: dt.datetime
    next_due: dt.datetime
    closed_through: int
    correct_from: int | None
    episode_id: UUID | None
    episode_band: str | None
    episode_opened_at: dt.datetime | None
    pending_band: str | None
    pending_since: dt.datetime | None
    arr: int | None
    size: str | None
    served_as: str | None
    stage: str | None
    stage_since: dt.datetime | None
    stage_due: dt.datetime | None
    marks: int
    traits: int
    placed_by: int | None
    unshared: bool
    watch: bytes = b""
    override: bytes = b""

    @property
    def upgraded(self) -> bool:
        """Whether it is served as another segment than its own."""
        return self.served_as is not None and self.served_as != self.segment


class Kept(NamedTuple):
    """What an assessment that moved nothing writes to `scores`, beside the facts and what all of a batch share."""

    account_id: int
    coverage: int
    assessment: bytes
    facts_version: int
    next_due: dt.datetime


class Moved(NamedTuple):
    """The same of an assessment that moved the score, and nothing that stands beside it."""

    account_id: int
    coverage: int
    assessment: bytes
    facts_version: int
    next_due: dt.datetime
    score: int | None
    raw: int | None
    effective_at: dt.datetime
    watch: bytes


class HistoryRow(NamedTuple):
    """A row of `score_history`: what was in effect from an instant on, as recorded at another."""

    account_id: int
    kind: str
    effective_at: dt.datetime
    recorded_at: dt.datetime
    model: str
    segment: str
    score: int | None
    raw: int | None
    coverage: int
    band: str
    measures: list[float | None]
    corrects: bool
    override_id: UUID | None = None

    def says_the_same(self, other: "HistoryRow") -> bool:
        """Whether both tell the same of their instant, whenever it was recorded."""
        same = self[4:10] == other[4:10] and self.override_id == other.override_id
        return same and _alike(self.measures, other.measures)


def _alike(one: list[float | None], other: list[float | None]) -> bool:
    """Whether values agree as far as both reach: columns are only ever added."""
    return all(a == b for a, b in zip(one, other, strict=False))


class ChangeRow(NamedTuple):
    """A row of `score_changes`: one move of a score and its parts, as JSON."""

    account_id: int
    at: dt.datetime
    from_score: int | None
    to_score: int | None
    from_raw: int | None
    to_raw: int | None
    from_version: int
    to_version: int
    cause: str
    parts: str


class EpisodeRow(NamedTuple):
    """A new row of `episodes`."""

    id: UUID
    account_id: int
    model: str
    band: str
    opened_at: dt.datetime
    suspended_at: dt.datetime | None
    cause: str


class CrossingRow(NamedTuple):
    """A row of `crossings`; `causes` as JSON."""

    id: UUID
    account_id: int
    episode_id: UUID
    model: str
    from_band: str | None
    to_band: str
    direction: str
    score: int | None
    previous_score: int | None
    at: dt.datetime
    causes: str


class SignalRow(NamedTuple):
    """A row of `signals`; `evidence` and `measures` as JSON."""

    id: UUID
    account_id: int
    kind: str
    label: str
    side: str
    severity: str
    about: str
    words: str
    evidence: str
    measures: str
    window_days: int | None
    at: dt.datetime
