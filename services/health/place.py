"""Where an account stands beside its score: size, stage, what pools ask of it, which moments came. Pure."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from services.health.factors import arr_of
from services.health.life import NEVER
from services.health.moments import Mark, Moment, marks
from services.health.present import Present
from services.health.segments import Scheme, segment_of
from services.health.stages import Lifecycle, stage_of
from shared.clock import from_us, to_us
from shared.facts import Facts

_TRAITS = ("owner", "region", "country", "industry")


class Layout(NamedTuple):
    """The files by which accounts are placed, and a digest of what they say."""

    size: Scheme
    lifecycle: Lifecycle
    digest: int

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The moments of truth that are marked."""
        return self.lifecycle.moments


class Place(NamedTuple):
    """What `scores` keeps of it. `arr` in millionths; `marks` and `traits` are digests; `since` is when the stage was
    entered, `due` when time alone can move it."""

    arr: int | None
    size: str
    stage: str
    since: dt.datetime
    due: dt.datetime | None
    marks: int
    traits: int


def place_of(layout: Layout, facts: Facts, segment: str, before: Present | None, now: int, *, aged: bool) -> Place:
    """The place at `now` (µs). `aged`: the facts are those of `before`, so that what only they can change stays."""
    known = before if before is not None and before.placed_by == layout.digest else None
    arr, size = arr_of(facts, now), segment_of(facts, now, layout.size)
    if aged and known is not None:
        marked, traits = known.marks, known.traits
    else:
        marked, traits = digest(marks(facts, layout.moments)), _traits(facts, segment)
    if aged and known is not None and known.stage and known.stage_since and _stays(known.stage_due, now):
        return Place(arr, size, known.stage, known.stage_since, known.stage_due, marked, traits)
    reached = stage_of(layout.lifecycle, facts, now)
    since = _entered(reached.stage, reached.since, before, now)
    due = None if reached.until == NEVER else from_us(reached.until)
    return Place(arr, size, reached.stage, from_us(since), due, marked, traits)


def standing(before: Present) -> Place | None:
    """The place that stands; None where an account was never placed."""
    if before.size is None or before.stage is None or before.stage_since is None:
        return None
    return Place(
        before.arr, before.size, before.stage, before.stage_since, before.stage_due, before.marks, before.traits
    )


def differs(before: Present, place: Place, layout: Layout) -> bool:
    """Whether anything of it is another than what stands."""
    stands = (before.arr, before.size, before.stage, before.stage_due, before.marks, before.traits, before.placed_by)
    return stands != (place.arr, place.size, place.stage, place.due, place.marks, place.traits, layout.digest)


def digest(found: Sequence[Mark]) -> int:
    """What tells whether other moments came than before."""
    return crc32(repr([(mark.moment, mark.thing, mark.at) for mark in found]).encode()) >> 1 if found else 0


def _traits(facts: Facts, segment: str) -> int:
    return crc32(repr([segment, *map(facts.field, _TRAITS)]).encode()) >> 1


def _stays(due: dt.datetime | None, now: int) -> bool:
    return due is None or to_us(due) > now


def _entered(stage: str, since: int, before: Present | None, now: int) -> int:
    """A stage that stands keeps its instant. A new one was entered when the facts say, but never before the one that
    it follows; where they say nothing, now."""
    if before is not None and before.stage_since is not None:
        held = to_us(before.stage_since)
        if before.stage == stage:
            return held
        return since if held < since <= now else now
    return since if 0 < since <= now else now
