"""Health models: bands, and measures with their weights."""

from pydantic import Field

from services.api.schemas.wire import Schema


class ModelBand(Schema):
    """A named range of the score, from `lower` up to the next band."""

    name: str
    lower: int
    color: str


class ModelMeasure(Schema):
    """A measure and its weight in its group."""

    measure: str
    label: str
    unit: str
    weight: int


class ModelGroup(Schema):
    """A group of measures and its weight in the score."""

    group: str
    label: str
    weight: int
    measures: list[ModelMeasure]


class HealthModel(Schema):
    """One version of a health model."""

    name: str
    version: int
    words: str
    accounts: int = Field(description="how many accounts you may see are scored by it now")
    segments: list[str] = Field(description="the segments that it scores; none when it is not in force")
    shadow_of: list[str] = Field(description="the segments that it watches, without any effect")
    bands: list[ModelBand]
    groups: list[ModelGroup]
    minimum_coverage: float
    upward_margin: int
    exceptions: list[str]
