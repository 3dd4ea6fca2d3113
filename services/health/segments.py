"""Segments: which kind of account it is. A scheme sorts by revenue, by a score of factors, by two factors against each
other, or by rank in the whole base; the strategic are above any rule."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, model_validator

from services.health.coverage import Coverage
from services.health.curves import Part, Points
from services.health.factors import MILLION, Factor, FactorName, arr_of, value_of, weighed
from services.health.shipped import documents, parsed
from shared.facts import Facts

Name = Field(pattern=r"^[a-z][a-z0-9_]*$")
Kind = Literal["arr", "score", "matrix", "rank"]
_WHOLE = 100.0


def _as_written(amount: Decimal) -> int | str:
    """A number where it is whole, else exact digits: in JSON a fraction would be a float."""
    return int(amount) if amount == int(amount) else str(amount.normalize())


Revenue = Annotated[
    Decimal, PlainSerializer(_as_written, return_type=int | str), Field(ge=0, le=10**12, decimal_places=6)
]


class Segment(Part):
    """One segment. What lets an account in is one of `from_arr`, `above_arr`, `from_score`, `share`; in a matrix its
    cells do."""

    name: str = Name
    label: str
    from_arr: Revenue | None = Field(
        None, description="annual recurring revenue in units of the main currency, inclusive"
    )
    above_arr: Revenue | None = Field(
        None, description="annual recurring revenue in units of the main currency, exclusive"
    )
    from_score: Points | None = Field(None, description="points of the scheme's factors, inclusive")
    share: float | None = Field(None, gt=0, le=100, description="percent of all accounts, the largest ARR first")
    words: str
    coverage: Coverage | None = None

    @model_validator(mode="after")
    def _begins_once(self) -> "Segment":
        if self.from_arr is not None and self.above_arr is not None:
            raise ValueError("a segment begins `from_arr` or `above_arr`, not both")
        return self

    @property
    def least_arr(self) -> int | None:
        """The smallest revenue that lets an account in, in millionths, of which there are no parts."""
        if self.above_arr is not None:
            return int(self.above_arr * MILLION) + 1
        return None if self.from_arr is None else int(self.from_arr * MILLION)


class Axis(Part):
    """One side of a matrix: a factor, which is high from a value on; low where it is not known."""

    factor: FactorName
    high_from: float


class Matrix(Part):
    """Two factors against each other. Each cell names a segment; `high_low` is high in `first`, low in `second`."""

    first: Axis
    second: Axis
    high_high: str
    high_low: str
    low_high: str
    low_low: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The segments, from low and low to high and high."""
        return self.low_low, self.low_high, self.high_low, self.high_high


class Upgrade(Part):
    """While an account's score is below `below`, and until its episode has recovered, it is served as the segment
    above its own (SEG-9, ERR-22). The model that scores it stays."""

    below: int = Field(ge=1, le=100)


class Scheme(Part):
    """A way to sort accounts into segments, the most cared for first. Every account has one of them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    words: str
    source: str = Field("", description="where the rules come from, and what of them is ours")
    segments: tuple[Segment, ...] = Field(min_length=1, description="highest first; the last takes all that is left")
    factors: tuple[Factor, ...] = Field((), max_length=16, description="what from_score adds up")
    matrix: Matrix | None = None
    strategic: str | None = Field(None, description="the segment of accounts that are said to be strategic")
    upgrade: Upgrade | None = None

    @model_validator(mode="after")
    def _covers_every_account(self) -> "Scheme":
        _CHECKS[self.kind](self)
        names = {segment.name for segment in self.segments}
        named = {self.strategic or self.segments[0].name, *(self.matrix.cells if self.matrix else ())}
        if len(names) != len(self.segments) or not named <= names:
            raise ValueError("each segment is named once, and the strategic one and the cells name one of them")
        return self

    @property
    def kind(self) -> Kind:
        """By what it sorts."""
        if self.matrix:
            return "matrix"
        first = self.segments[0]
        return "rank" if first.share is not None else "score" if first.from_score is not None else "arr"

    def segment(self, name: str) -> Segment | None:
        """The segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def above(self, name: str) -> str:
        """The next segment above; the highest stays."""
        names = [segment.name for segment in self.segments]
        return names[max(names.index(name) - 1, 0)] if name in names else name

    @cached_property
    def place(self) -> Callable[[Facts, int], str]:
        """The rule as a function of facts and an instant, made once. By rank it cannot be told of one account: the
        lowest, until the base is ranked."""
        return _PLACES[self.kind](self)


def segment_of(facts: Facts, now: int, scheme: Scheme | None = None) -> str:
    """The segment at `now`; by SEG-4, as shipped, unless another scheme is given."""
    scheme = scheme or _shipped()
    if scheme.strategic is not None and facts.field("strategic"):
        return scheme.strategic
    return scheme.place(facts, now)


def load_segments(config_dir: Path | None = None) -> dict[str, Scheme]:
    """All schemes by name: the shipped ones, overlaid by `segments/*.yaml` of `config_dir`."""
    loaded = (parsed(Scheme, where, document) for where, document in documents("segments", config_dir))
    return {scheme.name: scheme for scheme in loaded}


@cache
def _shipped() -> Scheme:
    return load_segments()["seg-4"]


# --- by kind ------------------------------------------------------------------------------------------


def _by_arr(scheme: Scheme) -> Callable[[Facts, int], str]:
    bounds = [(segment.name, segment.least_arr or 0) for segment in scheme.segments]

    def place(facts: Facts, now: int) -> str:
        arr = arr_of(facts, now) or 0
        return next(name for name, least in bounds if arr >= least)

    return place


def _by_score(scheme: Scheme) -> Callable[[Facts, int], str]:
    score = weighed(scheme.factors)
    bounds = [(segment.name, round((segment.from_score or 0) * MILLION)) for segment in scheme.segments]

    def place(facts: Facts, now: int) -> str:
        reached = score(facts, now) or 0
        return next(name for name, least in bounds if reached >= least)

    return place


def _by_matrix(scheme: Scheme) -> Callable[[Facts, int], str]:
    matrix = scheme.matrix
    assert matrix is not None
    cells = matrix.cells

    def is_high(axis: Axis, facts: Facts, now: int) -> bool:
        return (value_of(axis.factor, facts, now) or 0) >= axis.high_from

    return lambda facts, now: cells[2 * is_high(matrix.first, facts, now) + is_high(matrix.second, facts, now)]


def _by_rank(scheme: Scheme) -> Callable[[Facts, int], str]:
    lowest = scheme.segments[-1].name
    return lambda facts, now: lowest


def _bounds_fall_to_0(scheme: Scheme) -> None:
    bounds = [segment.least_arr if scheme.kind == "arr" else segment.from_score for segment in scheme.segments]
    told = [bound for bound in bounds if bound is not None]
    if len(told) < len(bounds) or any(high <= low for high, low in pairwise(told)) or told[-1] != 0:
        raise ValueError(f"segments must be listed from the highest from_{scheme.kind} to 0, each once")
    if (scheme.kind == "score") != bool(scheme.factors):
        raise ValueError("factors and from_score belong together")


def _shares_are_all(scheme: Scheme) -> None:
    shares = [segment.share for segment in scheme.segments if segment.share is not None]
    if len(shares) < len(scheme.segments) or abs(sum(shares) - _WHOLE) > 1e-9:
        raise ValueError("the shares of all segments must sum to 100")


_PLACES: dict[Kind, Callable[[Scheme], Callable[[Facts, int], str]]] = {
    "arr": _by_arr, "score": _by_score, "matrix": _by_matrix, "rank": _by_rank,
}  # fmt: skip
_CHECKS: dict[Kind, Callable[[Scheme], None]] = {
    "arr": _bounds_fall_to_0, "score": _bounds_fall_to_0, "rank": _shares_are_all, "matrix": lambda scheme: None,
}  # fmt: skip
