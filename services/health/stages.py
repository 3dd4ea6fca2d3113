"""Lifecycle stages: where an account is on its way with us, by the points of its life. Pure.

The stage depends on what happened and on the instant alone, never on the order in which it was told. Of the stages of a
file the first one counts whose rules hold; the last one needs no rule and takes whoever is left.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, field_validator, model_validator

from services.health.curves import Part
from services.health.life import NEVER, POINTS, Point, Stretch, point
from services.health.moments import MOMENTS, Moment
from services.health.shipped import documents, parsed
from shared.clock import DAY_US
from shared.facts import Facts

Name = Field(pattern=r"^[a-z][a-z0-9_]*$")


class Since(Part):
    """From a point on, or some days after or before it; for so many days, or as long as the point lasts."""

    point: str = Field(description=f"milestone.NAME, or one of: {', '.join(POINTS)}")
    days: int = Field(0, ge=-3650, le=3650, description="days after the point; before it when negative")
    for_days: int | None = Field(None, ge=1, le=3650)

    @field_validator("point")
    @classmethod
    def _exists(cls, name: str) -> str:
        if name not in POINTS and not name.startswith("milestone."):
            raise ValueError(f"there is no point {name!r}; there are milestone.NAME, {', '.join(POINTS)}")
        return name

    @property
    def term(self) -> "Term":
        """This as a function and numbers (µs)."""
        return self.point, point(self.point), self.days * DAY_US, (self.for_days or 0) * DAY_US


Term = tuple[str, Point, int, int]
"""(point, how it is told, shift, length; 0 for as long as the point lasts)."""


class Stage(Part):
    """One stage. It holds where all of any one of its rules do. `owner`, `support`: who answers for it."""

    name: str = Name
    label: str
    words: str
    enter: tuple[tuple[Since, ...], ...] = ()
    owner: str = ""
    support: str = ""
    their_goal: str = ""
    our_goal: str = ""
    targets: tuple[str, ...] = ()


class Lifecycle(Part):
    """A set of stages and the moments that count most in them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    words: str
    source: str
    stages: tuple[Stage, ...] = Field(min_length=1, description="the first whose rules hold counts; the last has none")
    moments: tuple[Moment, ...] = ()

    @model_validator(mode="after")
    def _takes_every_account(self) -> "Lifecycle":
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError("each stage is named once")
        if self.stages[-1].enter or not all(all(stage.enter) and stage.enter for stage in self.stages[:-1]):
            raise ValueError("every stage has a rule but the last, which takes whoever is left")
        unknown = {moment.name for moment in self.moments} - MOMENTS.keys()
        if unknown:
            raise ValueError(f"there is no moment {min(unknown)!r}; there are {', '.join(MOMENTS)}")
        return self

    @cached_property
    def ready(self) -> tuple[tuple[str, tuple[tuple[Term, ...], ...]], ...]:
        """Stage → its rules as functions and numbers, made once."""
        return tuple(
            (stage.name, tuple(tuple(since.term for since in rule) for rule in stage.enter)) for stage in self.stages
        )


class Reached(NamedTuple):
    """A stage, since when it can have been reached as far as the facts tell, and the first instant at which that can
    change by itself (µs)."""

    stage: str
    since: int
    until: int


def stage_of(lifecycle: Lifecycle, facts: Facts, now: int) -> Reached:
    """The stage at `now` (µs)."""
    known: dict[str, Stretch | None] = {}
    until = NEVER
    for name, rules in lifecycle.ready:
        since = None if rules else 0
        for rule in rules:
            if (span := _span(rule, facts, now, known)) is None:
                continue
            at, end = span
            if at > now:
                until = min(until, at)
            elif end > now:
                until = min(until, end)
                since = at if since is None else min(at, since)
        if since is not None:
            return Reached(name, since, until)
    raise AssertionError("the last stage has no rules")


def _span(rule: tuple[Term, ...], facts: Facts, now: int, known: dict[str, Stretch | None]) -> tuple[int, int] | None:
    """(when all of a rule begins to hold, when it ends). None without one of its points: nothing but an event can make
    it hold then."""
    at, end = 0, NEVER
    for name, tell, shift, length in rule:
        if name in known:
            told = known[name]
        else:
            told = known[name] = tell(facts, now)
        if told is None:
            return None
        begins, ends = told
        begins += shift
        at = max(at, begins)
        end = min(end, begins + length if length else ends)
    return at, end


def load_lifecycles(config_dir: Path | None = None) -> Mapping[str, Lifecycle]:
    """All lifecycles by name: the shipped ones, overlaid by `stages/*.yaml` of `config_dir`."""
    loaded = (parsed(Lifecycle, where, document) for where, document in documents("stages", config_dir))
    return {lifecycle.name: lifecycle for lifecycle in loaded}
