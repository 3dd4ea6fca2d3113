"""Health models: which measures count, along which curves, with which weights, and what the bands are called.

A model is a YAML file. Everything in it is checked when it is loaded; what passes can score any account.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from services.health.columns import Column, column
from services.health.curves import Curve, Part, Points, millionths
from services.health.measures import MEASURES
from services.health.measures.measure import Measure, check_param
from services.health.plan import Plan, made_ready
from services.health.scoring import MOST_GROUPS, MOST_LEAVES, MOST_WEIGHT, half_up, rounded
from services.health.shipped import documents, parsed

UNKNOWN = "unknown"
"""The band of an account of which too little is known. No model may define it."""

Weight = Annotated[int, Field(strict=True, ge=1, le=MOST_WEIGHT, description="relative to its neighbours")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Neutral(Part):
    """Without data, these points."""

    neutral: Points


class Watched(Part):
    """A measure that is recorded with every assessment and has no weight."""

    measure: Name
    label: str | None = None
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_measure_with_its_own_params(self) -> "Watched":
        if self.measure not in MEASURES:
            raise ValueError(f"there is no measure {self.measure!r}; there are {', '.join(sorted(MEASURES))}")
        unknown = self.params.keys() - self.told.params.keys()
        if unknown:
            raise ValueError(f"{self.measure} does not know {', '.join(sorted(unknown))}")
        for name, known in self.settings.items():
            check_param(name, known, self.told)
        return self

    @property
    def told(self) -> Measure:
        """The measure behind the name."""
        return MEASURES[self.measure]

    @property
    def words(self) -> str:
        """What people call it."""
        return self.label or self.told.label

    @property
    def settings(self) -> dict[str, Any]:
        """The measure's params, with those of this model."""
        return {**self.told.params, **self.params}

    @property
    def column(self) -> Column:
        """The column in which closes record it."""
        return column(self.measure, self.settings)


class Leaf(Watched):
    """A measure with a weight. `without_data` is what stands in for points where there is no value, or it is stale."""

    weight: Weight
    curve: Curve
    without_data: Literal["exclude", "zero"] | Neutral = "exclude"
    valid_days: int | None = Field(None, ge=1, le=3650, description="UTC days after which the newest evidence is stale")

    @model_validator(mode="after")
    def _can_grow_stale_if_asked(self) -> "Leaf":
        if self.valid_days is not None and self.told.latest is None:
            raise ValueError(f"{self.measure} does not rest on one newest thing, so it cannot have valid_days")
        return self

    @property
    def column(self) -> Column:
        """The column in which closes record it, as long as it is valid."""
        return column(self.measure, self.settings, self.valid_days)

    @property
    def stand_in(self) -> int | None:
        """The points without data, in millionths; None leaves the leaf out."""
        if isinstance(self.without_data, Neutral):
            return millionths(self.without_data.neutral)
        return 0 if self.without_data == "zero" else None


class Label(Part):
    """What a group is called whose own points are at least `lower`, up to the next label."""

    lower: int = Field(ge=0, le=100)
    words: str


class Group(Part):
    """Leaves that share one weight in the score."""

    name: Name
    label: str
    weight: Weight
    labels: tuple[Label, ...] = Field((), description="by the group's own points, from the best to the one at 0")
    leaves: tuple[Leaf, ...] = Field(min_length=1, max_length=MOST_LEAVES)

    @model_validator(mode="after")
    def _labels_cover_its_points(self) -> "Group":
        lowers = [label.lower for label in self.labels]
        if self.labels and (lowers != sorted(set(lowers), reverse=True) or lowers[-1] != 0):
            raise ValueError("labels must be listed from the best down to the one that starts at 0, each bound once")
        return self

    def own_points(self, points: Sequence[int | None]) -> int | None:
        """The points of the group alone out of those of its leaves, in millionths; None if no leaf has any."""
        rated = [(leaf.weight, own) for leaf, own in zip(self.leaves, points, strict=True) if own is not None]
        total = sum(weight for weight, _ in rated)
        return half_up(sum(weight * own for weight, own in rated), total) if total else None

    def label_of(self, points: int) -> str | None:
        """What the group is called at these points of its own, rounded as scores are; None where it has no labels."""
        return next((label.words for label in self.labels if rounded(points) >= label.lower), None)


class Band(Part):
    """A named range of the score, from `lower` (inclusive) up to the next band."""

    name: Name
    color: Literal["green", "yellow", "orange", "red"] = Field(description="orange and red ask for somebody")
    lower: int = Field(ge=0, le=100)
    action: str


class Condition(Part):
    """A comparison of one measure's value; it does not hold where there is no value."""

    measure: Name
    op: Literal[">=", ">", "<=", "<", "=="]
    value: float


class ExceptionRule(Part):
    """While `when` holds, the score is at most, or at least, this many points, for the reason in `words`."""

    when: Condition
    at_most: Points | None = None
    at_least: Points | None = None
    words: str
    reason: str

    @model_validator(mode="after")
    def _bounds_one_side(self) -> "ExceptionRule":
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("an exception has exactly one of at_most and at_least")
        return self

    def bound(self, score: int) -> int:
        """The score after this exception, in millionths."""
        if self.at_most is not None:
            return min(score, millionths(self.at_most))
        assert self.at_least is not None
        return max(score, millionths(self.at_least))


class Gap(Part):
    """What the model's source leaves open, and how this file fills it."""

    id: str
    words: str


class Model(Part):
    """One version of a health model."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: int = Field(ge=1)
    words: str
    groups: tuple[Group, ...] = Field(min_length=1, max_length=MOST_GROUPS)
    watched: tuple[Watched, ...] = ()
    bands: tuple[Band, ...] = Field(min_length=1, description="from the best to the worst, which starts at 0")
    minimum_coverage: float = Field(ge=0, le=1, description="share of the weight; below it the band is `unknown`")
    upward_margin: int = Field(5, ge=0, le=50, description="points above a band's lower bound that open its episode")
    dwell_hours: float = Field(0, ge=0, le=24 * 90, description="hours in a new band before its episode opens")
    exceptions: tuple[ExceptionRule, ...] = Field((), description="in order; the first that changes the score counts")
    gaps: tuple[Gap, ...] = ()

    @model_validator(mode="after")
    def _names_each_measure_once(self) -> "Model":
        if len(set(self.measures)) != len(self.measures):
            raise ValueError("a measure may stand in a model only once")
        if len({group.name for group in self.groups}) != len(self.groups):
            raise ValueError("groups need different names")
        missing = {rule.when.measure for rule in self.exceptions} - set(self.measures)
        if missing:
            raise ValueError(
                f"exceptions read {', '.join(sorted(missing))}, which the model neither weighs nor watches"
            )
        return self

    @model_validator(mode="after")
    def _bands_cover_the_score(self) -> "Model":
        lowers = [band.lower for band in self.bands]
        if lowers != sorted(set(lowers), reverse=True) or lowers[-1] != 0:
            raise ValueError("bands must be listed from the best down to the one that starts at 0, each bound once")
        if len({band.name for band in self.bands} - {UNKNOWN}) != len(self.bands):
            raise ValueError(f"bands need different names, none of them {UNKNOWN!r}")
        if len(self.bands) > 1 and lowers[0] + self.upward_margin > 100:
            raise ValueError("no score could reach the best band with this upward margin")
        return self

    @cached_property
    def key(self) -> str:
        """Which version this is, as scores and history name it: `hm-2@1`."""
        return f"{self.name}@{self.version}"

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """All leaves, group by group."""
        return tuple(leaf for group in self.groups for leaf in group.leaves)

    @cached_property
    def read(self) -> tuple[Watched, ...]:
        """Everything that an assessment reads: the leaves in order, then what is only watched."""
        return (*self.leaves, *self.watched)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The names of all measures, in the order in which values are recorded."""
        return tuple(watched.measure for watched in self.read)

    @cached_property
    def peer_measures(self) -> tuple[str, ...]:
        """The measures that are rated against similar accounts."""
        return tuple(leaf.measure for leaf in self.leaves if leaf.curve.peers)

    @cached_property
    def plan(self) -> Plan:
        """The model as functions and numbers, ready to score."""
        return made_ready(self)

    def band_of(self, score: int) -> Band:
        """The band of a score: lower bounds are inclusive (ERR-5, ERR-7)."""
        return next(band for band in self.bands if score >= band.lower)

    def band(self, name: str) -> Band | None:
        """The band of this name, or None."""
        return next((band for band in self.bands if band.name == name), None)


def load_models(config_dir: Path | None = None) -> dict[str, Model]:
    """All models by name: the shipped ones, overlaid by `models/*.yaml` of `config_dir`. Raises Invalid."""
    loaded: Iterable[Model] = (parsed(Model, where, found) for where, found in documents("models", config_dir))
    return {model.name: model for model in loaded}


def model_schema() -> dict[str, Any]:
    """The JSON Schema of a model file."""
    return Model.model_json_schema()
