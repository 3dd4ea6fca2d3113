"""Why a score moved: the points of every measure, and the events or the passing time behind them. Pure.

Causes add up exactly: their points are the change of the displayed score in millionths, exception and rounding being
causes of their own (measures `exception` and `rounding`). An unknown score counts as 0, and so do its contributions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.health import words
from services.health.assess import Assessment
from services.health.causes import Cause
from services.health.measures import MEASURES
from services.health.model import Model

MOST_EVENTS = 20
"""Ids kept per cause, the newest; the count tells of all."""

USAGE = "usage.recorded"


@dataclass(frozen=True)
class Told:
    """An event between two versions of the facts. `id` is hexadecimal; usage is told by day instead."""

    id: str
    type: str
    occurred_at: int


@dataclass(frozen=True)
class UsageDay:
    """How many events of usage and logins came for a UTC day."""

    day: int
    count: int


@dataclass(frozen=True)
class _Evidence:
    """What happened between two assessments: events and usage, or, with neither, time."""

    told: Sequence[Told] = field(default=())
    usage: Sequence[UsageDay] = field(default=())
    by_time: bool = False

    def cause(self, measure: str, label: str, points: int, why: str, reads: frozenset[str]) -> Cause:
        """The cause, with those events that are of the types `reads`."""
        if self.by_time:
            return Cause(measure, label, points, why, by_time=True)
        touching = sorted([t for t in self.told if t.type in reads], key=lambda t: (-t.occurred_at, t.id))
        said, count = self._of_usage if USAGE in reads else ("", 0)
        return Cause(
            measure=measure,
            label=label,
            points=points,
            words=why + said,
            events=[t.id for t in touching[:MOST_EVENTS]],
            event_count=len(touching) + count,
        )

    @cached_property
    def _of_usage(self) -> tuple[str, int]:
        """The words for the usage, and its events; the same for all measures that read it."""
        return words.of_usage([(day.day, day.count) for day in self.usage]), sum(day.count for day in self.usage)


def explain(  # noqa: PLR0917
    model: Model,
    before: Assessment,
    aged: Assessment,
    after: Assessment,
    told: Sequence[Told],
    usage: Sequence[UsageDay],
) -> list[Cause]:
    """The causes of the change from `before` (the old facts then) to `after` (the new facts now), greatest first.

    `aged` is what the old facts mean now: the way from `before` to it is the share of passing time (or of a new
    model), the rest belongs to the events, split by the measures that read them. Causes of no points are left out.
    """
    passed: Iterator[Cause] = iter(())
    if before is aged:
        pass  # nothing can have moved by time alone
    elif _measures(before) == _measures(aged):
        passed = _causes(model, before, aged, _Evidence(by_time=True))
    else:
        passed = iter([_new_model(before, aged)])
    since = iter(()) if aged is after else _causes(model, aged, after, _Evidence(told, usage))
    return sorted([cause for cause in (*passed, *since) if cause.points], key=lambda cause: -abs(cause.points))


def _measures(assessment: Assessment) -> tuple[str, list[str]]:
    return assessment.model, [part.measure for part in assessment.contributions]


def _new_model(old: Assessment, new: Assessment) -> Cause:
    points = ((new.score or 0) - (old.score or 0)) * 1_000_000
    return Cause(measure="model", label="Health model", points=points, words=f"{old.model} became {new.model}")


def _causes(model: Model, old: Assessment, new: Assessment, evidence: _Evidence) -> Iterator[Cause]:
    shifted: frozenset[str] | None = None
    for was, now, watched in zip(old.contributions, new.contributions, model.read, strict=True):
        points = now.contribution - was.contribution
        if not points:
            continue
        if was.value != now.value or was.points != now.points:
            yield evidence.cause(
                watched.measure, watched.words, points, words.move(watched, was, now), watched.told.reads
            )
            continue
        shifted = _types_behind_shifts(old, new) if shifted is None else shifted
        why = words.shift(was, now, old.score, new.score)
        yield evidence.cause(watched.measure, watched.words, points, why, shifted)
    if old.exception != new.exception or old.exception_points != new.exception_points:
        yield _exception(model, old, new, evidence)
    rounding = new.rounding_points - old.rounding_points
    yield evidence.cause("rounding", "Rounding", rounding, "rounded to whole points", frozenset())


def _types_behind_shifts(old: Assessment, new: Assessment) -> frozenset[str]:
    """The event types of the measures that gained or lost their points: they shift the weights of all others."""
    changed = (
        MEASURES[now.measure].reads
        for was, now in zip(old.contributions, new.contributions, strict=True)
        if (was.points is None) != (now.points is None)
    )
    return frozenset().union(*changed)


def _exception(model: Model, old: Assessment, new: Assessment, evidence: _Evidence) -> Cause:
    named = {rule.words: MEASURES[rule.when.measure].reads for rule in model.exceptions}
    changed = {old.exception, new.exception} - {None} if old.exception != new.exception else set()
    reads = frozenset[str]().union(*(named.get(text or "", frozenset()) for text in changed))
    points = new.exception_points - old.exception_points
    return evidence.cause("exception", "Exception", points, words.exception(old.exception, new.exception), reads)
