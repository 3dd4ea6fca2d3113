"""A model made ready to score: its measures, curves and weights as functions and numbers. Made once per model."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.health.curves import Rate, millionths
from services.health.measures import revenue
from services.health.scoring import Groups
from shared.clock import DAY_US
from shared.facts import Facts

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
class RatedLeaf:
    """How a leaf's value becomes points, and the points without one."""

    measure: str
    rate: Rate
    stand_in: int | None


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
    """All that `assess` needs of a model. `measures` and `reads` are the leaves in order, then what is watched."""

    measures: tuple[str, ...]
    reads: tuple[Read, ...]
    leaves: tuple[RatedLeaf, ...]
    groups: Groups
    least_coverage: int
    exceptions: tuple[Ceiling, ...]
    movers: tuple[Mover, ...]


def made_ready(model: "Model") -> Plan:
    """The plan of a model."""
    return Plan(
        measures=model.measures,
        reads=(*map(_of_leaf, model.leaves), *map(_reader, model.watched)),
        leaves=tuple(RatedLeaf(leaf.measure, leaf.curve.rate(), leaf.stand_in) for leaf in model.leaves),
        groups=tuple((group.weight, tuple(leaf.weight for leaf in group.leaves)) for group in model.groups),
        least_coverage=millionths(model.minimum_coverage),
        exceptions=tuple(
            Ceiling(rule, model.measures.index(rule.when.measure), _HOLDS[rule.when.op]) for rule in model.exceptions
        ),
        movers=tuple({watched.told.next for watched in model.read if watched.told.next} | {revenue.next_change}),
    )


def _of_leaf(leaf: "Leaf") -> Read:
    read = _reader(leaf)
    if leaf.valid_days is None:
        return read
    assert leaf.told.observed is not None
    return _while_fresh(read, leaf.told.observed, leaf.valid_days)


def _reader(watched: "Watched") -> Read:
    value, settings = watched.told.value, watched.settings
    return lambda facts, now: value(facts, now, settings)


def _while_fresh(read: Read, observed: Callable[[Facts], int | None], valid_days: int) -> Read:
    def fresh(facts: Facts, now: int) -> float | None:
        day = observed(facts)
        return read(facts, now) if day is not None and day > now // DAY_US - valid_days else None

    return fresh
