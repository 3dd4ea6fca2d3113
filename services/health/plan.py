"""A model made ready to score: its measures, curves and weights as functions and numbers. Made once per model."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from services.health.curves import Rate, millionths
from services.health.measures import revenue
from services.health.measures.measure import Measure, Params, first_instant
from services.health.scoring import Rated, Weighed, weighing
from services.health.silence import Silence
from shared.facts import Facts
from shared.fold.areas import areas_of

if TYPE_CHECKING:
    from services.health.model import ExceptionRule, Leaf, Model, Watched

Read = Callable[[Facts, int], float | None]
"""A measure with its params: the value of the facts at an instant, or None."""

Mover = Callable[[Facts, int], int | None]
"""The first instant after the given one at which facts mean something else, or None for not before midnight."""

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ceiling:
    """An exception: its rule, and whether it holds for the values of an assessment in the model's order."""

    rule: "ExceptionRule"
    position: int
    holds: Callable[[float, float], bool]

    def applies(self, values: list[float | None]) -> bool:
        """Whether the condition holds."""
        value = values[self.position]
        return value is not None and self.holds(value, self.rule.when.value)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that `assess` needs of a model. `measures` and `reads` are the leaves in order, then what is watched;
    `peers` the columns that the leaves are compared in with similar accounts; `bands[score]` is the
    name of the band of a score; `types` are the types of events that the measures read, `areas` the areas of the facts
    in which these lie; `among_peers` the places of the leaves that are rated against similar accounts."""

    model: str
    measures: tuple[str, ...]
    peers: tuple[str, ...]
    reads: tuple[Read, ...]
    rates: tuple[Rate, ...]
    weigh: Callable[[Rated], Weighed]
    least_coverage: int
    exceptions: tuple[Ceiling, ...]
    bands: tuple[str, ...]
    movers: tuple[Mover, ...]
    types: tuple[frozenset[str], ...]
    areas: tuple[int, ...]
    among_peers: tuple[int, ...]
    by_change: dict[int, tuple[int, ...]] = field(default_factory=dict, compare=False)

    def touched(self, changed: int) -> tuple[int, ...]:
        """The places of the measures that read one of these areas of the facts."""
        known = self.by_change.get(changed)
        if known is None:
            known = tuple(i for i, areas in enumerate(self.areas) if areas & changed)
            self.by_change[changed] = known
        return known

    def bounded(self, values: list[float | None], raw: int) -> tuple[str | None, int]:
        """The words of the first exception that changes the score, and the score after it."""
        for exception in self.exceptions:
            if exception.applies(values):
                bounded = exception.rule.bound(raw)
                if bounded != raw:
                    return exception.rule.words, bounded
        return None, raw

    def stale(self, silence: Silence, now: int) -> dict[str, int]:
        """Measure → up to when (µs) is known what it reads, of those whose sources were last heard before `now`."""
        untils = ((measure, silence.until(reads)) for measure, reads in zip(self.measures, self.types, strict=True))
        return {measure: until for measure, until in untils if until is not None and until < now}

    def values(self, facts: Facts, now: int, stale: Mapping[str, int]) -> list[float | None]:
        """The value of every measure, of the stale ones as of when their source was last heard."""
        if not stale:
            return [read(facts, now) for read in self.reads]
        pairs = zip(self.reads, self.measures, strict=True)
        return [read(facts, stale.get(measure, now)) for read, measure in pairs]


def made_ready(model: "Model") -> Plan:
    """The plan of a model."""
    groups = tuple((group.weight, tuple(leaf.weight for leaf in group.leaves)) for group in model.groups)
    return Plan(
        model=model.key,
        measures=model.measures,
        peers=tuple(leaf.column.key for leaf in model.leaves),
        reads=(*map(_of_leaf, model.leaves), *map(_of_watched, model.watched)),
        rates=tuple(leaf.curve.rate() for leaf in model.leaves),
        weigh=weighing(groups, tuple(leaf.stand_in for leaf in model.leaves)),
        least_coverage=millionths(model.minimum_coverage),
        exceptions=tuple(map(partial(_ceiling, model), model.exceptions)),
        bands=tuple(model.band_of(score).name for score in range(101)),
        movers=tuple({watched.told.next for watched in model.read if watched.told.next} | {revenue.next_change}),
        types=tuple(watched.told.reads for watched in model.read),
        areas=tuple(areas_of(watched.told.reads) for watched in model.read),
        among_peers=tuple(i for i, leaf in enumerate(model.leaves) if leaf.curve.peers),
    )


def _of_watched(watched: "Watched") -> Read:
    return reading(watched.told, watched.settings)


def _of_leaf(leaf: "Leaf") -> Read:
    return reading(leaf.told, leaf.settings, leaf.valid_days)


def reading(measure: Measure, settings: Params, valid_days: int | None = None) -> Read:
    """The measure with its params as a function; with `valid_days`, None where its newest evidence is older."""
    value, latest = measure.value, measure.latest
    if latest is None or valid_days is None:
        return lambda facts, now: value(facts, now, settings)

    def fresh(facts: Facts, now: int) -> float | None:
        value, at = latest(facts) or (None, 0)
        return value if at >= first_instant(now, valid_days) else None

    return fresh


def _ceiling(model: "Model", rule: "ExceptionRule") -> Ceiling:
    return Ceiling(rule, model.measures.index(rule.when.measure), _HOLDS[rule.when.op])
