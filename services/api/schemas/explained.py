"""A score and its moves, in parts. Points are numbers with at most six decimals: added as decimals, the contributions,
the exception and the rounding of a score give the score exactly."""

import datetime as dt

from pydantic import Field

from services.api.schemas.wire import Schema


class Measured(Schema):
    """What one measure brought."""

    measure: str = Field(examples=["dau_mau_ratio"])
    label: str = Field(examples=["DAU/MAU ratio"])
    value: float | None = Field(description="as read from the facts; null without data")
    words: str = Field(description="the value as people say it", examples=["0.28"])
    verdict: str | None = Field(description="what the model calls this value", examples=["at risk"])
    points: float | None = Field(description="0 to 100 on the measure's own curve; null when left out", examples=[50])
    contribution: float = Field(description="points of the score", examples=[10.294118])
    weight: float = Field(description="most that it could bring now; what has no data gives its weight to the others")
    as_of: dt.datetime | None = Field(None, description="while its source is silent: when that was last heard")


class MeasureGroup(Schema):
    """Measures that share a weight."""

    group: str
    label: str
    points: float | None = Field(description="0 to 100, of the group alone; null when left out")
    verdict: str | None = Field(description="what the model calls these points", examples=["Healthy usage patterns"])
    contribution: float
    weight: float
    measures: list[Measured]


class Raise(Schema):
    """One step up of one measure, all others staying as they are; or the end of what holds it down."""

    measure: str
    label: str
    words: str = Field(examples=["from 3 of 10 to 7 of 10"])
    gain: float = Field(description="points of the score, after exceptions, before rounding", examples=[4.25])


class ScoreExplained(Schema):
    """score = Σ contributions + exception + rounding. While an override is in force, it is what counts instead."""

    model: str
    score: int | None = Field(description="as the model computes it, whatever a person has set")
    band: str
    groups: list[MeasureGroup]
    exception: str | None = Field(description="why the sum was bounded, in words")
    exception_points: float
    rounding_points: float
    assessed_at: dt.datetime
    improvements: list[Raise] = Field(description="the three single steps that would bring most")


class ChangePart(Schema):
    """One line of an explanation."""

    measure: str = Field(examples=["feature_adoption"])
    label: str = Field(examples=["Feature adoption"])
    points: float = Field(examples=[-6.176471])
    words: str = Field(examples=["87.5 % → 75 %, 100 → 70 points"])
    by_time: bool = Field(description="true when passing time alone moved it")
    events: list[str] = Field(description="at most twenty ids; open them at /v1/events/{id}?account=")
    event_count: int


class Change(Schema):
    """A move of the score. The points of its parts add up to `points`."""

    id: int
    at: dt.datetime
    from_score: int | None
    to_score: int | None
    points: int = Field(description="to_score − from_score, an unknown score counting as 0")
    cause: str = Field(description="what set it off", examples=["events"])
    parts: list[ChangePart]
