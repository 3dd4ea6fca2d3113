"""Curves: how a measure's value becomes points. By steps, along straight lines, or against similar accounts."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nextafter
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.health.scoring import ONE

FEWEST_PEERS = 8
"""A reference of fewer accounts says nothing about anybody."""


@dataclass(frozen=True)
class Quartiles:
    """How a measure is distributed over the accounts of a segment."""

    lower: float
    median: float
    upper: float
    accounts: int


Rate = Callable[[float, Quartiles | None], int | None]
"""A curve: the points of a value, in millionths, or None where it needs peers and there are too few."""

Bound = Annotated[float, Field(ge=-1e15, le=1e15, description="a value of the measure")]

Points = Annotated[float, Field(ge=0, le=100, description="points, 0 to 100")]


def millionths(points: float) -> int:
    """Points of a file as millionths of a point."""
    return round(points * ONE)


class Part(BaseModel):
    """A part of a model file: frozen, without fields that nobody reads, every number one that JSON can hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Step(Part):
    """Values from `at` on (inclusive), or above `above` (exclusive), have these points; without both, all below."""

    at: Bound | None = None
    above: Bound | None = None
    points: Points
    words: str | None = None

    @model_validator(mode="after")
    def _begins_once(self) -> "Step":
        if self.at is not None and self.above is not None:
            raise ValueError("a step begins `at` a value or `above` it, not both")
        return self

    @property
    def lower(self) -> float:
        """The smallest value on this step."""
        if self.above is not None:
            return nextafter(self.above, inf)
        return -inf if self.at is None else self.at


class Bend(Part):
    """A point that a linear curve runs through."""

    at: Bound
    points: Points


class Quarters(Part):
    """Points by the quarter of the segment's accounts that a value lies in; a quartile belongs to the quarter above."""

    top: Points
    upper: Points
    lower: Points
    bottom: Points


class Curve(Part):
    """How a value becomes points: by steps, along straight lines, or against similar accounts. Exactly one of them."""

    steps: tuple[Step, ...] | None = Field(None, min_length=1, description="from the lowest; the first has no bound")
    linear: tuple[Bend, ...] | None = Field(None, min_length=2, description="from the lowest; level beyond its ends")
    peers: Quarters | None = Field(None, description=f"no points below a reference of {FEWEST_PEERS} accounts")
    reason: str = Field(description="where the numbers come from")

    @model_validator(mode="after")
    def _is_one_rising_curve(self) -> "Curve":
        if [self.steps, self.linear, self.peers].count(None) != 2:
            raise ValueError("a curve has exactly one of steps, linear, peers")
        bounds = [step.lower for step in self.steps or ()] + [bend.at for bend in self.linear or ()]
        if any(low >= high for low, high in pairwise(bounds)):
            raise ValueError("the bounds of a curve must rise")
        if self.steps and self.steps[0].lower != -inf:
            raise ValueError("the first step must have no bound, so that every value has points")
        return self

    def rate(self) -> Rate:
        """This curve as a function, made once."""
        if self.steps:
            return _by_steps(self.steps)
        if self.linear:
            return _along_lines(self.linear)
        assert self.peers is not None
        return _among_peers(self.peers)


def _by_steps(steps: tuple[Step, ...]) -> Rate:
    bounds = [step.lower for step in steps[1:]]
    points = [millionths(step.points) for step in steps]
    return lambda value, peers: points[bisect_right(bounds, value)]


def _along_lines(bends: tuple[Bend, ...]) -> Rate:
    bounds = [bend.at for bend in bends]

    def rate(value: float, peers: Quartiles | None) -> int:
        i = min(max(bisect_right(bounds, value), 1), len(bends) - 1)
        low, high = bends[i - 1], bends[i]
        way = min(max((value - low.at) / (high.at - low.at), 0.0), 1.0)
        return millionths(low.points + (high.points - low.points) * way)

    return rate


def _among_peers(quarters: Quarters) -> Rate:
    top, upper, lower, bottom = map(
        millionths, (quarters.top, quarters.upper, quarters.lower, quarters.bottom)
    )  # fmt: skip

    def rate(value: float, peers: Quartiles | None) -> int | None:
        if peers is None or peers.accounts < FEWEST_PEERS:
            return None
        if value >= peers.median:
            return top if value >= peers.upper else upper
        return lower if value >= peers.lower else bottom

    return rate
